import {SubscribeCommand, SNSClient} from '@aws-sdk/client-sns'
import type {Message} from '@aws-sdk/client-sqs'
import {describe, expect, test} from 'vitest'

import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Move, Step} from '../../src/model/plan.ts'
import {Secret} from '../../src/model/secret.ts'
import {connect} from '../../src/protocols/amqp091/connect.ts'
import {Content, encodeProperties} from '../../src/protocols/amqp091/content-writer.ts'
import {Publisher} from '../../src/protocols/amqp091/publisher.ts'
import {nodeTls} from '../../src/protocols/tls.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import {brokerTarget, targetPlatform} from '../../src/targets/index.ts'
import type {ConnectedPlatform, Target} from '../../src/targets/target.ts'
import {startFauxqs} from '../brokers/fauxqs.ts'
import {readJms} from '../brokers/jms.ts'
import {publisher} from '../brokers/messages.ts'
import {
  freshVhost,
  sharedActivemq,
  sharedElasticmq,
  sharedRabbitmq,
  tlsFile,
  withoutBrokers,
} from '../brokers/shared.ts'
import {SourceQueue} from '../faults/source-queue.ts'
import {type Case, CASES} from '../fidelity/corpus.ts'
import {
  type Arrived,
  arrivedInActivemq,
  arrivedInRabbitmq,
  arrivedInSqs,
  type Cell,
  cellOf,
} from '../fidelity/routes.ts'
import {type Column, page} from '../fidelity/table.ts'
import * as activemq from '../targets/amazon-mq-activemq/activemq-kit.ts'
import {batchOf, drain, ENV, moveTo, queueStep, REGION} from '../targets/sqs/sqs-kit.ts'

const never = new AbortController().signal
const MAJOR = 4
const EXCHANGE = 'shop'
const KEY = 'order.created'
const SLOW = 300_000

const OPTIONS = {
  tls: {caOnly: false, insecure: false},
  allowPlaintext: false,
  connectionName: 'mqlift:fidelity',
} as const

/** A message of the corpus, as a move reads it from a real RabbitMQ. */
interface Sent {
  readonly one: Case
  readonly envelope: Envelope
}

const key = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString('base64')

async function fromRabbitmq(): Promise<Sent[]> {
  const broker = await sharedRabbitmq(MAJOR)
  await using vhost = await freshVhost(broker)
  await using declaring = await publisher(vhost.amqp)
  const {channel} = declaring
  await channel.assertExchange(EXCHANGE, 'topic', {durable: true})
  await channel.assertQueue('orders', {durable: true})
  await channel.bindQueue('orders', EXCHANGE, KEY)
  const dies = {'x-message-ttl': 0, 'x-dead-letter-exchange': EXCHANGE, 'x-dead-letter-routing-key': KEY}
  await channel.assertQueue('dying', {durable: true, arguments: dies})
  const at = {hosts: [{host: '127.0.0.1', port: broker.port}], tls: false, vhost: vhost.name}
  const endpoint = {...at, user: 'guest', password: new Secret('guest')}
  for (const [exchange, routingKey, dying] of [
    [EXCHANGE, KEY, false],
    ['', 'dying', true],
  ] as const) {
    const connection = await connect(
      endpoint,
      {tls: await nodeTls(OPTIONS.tls), connectionName: 'corpus'},
      never,
    )
    await using sending = await Publisher.open(connection, {route: {exchange, routingKey}, confirmMs: 10_000})
    await sending.publish(
      CASES.filter(({dies: wanted = false}) => wanted === dying).map(
        ({properties, headers, body}) => new Content(encodeProperties(properties, headers), body),
      ),
    )
  }
  await expect.poll(() => declaring.depth('orders'), {timeout: 40_000}).toBe(CASES.length)

  const address = `amqp://127.0.0.1:${broker.port}/${vhost.name}`
  await using source = await open(address, {...OPTIONS, management: broker.management})
  const byBody = new Map(CASES.map((one) => [key(one.body), one]))
  const sent: Sent[] = []
  const reading = source.read?.(
    destinationId('queue', vhost.name, 'orders'),
    {until: 'mark', window: {messages: CASES.length, bytes: 2 ** 26}},
    never,
  )
  for await (const delivery of reading ?? []) {
    const one = byBody.get(key(delivery.envelope.body))
    if (!one) throw new Error('a message that is not of the corpus')
    sent.push({one, envelope: delivery.envelope})
    void delivery.ack()
  }
  return sent
}

interface Route {
  readonly title: string
  readonly target: Target
  /** What a consumer that undoes the wire form needs to know. */
  readonly wrapping: string
  readonly receive: (wanted: number) => Promise<Arrived[]>
}

/** Sends every message and looks for it at the other end. */
async function through({title, target, wrapping, receive}: Route, sent: readonly Sent[]): Promise<Column> {
  const cells = new Map<Case, Cell>()
  const gone = new Map<string, Sent>()
  for (const each of sent) {
    const batch = batchOf(target, [each.envelope])
    const [encoded] = batch.values()
    if (encoded?.refused !== undefined) {
      cells.set(each.one, `stays: ${encoded.refused.replace(/:.*/, '')}`)
      continue
    }
    const [receipt] = await target.send(batch, never)
    if (receipt?.outcome === 'accepted') gone.set(key(each.envelope.body), each)
    else throw new Error(`${title}: ${each.one.row}: ${JSON.stringify(receipt)}`)
  }
  for (const arrived of await receive(gone.size)) {
    const each = gone.get(key(arrived.decoded?.body))
    if (!each) throw new Error(`${title}: a message that was not sent`)
    cells.set(each.one, cellOf(each.one, each.envelope, arrived, wrapping))
  }
  return {title, cells}
}

