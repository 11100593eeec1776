import type {MqliftError} from '../../../errors.ts'
import type {QueueState} from '../../../protocols/amqp091/queue-state.ts'
import type {ReadContext} from './context.ts'
import {Drained} from './drained.ts'
import {heldTooLong} from './errors.ts'
import type {QueueFacts} from './facts.ts'
import type {Intake} from './intake.ts'
import {readQueueNow} from './queue-now.ts'
import type {Session} from './session.ts'

export interface Watched {
  readonly context: ReadContext
  readonly facts: QueueFacts
  readonly intake: Intake
  /** Somebody held messages of the queue when reading began, whether or not it is still a consumer. */
  readonly heldBefore: boolean
  /** The source is drained. */
  readonly finish: () => void
  readonly fail: (error: MqliftError) => void
}

/** Consumers and depth are looked at this often while messages flow. */
const BUSY_LOOK_MS = 5000
/** The queue's own numbers are refreshed every 5 s (rabbitmq.md 4.2). */
const STALE_MS = 6000
/** Others that neither ack nor give back for this long are told about, not waited for. */
const FOREIGN_PATIENCE_MS = 60_000

/** Looks at a queue while it is read: is it drained, is somebody else there, does something take too long. */
export class Watch {
  readonly #watched: Watched
  readonly drained: Drained
  #foreign = 0
  #lookedAt = -Infinity
  #still = {received: -1, framed: -1, since: 0}
  #waitedForOthers = 0
  #heldBefore: boolean
  #saidLeft = false

  constructor(watched: Watched) {
    this.#watched = watched
    this.#heldBefore = watched.heldBefore
    this.drained = new Drained(watched.context.timing.quiet, performance.now())
  }

  async tick(session: Session, signal: AbortSignal): Promise<void> {
    const now = performance.now()
    this.#minding(session, now)
    this.#noteStill(session, now)
    const idle = this.drained.quietFor(now) >= this.#watched.context.timing.look
    if (!idle && now - this.#lookedAt < BUSY_LOOK_MS) return
    this.#lookedAt = now
    const state = await session.look()
    const foreign = session.others(state)
    if (foreign !== this.#foreign) {
      this.#foreign = foreign
      this.#watched.context.options.onEvent?.({type: 'foreign-consumers', consumers: foreign})
    }
    if (idle) await this.#whileIdle(session, state, signal)
  }

  /** The broker closes the channel when a delivery is not acknowledged in time; at half of it we act (S5). */
  #minding({outstanding}: Session, now: number): void {
    const {facts, intake, context, fail} = this.#watched
    const patience = facts.consumerTimeout / 2
    const {oldestOpen, oldestReleased} = outstanding
    if (oldestReleased !== undefined && now - oldestReleased > patience)
      fail(heldTooLong(context.queue, Math.round(patience / 60_000)))
    // Only while the reader of the iterator has something to finish: what waits here is acked by nobody else.
    const late = oldestOpen !== undefined && now - oldestOpen > patience
    intake.hold(late && outstanding.open > intake.size)
  }

  #noteStill({outstanding}: Session, now: number): void {
    const {received, framed} = outstanding
    if (received !== this.#still.received || framed !== this.#still.framed)
      this.#still = {received, framed, since: now}
  }

  async #whileIdle(session: Session, state: QueueState, signal: AbortSignal): Promise<void> {
    const {intake, context, finish} = this.#watched
    const now = performance.now()
    const still = now - this.#still.since >= STALE_MS
    const number = this.#asks(still, session)
      ? await readQueueNow(await context.api(), context.queue, signal)
      : undefined
    const elsewhere = (number?.messages_unacknowledged ?? NaN) - session.outstanding.kept
    if (still && elsewhere === 0) session.proveAll()
    const waiting = state.ready + intake.size + this.#heldElsewhere(still, elsewhere, now)
    if (context.options.until !== 'never' && this.drained.looked(waiting, now)) finish()
  }

  /** Whether the queue's own number is wanted: it costs a request. */
  #asks(still: boolean, {outstanding}: Session): boolean {
    return this.#heldBefore || (still && (outstanding.unproved > 0 || this.#foreign > 0))
  }

  /** Messages that others hold and may give back. Until the number is fresh, as good as one. */
  #heldElsewhere(still: boolean, elsewhere: number, now: number): number {
    // The number is newer than the one at the start: whoever held messages then has let go of them.
    if (elsewhere <= 0) this.#heldBefore = false
    if (this.#foreign === 0 && !this.#heldBefore) return 0
    if (!still) return 1
    if (!(elsewhere > 0)) return 0
    if (this.#waitedForOthers === 0) this.#waitedForOthers = now
    if (now - this.#waitedForOthers < FOREIGN_PATIENCE_MS) return elsewhere
    this.#sayLeft(elsewhere)
    return 0
  }

  #sayLeft(messages: number): void {
    if (this.#saidLeft) return
    this.#saidLeft = true
    const reason = 'another connection holds them and neither acknowledges them nor gives them back'
    this.#watched.context.options.onEvent?.({type: 'left-behind', messages, reason})
  }
}
