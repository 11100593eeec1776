import {propertiesRoom} from '../../protocols/amqp091/publish-frames.ts'
import type {BrokerEndpoint, Target} from '../target.ts'
import {rabbitmqEncoder} from './encode.ts'
import {RabbitmqEndpoint} from './endpoint.ts'
import {Link} from './link.ts'
import {RabbitmqWriter} from './writer.ts'

export interface QueueWriterOptions {
  readonly vhost: string
  readonly queue: string
  /** Nothing is added, renamed or dropped that the broker would take: for the way back. */
  readonly faithful?: boolean
  /** The broker's `max_message_size`; undefined = its version's default. */
  readonly maxMessageBytes?: number
  /** Milliseconds without any confirm before the connection is given up. */
  readonly confirmMs?: number
}

/** Twice as long as two missed heartbeats: a frozen broker is noticed by those. */
const CONFIRM_MS = 60_000

/** `max_message_size`: 128 MiB, 16 MiB from 4.0 (rabbitmq.com/docs/configure, read 2026-11-24). */
const MAX_MESSAGE_BYTES = {before4: 134_217_728, from4: 16_777_216}

/** Connects, checks that the queue is there, and opens it for sending. Owns the connection, not the endpoint. */
export async function openWriter(
  endpoint: RabbitmqEndpoint,
  options: QueueWriterOptions,
  signal: AbortSignal,
): Promise<Target> {
  const {vhost, queue, faithful = false, confirmMs = CONFIRM_MS} = options
  const link = new Link({
    connect: (stop) => endpoint.connect(vhost, stop),
    vhost,
    queue,
    confirmMs,
    display: endpoint.display,
    words: endpoint.words,
    say: (text) => endpoint.say(text),
  })
  try {
    const {connection} = await link.publisher(signal)
    const known = await whatTheApiSays(endpoint, {vhost, faithful}, signal)
    const encode = rabbitmqEncoder({
      queue,
      maxMessageBytes: options.maxMessageBytes ?? defaultLimit(connection.version),
      propertiesRoom: propertiesRoom(connection.frameMax),
      user: endpoint.user,
      keepsRepeated: !isFrom4(connection.version),
      faithful,
      ...known,
    })
    return new RabbitmqWriter({link, encode})
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
}

/** For whoever has a broker and a queue instead of a plan: the way back writes to the old broker with it. */
export async function openQueueWriter(
  {endpoint, ...options}: QueueWriterOptions & {readonly endpoint: BrokerEndpoint},
  signal: AbortSignal,
): Promise<Target> {
  const broker = await RabbitmqEndpoint.open(endpoint)
  try {
    const target = await openWriter(broker, options, signal)
    return {
      limits: target.limits,
      encode: (envelope, now) => target.encode(envelope, now),
      send: (batch, stop) => target.send(batch, stop),
      async [Symbol.asyncDispose]() {
        await target[Symbol.asyncDispose]()
        await broker[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await broker[Symbol.asyncDispose]()
    throw error
  }
}

const isFrom4 = (version: string): boolean => Number.parseInt(version, 10) >= 4

const defaultLimit = (version: string): number =>
  isFrom4(version) ? MAX_MESSAGE_BYTES.from4 : MAX_MESSAGE_BYTES.before4

interface Told {
  readonly impersonates: boolean
  readonly replyQueues?: ReadonlySet<string>
}

/** Without the API: as a user that may not impersonate, and without a word on reply queues. */
async function whatTheApiSays(
  endpoint: RabbitmqEndpoint,
  {vhost, faithful}: {readonly vhost: string; readonly faithful: boolean},
  signal: AbortSignal,
): Promise<Told> {
  try {
    const impersonates = (await endpoint.answers.impersonates(signal)) ?? false
    const replyQueues = faithful ? undefined : await endpoint.answers.queueNames(vhost, signal)
    return {impersonates, ...(replyQueues && {replyQueues})}
  } catch (error) {
    signal.throwIfAborted()
    endpoint.say(
      `writing without the management API: ${error instanceof Error ? error.message : String(error)}`,
    )
    return {impersonates: false}
  }
}