async function made(platform: ConnectedPlatform, step: Step) {
  const options = {execute: true, cutover: false, resolved: new Map()}
  const {resource} = await platform.provision(step, options, never)
  if (!resource) throw new Error(`${step.id} was not made`)
  return resource
}

const inSqs = async (endpoint: string, url: string, wanted: number): Promise<Arrived[]> =>
  (await drain(endpoint, url, wanted)).map((message: Message) => arrivedInSqs(message))

async function toSqs(sent: readonly Sent[], fifo: boolean): Promise<Column> {
  const {endpoint} = await sharedElasticmq()
  const folder = await targetPlatform('sqs-standard')
  await using platform = await folder.connect({region: REGION, endpoint, env: ENV})
  const step = queueStep(`fidelity-${process.pid}${fifo ? '.fifo' : ''}`)
  const resource = await made(platform, step)
  await using target = await platform.open(moveTo(step), resource, never)
  return await through(
    {
      title: fifo ? 'SQS FIFO' : 'SQS standard',
      target,
      wrapping: '`mqlift`',
      receive: (wanted) => inSqs(endpoint, resource.address, wanted),
    },
    sent,
  )
}

/** A standard topic with one subscription, raw as every subscription of a plan. */
async function toSns(sent: readonly Sent[]): Promise<Column> {
  await using fauxqs = await startFauxqs()
  const {endpoint} = fauxqs
  const connection = {region: REGION, endpoint, env: ENV}
  await using queues = await (await targetPlatform('sqs-standard')).connect(connection)
  const queue = await made(queues, queueStep('fidelity'))
  await using topics = await (await targetPlatform('sns-sqs')).connect(connection)
  const step: Step = {
    ...queueStep('fidelity'),
    id: 'sns-topic:fidelity',
    platform: 'sns-sqs',
    do: 'sns-topic',
    settings: {fifo: false, maximumMessageSize: 262_144, kmsKey: null, tags: {}},
  }
  const topic = await made(topics, step)
  const credentials = {accessKeyId: 'test', secretAccessKey: 'test'}
  const sns = new SNSClient({region: REGION, endpoint, credentials})
  await sns.send(
    new SubscribeCommand({
      TopicArn: topic.arn,
      Protocol: 'sqs',
      Endpoint: queue.arn,
      Attributes: {RawMessageDelivery: 'true'},
    }),
  )
  const move: Move = {...moveTo(step), platform: 'sns-sqs', mode: 'bridge', routing: []}
  await using target = await topics.open(move, topic, never)
  const column = await through(
    {
      title: 'SNS → SQS',
      target,
      wrapping: '`mqlift`',
      receive: (wanted) => inSqs(endpoint, queue.address, wanted),
    },
    sent,
  )
  sns.destroy()
  return column
}

async function toRabbitmq(sent: readonly Sent[]): Promise<Column> {
  const broker = await sharedRabbitmq(MAJOR)
  await using vhost = await freshVhost(broker)
  await using declaring = await publisher(vhost.amqp)
  await declaring.declare('orders')
  const options = {...OPTIONS, management: broker.management}
  await using target = await brokerTarget(
    {endpoint: {address: vhost.amqp, options}, vhost: vhost.name, queue: 'orders'},
    never,
  )
  await using reader = new SourceQueue(vhost.amqp, 'orders')
  const id = destinationId('queue', vhost.name, 'orders')
  return await through(
    {
      title: 'Amazon MQ for RabbitMQ',
      target,
      wrapping: 'headers',
      receive: async () => (await reader.left(id)).map((message) => arrivedInRabbitmq(message)),
    },
    sent,
  )
}

async function toActivemq(sent: readonly Sent[]): Promise<Column> {
  const broker = await sharedActivemq()
  await using platform = await activemq.connected(broker.amqps ?? '', {caFile: tlsFile('ca.pem')})
  const step = activemq.queueStep(`fidelity-${process.pid}`)
  const resource = await made(platform, step)
  await using target = await platform.open(activemq.moveTo(step), resource, never)
  return await through(
    {
      title: 'Amazon MQ for ActiveMQ (JMS)',
      target,
      wrapping: 'property `mqlift`',
      receive: async (wanted) =>
        (await readJms(broker, step.name, {messages: wanted})).map((message) => arrivedInActivemq(message)),
    },
    sent,
  )
}

describe.skipIf(withoutBrokers())('fidelity', () => {
  test(
    'every property and header type, on the way to every target, read by its usual client',
    async () => {
      const sent = await fromRabbitmq()
      expect(sent).toHaveLength(CASES.length)
      const columns = [
        await toSqs(sent, false),
        await toSqs(sent, true),
        await toSns(sent),
        await toRabbitmq(sent),
        await toActivemq(sent),
      ]
      await expect(page(CASES, columns)).toMatchFileSnapshot('../../docs/fidelity.md')
    },
    SLOW,
  )
})
