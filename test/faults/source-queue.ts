import {setTimeout as sleep} from 'node:timers/promises'

import type {Channel, ChannelModel, Options} from 'amqplib'

import type {Envelope, Headers} from '../../src/model/envelope.ts'
import {encodeTable} from '../../src/protocols/amqp091/field-table.ts'
import {losslessAmqplib, RawTable} from '../../src/protocols/amqp091/lossless.ts'
import {toEnvelope} from '../../src/sources/rabbitmq/read/envelope.ts'
import {until} from '../brokers/lab.ts'
import {publisher} from '../brokers/messages.ts'

/** A queue of a real broker, as a test fills it and looks into it. */
export class SourceQueue implements AsyncDisposable {
  readonly #amqp: string
  readonly #name: string
  readonly #open: ChannelModel[] = []
  #usable: Channel | undefined

  constructor(amqp: string, name: string) {
    this.#amqp = amqp
    this.#name = name
  }

  /** Returns the messages as they will be delivered. */
  async send(envelopes: readonly Envelope[]): Promise<readonly Envelope[]> {
    const sorted = envelopes.map(asDelivered)
    await using to = await publisher(this.#amqp)
    await to.send(
      this.#name,
      sorted.map((envelope) => [Buffer.from(envelope.body), publishOptions(envelope)]),
    )
    return sorted
  }

  /** Messages that are ready. */
  async depth(): Promise<number> {
    const channel = await this.#channel()
    return (await channel.checkQueue(this.#name)).messageCount
  }

  /** As `depth`, when it has come to rest: a connection that ended gives back what it held. */
  async rest(): Promise<number> {
    let [before, now] = [-1, await this.depth()]
    while (before !== now) {
      await sleep(500)
      ;[before, now] = [now, await this.depth()]
    }
    return now
  }

  /** Until so many messages are ready; false = they did not come back. */
  waits(messages: number): Promise<boolean> {
    return until(async () => (await this.depth()) === messages, 10_000)
  }

  /** Takes everything that is left. `id` is the destination's. */
  async left(id: string): Promise<Envelope[]> {
    const channel = await this.#channel()
    const envelopes: Envelope[] = []
    for (;;) {
      const message = await channel.get(this.#name)
      if (message === false) return envelopes
      channel.ack(message)
      const options = {id, countsDeliveries: true, identity: undefined}
      // The lossless codec decodes a content header where amqplib's types promise its own.
      const content = message.properties as unknown as Parameters<typeof toEnvelope>[2]
      envelopes.push(toEnvelope(options, message.fields, content, message.content))
    }
  }

  /** Opened again after the broker was away. */
  async #channel(): Promise<Channel> {
    if (this.#usable) return this.#usable
    // Without it an ack and the next get wait for each other's packet: 40 ms a message.
    const connection = await losslessAmqplib().connect(this.#amqp, {noDelay: true})
    connection.on('error', () => undefined)
    this.#open.push(connection)
    const channel = await connection.createChannel()
    channel.on('error', () => undefined)
    channel.on('close', () => {
      if (this.#usable === channel) this.#usable = undefined
    })
    this.#usable = channel
    return channel
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.close().catch(() => undefined)))
  }
}

const byName = ([a]: Headers[number], [b]: Headers[number]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

/** RabbitMQ 4 hands headers out in this order, whatever order they were published in (seen on 4.0.5). */
export const asDelivered = (envelope: Envelope): Envelope => ({
  ...envelope,
  headers: envelope.headers.toSorted(byName),
})

/** Header tables exactly as made. */
export function publishOptions({headers, properties: {timestamp, ...properties}}: Envelope): Options.Publish {
  return {
    ...properties,
    ...(timestamp !== undefined && {timestamp: Number(timestamp)}),
    headers: new RawTable(encodeTable(headers)),
  }
}
