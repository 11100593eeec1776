import {sentinelOf} from '../../../model/sentinel.ts'
import type {Closed} from '../../../protocols/amqp091/connection.ts'
import type {Delivery} from '../../source.ts'
import type {ReadContext} from './context.ts'
import {QueueDelivery} from './delivery.ts'
import {type EnvelopeOptions, identityReader, toEnvelope} from './envelope.ts'
import {deliveryLimitNear, isStream, queueGone, tooManyUnreadable} from './errors.ts'
import {mostDeliveries, type QueueFacts, queueFacts, refusalOf, windowOf} from './facts.ts'
import {Intake} from './intake.ts'
import type {Outcome, Tracked} from './outstanding.ts'
import {readQueueNow} from './queue-now.ts'
import {reopen} from './reopen.ts'
import {putSentinel, refuseWithoutRoom} from './sentinel.ts'
import {type Received, Session} from './session.ts'
import {Watch} from './watch.ts'

type Result = IteratorResult<Delivery, undefined>

/** What is known once the queue was found. */
interface Prepared {
  readonly facts: QueueFacts
  readonly watch: Watch
  readonly envelopes: EnvelopeOptions
  /** Deliveries of one message, or interruptions of this run, that are too many. */
  readonly most: number
  window: number
}

/** A consumer timeout (S5): the window was too large for the time the target needs. */
const PRECONDITION_FAILED = 406

/**
 * Reads one queue: the iterator behind `Source.read`. Reconnects by itself with a new epoch; ends on the state of
 * the queue, not on silence alone. What was yielded can be acked until `return()`.
 */
export class QueueReader implements AsyncIterableIterator<Delivery, undefined> {
  readonly #context: ReadContext
  readonly #stopping: AbortSignal
  readonly #closing = new AbortController()
  readonly #intake = new Intake()
  #running: Promise<void> | undefined
  /** Connecting again after an interruption; what it opens is closed with the rest. */
  #resuming: Promise<unknown> | undefined
  #closed: Promise<void> | undefined
  #prepared: Prepared | undefined
  #session: Session | undefined
  #timer: NodeJS.Timeout | undefined
  #appliedBefore = 0
  #interruptions = 0
  #unreadable = 0
  /** Ours, until it has come back. */
  #sentinel: string | undefined
  /** What came after it is left alone. */
  #passed = false

  constructor(context: ReadContext, signal: AbortSignal) {
    this.#context = context
    this.#stopping = AbortSignal.any([signal, this.#closing.signal])
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    this.#running ??= this.#run()
    return this.#intake.next()
  }

  async return(): Promise<Result> {
    this.#closed ??= this.#close()
    await this.#closed
    return {done: true, value: undefined}
  }

  /** Messages that the broker has forgotten because of us, over all epochs. */
  get applied(): number {
    return this.#appliedBefore + (this.#session?.outstanding.applied ?? 0)
  }

