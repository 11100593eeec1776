import type {Channel, ConsumeMessage, GetMessage} from 'amqplib'

import {MqliftError} from '../../../errors.ts'
import type {AmqpConnection, Closed} from '../../../protocols/amqp091/connection.ts'
import {ContentHeader} from '../../../protocols/amqp091/content-header.ts'
import {withDeadline} from '../../../protocols/amqp091/deadline.ts'
import {type QueueState, replyCode} from '../../../protocols/amqp091/queue-state.ts'
import {Acker} from './acker.ts'
import {settleTail, waitUntilCounted} from './applied.ts'
import type {ReadContext} from './context.ts'
import {heldByConsumer, isExclusive, mayNotRead, noAnswer, queueGone} from './errors.ts'
import type {QueueFacts} from './facts.ts'
import {type Outcome, Outstanding, type Tracked} from './outstanding.ts'

export interface Received {
  readonly session: Session
  readonly item: Tracked
  readonly content: ContentHeader
  readonly fields: ConsumeMessage['fields'] | GetMessage['fields']
  readonly body: Buffer
}

export interface SessionOptions {
  readonly context: ReadContext
  readonly facts: QueueFacts
  readonly epoch: number
  /** Unacknowledged messages at most. */
  readonly window: number
  readonly onMessage: (received: Received) => void
}

/** A quorum queue without a leader never answers basic.consume (4.0.5, 2026-11-24). */
const START_MS = 15_000
/** How long the broker may take to answer while closing. */
const CLOSE_MS = 20_000
/** Between two looks at a queue that is read by basic.get. */
const GET_MS = 200
/** How long a paused socket may stay unread: heartbeats come every 20 s. */
const SIP_MS = 5000

/**
 * One epoch: a connection, a channel and a consumer on one queue. Delivery tags and acks belong to it and die with
 * it.
 */
export class Session {
  readonly epoch: number
  readonly outstanding = new Outstanding()
  /** Resolves when the connection or channel is gone, or the broker took the consumer away. */
  readonly ended: Promise<Closed>
  readonly #options: SessionOptions
  readonly #connection: AmqpConnection
  #channel: Channel
  readonly #acker: Acker
  readonly #end: (closed: Closed) => void
  #prefetch: number
  #atStart: QueueState = {ready: 0, consumers: 0}
  /**
   * What was delivered before comes first. A redelivery after a fresh message was given back meanwhile, by another
   * consumer or by the queue itself after a partition, which frees the window without an ack.
   */
  #creditHolds = true
  #sawFresh = false
  #consumerTag: string | undefined
  #others = 0
  #taking = true
  #over = false
  #paused: NodeJS.Timeout | undefined

