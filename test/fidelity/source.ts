import {expect} from 'vitest'

import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Secret} from '../../src/model/secret.ts'
import {connect} from '../../src/protocols/amqp091/connect.ts'
import {Content, encodeProperties} from '../../src/protocols/amqp091/content-writer.ts'
import {Publisher} from '../../src/protocols/amqp091/publisher.ts'
import {nodeTls} from '../../src/protocols/tls.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import {publisher} from '../brokers/messages.ts'
import type {Major, Rabbitmq} from '../brokers/rabbitmq.ts'
import {type FreshVhost, freshVhost, sharedRabbitmq} from '../brokers/shared.ts'
import {type Case, CASES} from './corpus.ts'

export const never: AbortSignal = new AbortController().signal
const EXCHANGE = 'shop'
const KEY = 'order.created'

export const OPTIONS = {
  tls: {caOnly: false, insecure: false},
  allowPlaintext: false,
  connectionName: 'mqlift:fidelity',
} as const

/** A message of the corpus, as a move reads it from a real RabbitMQ. */
export interface Sent {
  readonly one: Case
  readonly envelope: Envelope
}

/** What one RabbitMQ made of the corpus. */
export interface Corpus {
  /** Of the broker, as 3.10. */
  readonly version: string
  readonly sent: readonly Sent[]
}

/** For finding a message again. */
export const keyOf = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString('base64')

/** As `sent` holds it, of a broker that changes nothing. */
export const published = ({properties, headers, body}: Case): Envelope => ({
  v: 1,
  source: {id: '', exchange: EXCHANGE, routingKey: KEY},
  properties,
  headers,
  body,
  delivery: {redelivered: false},
})

/** Publishes the corpus and reads it. */
export async function corpusThrough(major: Major): Promise<Corpus> {
  const broker = await sharedRabbitmq(major)
  await using vhost = await freshVhost(broker)
  await using declaring = await publisher(vhost.amqp)
  const {channel} = declaring
  await channel.assertExchange(EXCHANGE, 'topic', {durable: true})
  await channel.assertQueue('orders', {durable: true})
  await channel.bindQueue('orders', EXCHANGE, KEY)
  const dies = {'x-message-ttl': 0, 'x-dead-letter-exchange': EXCHANGE, 'x-dead-letter-routing-key': KEY}
  await channel.assertQueue('dying', {durable: true, arguments: dies})
  await publish(broker, vhost)
  await expect.poll(() => declaring.depth('orders'), {timeout: 40_000}).toBe(CASES.length)
  return {version: await versionOf(broker), sent: await read(broker, vhost)}
}

async function publish({port}: Rabbitmq, {name: vhost}: FreshVhost): Promise<void> {
  const at = {hosts: [{host: '127.0.0.1', port}], tls: false, vhost}
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
}

async function read({port, management}: Rabbitmq, {name: vhost}: FreshVhost): Promise<Sent[]> {
  await using source = await open(`amqp://127.0.0.1:${port}/${vhost}`, {...OPTIONS, management})
  const byBody = new Map(CASES.map((one) => [keyOf(one.body), one]))
  const sent: Sent[] = []
  const reading = source.read?.(
    destinationId('queue', vhost, 'orders'),
    {until: 'mark', window: {messages: CASES.length, bytes: 2 ** 26}},
    never,
  )
  for await (const delivery of reading ?? []) {
    const one = byBody.get(keyOf(delivery.envelope.body))
    if (!one) throw new Error('a message that is not of the corpus')
    sent.push({one, envelope: delivery.envelope})
    void delivery.ack()
  }
  return sent
}

/** Without the last number: what is seen here holds for all of 3.10. */
async function versionOf(broker: Rabbitmq): Promise<string> {
  const overview = await broker.api('GET', '/api/overview')
  const [, version] = /"rabbitmq_version":"(\d+\.\d+)\./.exec(JSON.stringify(overview)) ?? []
  if (version === undefined) throw new Error('a RabbitMQ without a version')
  return version
}