  async #run(): Promise<void> {
    try {
      this.#stopping.throwIfAborted()
      this.#stopping.addEventListener('abort', () => this.#stop(), {once: true})
      this.#context.options.end?.addEventListener('abort', () => void this.#finish(), {once: true})
      this.#session = await this.#open(1)
      if (this.#context.options.until === 'mark') this.#stopAt(this.#session.atStart.ready)
      if (this.#context.options.end?.aborted) void this.#finish()
      this.#tickLater()
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #stopAt(messages: number): void {
    this.#intake.limit(messages, () => void this.#finish())
    if (messages === 0) void this.#finish()
  }

  async #open(epoch: number): Promise<Session> {
    const connection = await this.#context.connect(this.#stopping)
    const prepared = await this.#prepareAndMark(connection.version).catch(async (error: unknown) => {
      await connection[Symbol.asyncDispose]()
      throw error
    })
    const {facts, window} = prepared
    const onMessage = (received: Received): void => this.#received(received, prepared)
    const session = await Session.start({context: this.#context, facts, epoch, window, onMessage}, connection)
    void session.ended.then((closed) => this.#resume(session, closed))
    return session
  }

  async #prepareAndMark(version: string): Promise<Prepared> {
    const {options, newSentinel} = this.#context
    const prepared = await this.#prepare(version)
    if (options.until !== 'sentinel' || this.#sentinel !== undefined) return prepared
    const id = newSentinel()
    await options.onSentinel?.(id)
    await putSentinel(this.#context, id, this.#stopping)
    this.#sentinel = id
    return prepared
  }

  /** Once per run: the facts that decide how to read, or why not to. */
  async #prepare(version: string): Promise<Prepared> {
    if (this.#prepared) return this.#prepared
    const {api, queue, options, id} = this.#context
    const now = await readQueueNow(await api(), queue, this.#stopping)
    if (now === null) throw queueGone(queue)
    const facts = queueFacts(now, version)
    if (facts.type === 'stream') throw isStream(queue)
    if (options.until === 'sentinel') refuseWithoutRoom(this.#context, now)
    const refusal = refusalOf(facts)
    if (refusal !== undefined) throw deliveryLimitNear(queue, refusal)
    const watch = new Watch({
      context: this.#context,
      facts,
      intake: this.#intake,
      heldBefore: (now?.messages_unacknowledged ?? 0) > 0,
      finish: () => void this.#finish(),
      fail: (error) => this.#intake.fail(error),
    })
    const countsDeliveries = facts.type !== 'classic'
    const envelopes = {id, countsDeliveries, identity: identityReader(options.identity)}
    const window = windowOf(facts, options.window)
    this.#prepared = {facts, watch, envelopes, most: mostDeliveries(facts) ?? Infinity, window}
    return this.#prepared
  }

  #received({session, item, content, fields, body}: Received, prepared: Prepared): void {
    if (session.epoch <= this.#interruptions) return
    prepared.watch.drained.arrived(item.receivedAt)
    if (this.#passed) return session.release(item)
    const sentinel = sentinelOf(content, body)
    if (sentinel !== undefined) return this.#receivedSentinel(sentinel, session, item)
    if (content.problem !== undefined) {
      session.release(item)
      this.#unreadable++
      if (this.#unreadable > prepared.window / 4)
        this.#intake.fail(tooManyUnreadable(this.#context.queue, this.#unreadable))
      return
    }
    const envelope = toEnvelope(prepared.envelopes, fields, content, body)
    const {count} = envelope.delivery
    if (count !== undefined && count >= prepared.most && !prepared.facts.deadLetters) {
      session.release(item)
      const why = `a message was delivered ${count} times before and the limit is ${prepared.facts.deliveryLimit}`
      this.#intake.fail(deliveryLimitNear(this.#context.queue, why))
      return
    }
    this.#intake.push(new QueueDelivery(envelope, session, item))
  }

  /** Taken out and told once that is certain: an ack that is lost brings it back. */
  #receivedSentinel(id: string, session: Session, item: Tracked): void {
    void this.#takeOut(id, session.ack(item))
    this.#intake.skip()
    if (id !== this.#sentinel) return
    this.#passed = true
    void this.#finish()
  }

  async #takeOut(id: string, acked: Promise<Outcome>): Promise<void> {
    if ((await acked) === 'applied') this.#context.options.onEvent?.({type: 'sentinel', id})
  }

  #resume(session: Session, closed: Closed): Promise<unknown> {
    this.#resuming = Promise.all([this.#resuming, this.#interrupted(session, closed)])
    return this.#resuming
  }

  async #interrupted(session: Session, {code, reason}: Closed): Promise<void> {
    // At the end there is nothing to resume; what is not settled then is when the iteration is closed.
    if (this.#intake.isOver || this.#stopping.aborted) return
    const {outstanding} = session
    // Yielded, and not known to be gone from the broker: they come back.
    const lost = outstanding.kept + outstanding.unproved - this.#intake.size
    this.#interruptions = session.epoch
    this.#intake.clear(lost)
    // They come back and are counted then.
    this.#unreadable = 0
    await session.close()
    this.#appliedBefore += outstanding.applied
    this.#session = undefined
    this.#context.options.onEvent?.({type: 'interrupted', reason, epoch: session.epoch})
    try {
      if (this.#prepared) this.#learn(this.#prepared, code)
      this.#session = await this.#reopen(session.epoch + 1)
      this.#context.options.onEvent?.({type: 'reconnected', epoch: this.#session.epoch})
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #learn(prepared: Prepared, code: number | undefined): void {
    if (code === PRECONDITION_FAILED) prepared.window = Math.max(1, Math.floor(prepared.window / 2))
    if (this.#interruptions < prepared.most) return
    const why = `${this.#interruptions} interruptions, and every one counts as a delivery of what was under way`
    throw deliveryLimitNear(this.#context.queue, why)
  }

  #reopen(epoch: number): Promise<Session> {
    const {timing, options} = this.#context
    // A bridge waits for its broker however long it is away.
    const giveUp = options.until === 'never' ? Infinity : timing.backoff.giveUp
    return reopen(() => this.#open(epoch), {...timing.backoff, giveUp}, this.#stopping)
  }

  #giveUp(error: unknown): void {
    if (this.#stopping.aborted) this.#intake.stop()
    else this.#intake.fail(error)
  }

  #tickLater(): void {
    this.#timer = setTimeout(() => void this.#tick(), this.#context.timing.look)
  }

  async #tick(): Promise<void> {
    const session = this.#session
    try {
      if (session && !session.isOver) await this.#prepared?.watch.tick(session, this.#stopping)
    } catch {
      // The connection went away during the look: the session tells, and the next tick looks again.
    }
    if (!this.#intake.isOver && !this.#stopping.aborted) this.#tickLater()
  }

  /** The end was reached: no more from the broker, but all that came is yielded. */
  async #finish(): Promise<void> {
    await this.#session?.stopIntake().catch(() => {})
    this.#intake.finish()
  }

  /** The caller wants no more. */
  #stop(): void {
    this.#intake.stop()
    void this.#session?.stopIntake().catch(() => {})
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    this.#intake.stop()
    clearTimeout(this.#timer)
    await this.#running
    await this.#resuming
    await this.#session?.close()
    if (this.#unreadable === 0) return
    const reason = 'their header tables cannot be read'
    this.#context.options.onEvent?.({type: 'left-behind', messages: this.#unreadable, reason})
  }
}