  private constructor(options: SessionOptions, connection: AmqpConnection, channel: Channel) {
    this.epoch = options.epoch
    this.#options = options
    this.#connection = connection
    this.#channel = channel
    this.#prefetch = options.window
    const {promise, resolve} = Promise.withResolvers<Closed>()
    this.ended = promise
    this.#end = (closed) => {
      this.#over = true
      this.#acker.stop()
      resolve(closed)
    }
    this.#acker = new Acker({
      channel,
      outstanding: this.outstanding,
      roundTrip: () => this.look(),
      roundTripProves: options.facts.type === 'classic',
      window: options.window,
    })
    void connection.closed.then(this.#end)
  }

  /**
   * Starts reading on a connection of its own, which it owns from here on. Throws MqliftError when the queue cannot
   * be read at all.
   */
  static async start(options: SessionOptions, connection: AmqpConnection): Promise<Session> {
    try {
      const ended = Promise.withResolvers<Closed>()
      const channel = await connection.openChannel(ended.resolve)
      const session = new Session(options, connection, channel)
      void ended.promise.then(session.#end)
      await withDeadline(session.#start(), START_MS)
      return session
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw explain(error, options.context)
    }
  }

  get isOver(): boolean {
    return this.#over
  }

  /** What the queue held when this epoch began. */
  get atStart(): QueueState {
    return this.#atStart
  }

  async #start(): Promise<void> {
    const {facts, window, context} = this.#options
    this.#atStart = await this.look()
    const {ready, consumers} = this.#atStart
    // No more than `mark` wants: what is left over goes back marked as redelivered.
    if (context.options.until === 'mark') this.#prefetch = Math.max(1, Math.min(window, ready))
    await this.#channel.prefetch(this.#prefetch)
    // Its last consumer's cancel would delete an auto-delete queue, with what is left in it.
    if (facts.autoDelete && consumers === 0) void this.#getLoop()
    else await this.#consume(consumers)
  }

  async #consume(others: number): Promise<void> {
    const {context, epoch, facts} = this.#options
    const consumerTag = `${context.name}:${epoch}`
    // Keeps other consumers out; with a single active consumer we wait for our turn. A bridge runs beside the others.
    const shared = context.options.shared === true || context.options.until === 'never'
    const alone = others === 0 && !shared
    const exclusive = alone && !facts.singleActiveConsumer
    try {
      const options = {consumerTag, exclusive}
      await this.#channel.consume(context.queue.name, (message) => this.#take(message), options)
    } catch (error) {
      if (others > 0 && replyCode(error) === 403) throw heldByConsumer(context.queue, error)
      throw error
    }
    this.#consumerTag = consumerTag
  }

  #take(message: ConsumeMessage | GetMessage | null): void {
    if (message === null) {
      // The queue was deleted, or moved to another node; what we hold is void.
      this.#end({code: undefined, reason: 'the broker cancelled the consumer'})
      return
    }
    const content: unknown = message.properties
    if (this.#over) return
    // It would be lost without a word: every delivery is decoded by our codec or the reader is broken.
    if (!(content instanceof ContentHeader)) throw new TypeError('a delivery without its content header')
    const {outstanding} = this
    const {deliveryTag} = message.fields
    const item = outstanding.add(deliveryTag, message.content.length, performance.now())
    this.#creditHolds &&= !(message.fields.redelivered && this.#sawFresh)
    this.#sawFresh ||= !message.fields.redelivered
    // The broker delivers the n-th message only when all but a window of the ones before are acked and applied
    // (decision 0007).
    if (this.#creditHolds && outstanding.unproved > 0) this.#acker.prove(deliveryTag - this.#prefetch)
    if (outstanding.bytes > this.#options.context.options.window.bytes) this.#pause()
    this.#options.onMessage({session: this, item, content, fields: message.fields, body: message.content})
  }

  async #getLoop(): Promise<void> {
    const {context} = this.#options
    while (this.#taking && !this.#over) {
      const full =
        this.outstanding.kept >= this.#prefetch || this.outstanding.bytes > context.options.window.bytes
      const message = full ? false : await this.#channel.get(context.queue.name).catch(() => false as const)
      if (message) this.#take(message)
      else await new Promise((resolve) => setTimeout(resolve, full ? 5 : GET_MS))
    }
  }

  ack(item: Tracked): Promise<Outcome> {
    const outcome = this.outstanding.ack(item)
    this.#acker.notice()
    this.#resumeWhenFree()
    return outcome
  }

  release(item: Tracked): void {
    this.outstanding.release(item)
    this.#acker.notice()
    this.#resumeWhenFree()
  }

  #pause(): void {
    if (this.#paused) return
    this.#connection.pause()
    this.#paused = setInterval(() => this.#connection.sip(), SIP_MS)
  }

  #resumeWhenFree(): void {
    if (!this.#paused || this.outstanding.bytes > this.#options.context.options.window.bytes * 0.75) return
    this.#resume()
  }

  #resume(): void {
    clearInterval(this.#paused)
    this.#paused = undefined
    this.#connection.resume()
  }

  /** A round trip on the channel that also counts. Ready messages only. */
  async look(): Promise<QueueState> {
    const {messageCount, consumerCount} = await this.#channel.checkQueue(this.#options.context.queue.name)
    return {ready: messageCount, consumers: consumerCount}
  }

  /** Consumers that are not ours. A cancelled one of ours is counted as long as it holds something. */
  others(state: QueueState): number {
    if (this.#consumerTag === undefined) return this.#taking ? state.consumers : this.#others
    this.#others = Math.max(0, state.consumers - 1)
    return this.#others
  }

  /** The queue's own number says so: everything told is applied. */
  proveAll(): void {
    this.#acker.prove(this.outstanding.framed)
  }

  /** No further deliveries; what came can still be acked. Never the end of an auto-delete queue. */
  async stopIntake(): Promise<void> {
    if (!this.#taking) return
    this.#taking = false
    this.#resume()
    if (this.#consumerTag !== undefined && !this.#over) await this.#channel.cancel(this.#consumerTag)
    this.#consumerTag = undefined
  }

  /**
   * Gives back what was not acked and settles every ack: told as applied when the broker can be seen to have
   * applied it, as lost when it may come back (reliability.md 2.3, point 3).
   */
  async close(): Promise<void> {
    try {
      if (!this.#over)
        await withDeadline(this.#closePolitely(), CLOSE_MS + this.#options.context.timing.apply)
    } catch {
      // The broker went away meanwhile: what is not proved counts as lost.
    }
    this.#over = true
    this.#resume()
    this.#acker.stop()
    this.outstanding.close()
    await this.#connection[Symbol.asyncDispose]()
  }

  async #closePolitely(): Promise<void> {
    const {outstanding} = this
    const {context} = this.#options
    outstanding.releaseRest()
    const others = this.others(await this.look())
    await this.stopIntake()
    await this.#acker.drain()
    await waitUntilCounted(context, outstanding.framed)
    if (outstanding.unproved === 0) return
    await settleTail({
      context,
      outstanding,
      others,
      framesInDoubt: this.#acker.unprovedFrames,
      look: () => this.look(),
      closeChannel: () => this.#replaceChannel(),
    })
  }

  async #replaceChannel(): Promise<void> {
    const old = this.#channel
    this.#channel = await this.#connection.openChannel(() => {})
    this.#acker.stop()
    await old.close()
  }

  /** Ends the connection at once, as a cut cable would. */
  destroy(): void {
    this.#connection.destroy()
  }
}

function explain(error: unknown, {queue}: ReadContext): MqliftError {
  if (error instanceof MqliftError) return error
  const code = replyCode(error)
  if (code === 404) return queueGone(queue, error)
  if (code === 405) return isExclusive(queue, error)
  return code === 403 ? mayNotRead(queue, error) : noAnswer(queue, error)
}
