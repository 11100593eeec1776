import {SubscribeCommand, SNSClient} from '@aws-sdk/client-sns'
import type {Message} from '@aws-sdk/client-sqs'

import {destinationId} from '../../src/model/id.ts'
import type {Move, Step} from '../../src/model/plan.ts'
import {brokerTarget, targetPlatform} from '../../src/targets/index.ts'
import type {ConnectedPlatform, Target} from '../../src/targets/target.ts'
import {lookByJava} from '../brokers/amqp-java.ts'
import {startFauxqs} from '../brokers/fauxqs.ts'
import {readJms} from '../brokers/jms.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, sharedActivemq, sharedElasticmq, sharedRabbitmq, tlsFile} from '../brokers/shared.ts'
import {SourceQueue} from '../faults/source-queue.ts'
import * as activemq from '../targets/amazon-mq-activemq/activemq-kit.ts'
import {batchOf, drain, ENV, moveTo, queueStep, REGION} from '../targets/sqs/sqs-kit.ts'
import type {Case} from './corpus.ts'
import {arrivedInJava} from './java.ts'
import {
  type Arrived,
  arrivedInActivemq,
  arrivedInRabbitmq,
  arrivedInSqs,
  type Cell,
  cellOf,
} from './routes.ts'
import {keyOf, never, OPTIONS, type Sent} from './source.ts'
import type {Column} from './table.ts'

/** Where Amazon MQ for RabbitMQ stands for the newest that the kit has. */
const TARGET_MAJOR = 4

interface Reader {
  readonly title: string
  readonly receive: (wanted: number) => Promise<Arrived[]>
}

interface Route {
  readonly target: Target
  /** What a consumer that undoes the wire form needs to know. */
  readonly wrapping: string
  /** Each of them looks at the same messages; the last may take them. */
  readonly readers: readonly Reader[]
}

/** Sends every message and looks for it at the other end. */
async function through({target, wrapping, readers}: Route, sent: readonly Sent[]): Promise<Column[]> {
  const stayed = new Map<Case, Cell>()
  const gone = new Map<string, Sent>()
  for (const each of sent) {
    const batch = batchOf(target, [each.envelope])
    const [encoded] = batch.values()
    if (encoded?.refused !== undefined) {
      stayed.set(each.one, `stays: ${encoded.refused.replace(/:.*/, '')}`)
      continue
    }
    const [receipt] = await target.send(batch, never)
    if (receipt?.outcome === 'accepted') gone.set(keyOf(each.envelope.body), each)
    else throw new Error(`${each.one.row}: ${JSON.stringify(receipt)}`)
  }
  const columns: Column[] = []
  for (const {title, receive} of readers) {
    const cells = new Map(stayed)
    for (const arrived of await receive(gone.size)) {
      const each = gone.get(keyOf(arrived.body))
      if (!each) throw new Error(`${title}: a message that was not sent`)
      cells.set(each.one, cellOf(each.one, each.envelope, arrived, wrapping))
    }
    columns.push({title, cells})
  }
  return columns
}

async function made(platform: ConnectedPlatform, step: Step) {
  const options = {execute: true, cutover: false, resolved: new Map()}
  const {resource} = await platform.provision(step, options, never)
  if (!resource) throw new Error(`${step.id} was not made`)
  return resource
}

const inSqs = async (endpoint: string, url: string, wanted: number): Promise<Arrived[]> =>
  (await drain(endpoint, url, wanted)).map((message: Message) => arrivedInSqs(message))

let queues = 0
const freshName = (): string => `fidelity-${process.pid}-${++queues}`

async function toSqs(sent: readonly Sent[], fifo: boolean): Promise<Column[]> {
  const {endpoint} = await sharedElasticmq()
  const folder = await targetPlatform('sqs-standard')
  await using platform = await folder.connect({region: REGION, endpoint, env: ENV})
  const step = queueStep(`${freshName()}${fifo ? '.fifo' : ''}`)
  const resource = await made(platform, step)
  await using target = await platform.open(moveTo(step), resource, never)
  const receive = (wanted: number) => inSqs(endpoint, resource.address, wanted)
  const readers = [{title: fifo ? 'SQS FIFO' : 'SQS standard', receive}]
  return await through({target, wrapping: '`mqlift`', readers}, sent)
}

/** A standard topic with one subscription, raw as every subscription of a plan. */
async function toSns(sent: readonly Sent[]): Promise<Column[]> {
  await using fauxqs = await startFauxqs()
  const {endpoint} = fauxqs
  const connection = {region: REGION, endpoint, env: ENV}
  await using platform = await (await targetPlatform('sqs-standard')).connect(connection)
  const queue = await made(platform, queueStep('fidelity'))
  await using topics = await (await targetPlatform('sns-sqs')).connect(connection)
  const step: Step = {
    ...queueStep('fidelity'),
    id: 'sns-topic:fidelity',
    platform: 'sns-sqs',
    do: 'sns-topic',
    settings: {fifo: false, maximumMessageSize: 262_144, kmsKey: null, tags: {}},
  }
  const topic = await made(topics, step)
  await subscribe(endpoint, topic.arn, queue.arn)
  const move: Move = {...moveTo(step), platform: 'sns-sqs', mode: 'bridge', routing: []}
  await using target = await topics.open(move, topic, never)
  const receive = (wanted: number) => inSqs(endpoint, queue.address, wanted)
  return await through({target, wrapping: '`mqlift`', readers: [{title: 'SNS → SQS', receive}]}, sent)
}

async function subscribe(endpoint: string, topic: string, queue: string): Promise<void> {
  const credentials = {accessKeyId: 'test', secretAccessKey: 'test'}
  const sns = new SNSClient({region: REGION, endpoint, credentials})
  await sns.send(
    new SubscribeCommand({
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: queue,
      Attributes: {RawMessageDelivery: 'true'},
    }),
  )
  sns.destroy()
}

/** Read twice: with the field tags of the protocol, and with the types of Java. */
async function toRabbitmq(sent: readonly Sent[]): Promise<Column[]> {
  const broker = await sharedRabbitmq(TARGET_MAJOR)
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
  const java: Reader = {
    title: 'Amazon MQ for RabbitMQ (Java)',
    receive: async () => (await lookByJava(vhost.amqp, 'orders')).map((message) => arrivedInJava(message)),
  }
  const tags: Reader = {
    title: 'Amazon MQ for RabbitMQ (amqplib)',
    async receive(wanted) {
      // The Java client has left, and its messages are ready again a little later.
      if (!(await reader.waits(wanted))) throw new Error('messages that were looked at did not come back')
      return (await reader.left(id)).map((message) => arrivedInRabbitmq(message))
    },
  }
  const columns = await through({target, wrapping: 'headers', readers: [java, tags]}, sent)
  return columns.toReversed()
}

async function toActivemq(sent: readonly Sent[]): Promise<Column[]> {
  const broker = await sharedActivemq()
  await using platform = await activemq.connected(broker.amqps ?? '', {caFile: tlsFile('ca.pem')})
  const step = activemq.queueStep(freshName())
  const resource = await made(platform, step)
  await using target = await platform.open(activemq.moveTo(step), resource, never)
  const receive = async (messages: number) =>
    (await readJms(broker, step.name, {messages})).map((message) => arrivedInActivemq(message))
  const readers = [{title: 'Amazon MQ for ActiveMQ (JMS)', receive}]
  return await through({target, wrapping: 'property `mqlift`', readers}, sent)
}

/** A column for every client of every target. */
export async function columnsOf(sent: readonly Sent[]): Promise<Column[]> {
  const columns = await Promise.all([
    toSqs(sent, false),
    toSqs(sent, true),
    toSns(sent),
    toRabbitmq(sent),
    toActivemq(sent),
  ])
  return columns.flat()
}
