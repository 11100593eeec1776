import {setTimeout as sleep} from 'node:timers/promises'

import {MqliftError} from '../../errors.ts'
import type {LedgerLane} from '../../ledger/ledger.ts'
import type {MigrateEvent} from '../../model/events.ts'
import type {Delivery, SourceEvent} from '../../sources/source.ts'
import {type Batcher, batcherFor} from './batcher.ts'
import {endLane, type Stop} from './end-lane.ts'
import {Holding} from './holding.ts'
import {prepare} from './item.ts'
import type {LaneOutcome, LaneParts} from './lane-parts.ts'
import {limitError, nearItsLimit, tooOften} from './limits.ts'
import {Requests} from './requests.ts'
import {type Resolved, Sender} from './sender.ts'
import {ACKS_LOST, consumersError, heldBack} from './stops.ts'

/** After Ctrl-C, what is under way may take this long (H1). */
const GRACE_MS = 30_000
const PROGRESS_MS = 1000
/** How often a queue that looked empty is read again because acks were lost when it was closed. */
const ROUNDS = 5

/** One move, from the first delivery to the last ack. Stops at the first thing that makes going on unsafe. */
export class Lane {
  readonly #parts: LaneParts
  readonly #ledger: LedgerLane
  readonly #batcher: Batcher
  readonly #holding: Holding
  readonly #sender: Sender
  readonly #requests: Requests
  /** Aborting ends the intake; what is under way goes on. */
  readonly #intake = new AbortController()
  readonly #grace = new AbortController()
  readonly #counts = {received: 0, sent: 0, failed: 0, doubt: 0}
  #epoch = 0
  #intakeOver = false
  /** Set while an interruption is written down: nothing is claimed before. */
  #barrier: Promise<void> | undefined
  #stop: Stop | undefined
  #bug: Error | undefined
  #held = 0
  #unsaid = 0
  /** Said by the source: messages that it could not hand out. */
  #leftBehind = 0

  constructor(parts: LaneParts, ledger: LedgerLane) {
    this.#parts = parts
    this.#ledger = ledger
    this.#batcher = batcherFor(parts.move.order)
    this.#holding = new Holding(parts.window)
    this.#sender = new Sender(parts, ledger, () => this.#epoch)
    this.#requests = new Requests({
      batcher: this.#batcher,
      limits: parts.target.limits,
      flow: parts.flow,
      mayStart: () => !this.#ended && !this.#barrier,
      intakeOver: () => this.#intakeOver,
      send: async (items) => this.#resolved(await this.#sender.move(items, this.#grace.signal)),
      failed: (error) => this.#failed(error),
    })
  }

  async run(): Promise<LaneOutcome> {
    const leave = this.#parts.flow.join(() => this.#requests.kick())
    const {signal} = this.#parts
    const interrupt = (): void => this.#interrupt()
    signal.addEventListener('abort', interrupt)
    const progress = setInterval(() => this.#tick(), PROGRESS_MS).unref()
    try {
      if (signal.aborted) interrupt()
      let drained = await this.#read()
      for (let round = 1; !drained && !this.#ended; round++) {
        await this.#again(round)
        drained = await this.#read()
      }
      if (this.#bug !== undefined) throw this.#bug
      return await this.#end()
    } finally {
      clearInterval(progress)
      this.#requests.close()
      signal.removeEventListener('abort', interrupt)
      leave()
      this.#progress()
    }
  }

  get #move(): string {
    return this.#parts.move.id
  }

  /** Until the queue is drained. False when something came back after that: acks can be lost at the very end. */
  async #read(): Promise<boolean> {
    this.#intakeOver = false
    this.#leftBehind = 0
    const deliveries = this.#open()
    let drainedIn: number | undefined
    try {
      for (let step = await deliveries.next(); !step.done; step = await deliveries.next())
        this.#take(step.value)
      drainedIn = this.#epoch
    } catch (error) {
      this.#failed(error)
    }
    await this.#finish()
    this.#held = this.#holding.size + this.#batcher.blocked
    this.#unsaid = this.#holding.inDoubt + this.#batcher.blocked
    this.#holding.releaseAll()
    // Waits until acks are applied and gives back what was not acked.
    await deliveries.return?.()
    await this.#sender.acksSettled()
    this.#held += this.#leftBehind
    this.#unsaid += this.#leftBehind
    // Lost acks of an earlier connection came back before the queue was seen empty; these did not.
    return drainedIn === this.#epoch && this.#sender.takeLost() === 0
  }

  async #again(round: number): Promise<void> {
    await this.#writeInterruption('acknowledgements were not applied when the connection was closed')
    this.#epoch++
    if (round === ROUNDS) this.#stopBecause(ACKS_LOST)
  }

  #open(): AsyncIterableIterator<Delivery> {
    const {read, move, until, window} = this.#parts
    if (!read) throw new Error(`${move.source} cannot be read`)
    const identity = move.identity === undefined ? {} : {identity: move.identity}
    const onEvent = (event: SourceEvent): void => this.#onSource(event)
    return read(move.source, {until, window, ...identity, onEvent}, this.#intake.signal)
  }

  #take(delivery: Delivery): void {
    const {now, move} = this.#parts
    this.#counts.received++
    const near = nearItsLimit(move, delivery.envelope.delivery.count)
    if (near !== undefined) {
      delivery.release()
      return this.#stopBecause(limitError(near))
    }
    const item = prepare(delivery, this.#epoch, now(), this.#parts.preparation)
    this.#batcher.push(item)
    this.#checkHolding()
    this.#requests.kick()
  }

  /** Everything received is claimed and resolved, unless the lane stopped: then only what is under way. */
  async #finish(): Promise<void> {
    this.#intakeOver = true
    if (this.#ended) this.#batcher.clear()
    this.#requests.kick()
    while (this.#requests.underWay > 0 || this.#barrier || (this.#batcher.ready > 0 && !this.#ended)) {
      await this.#requests.changed()
    }
  }

  #end(): Promise<LaneOutcome> {
    return endLane(this.#parts, this.#ledger, {
      held: this.#held,
      unsaid: this.#unsaid,
      stop: this.#stop,
    })
  }

  get #ended(): boolean {
    return this.#intake.signal.aborted
  }

  #interrupt(): void {
    this.#intake.abort()
    this.#batcher.clear()
    sleep(GRACE_MS, undefined, {ref: false}).then(
      () => this.#grace.abort(),
      () => undefined,
    )
    this.#requests.wake()
  }

  #stopBecause(error: MqliftError, outcome: Stop['outcome'] = 'stopped'): void {
    this.#stop ??= {outcome, error}
    this.#intake.abort()
    this.#batcher.clear()
    this.#requests.wake()
  }

  #resolved({sent, held, stop}: Resolved): void {
    this.#counts.sent += sent
    for (const one of held) {
      this.#counts[one.state]++
      if (one.item.epoch !== this.#epoch) continue
      this.#holding.add(one, this.#parts.now())
      // Said now, so that the source knows it is held on purpose; it goes back when the lane ends (P3).
      if (!this.#sender.canQuarantine) one.item.delivery.release()
      if (!this.#parts.skipFailed) this.#batcher.stop(one.item)
    }
    if (held.length > 0) {
      const reason = held[0]?.reason ?? ''
      this.#tell({type: 'held', move: this.#move, reason, held: this.#holding.size})
    }
    if (stop) this.#stopBecause(stop, 'failed')
    this.#checkHolding()
  }

  #failed(error: unknown): void {
    if (error instanceof MqliftError) return this.#stopBecause(error, 'failed')
    this.#bug ??= error instanceof Error ? error : new Error(String(error))
    this.#stopBecause(new MqliftError('incomplete', 'a fault of mqlift'))
  }

  #checkHolding(): void {
    const overflow = this.#holding.overflow(this.#batcher.blocked, this.#parts.now())
    if (overflow === undefined || this.#stop) return
    const failed = this.#sender.canQuarantine && this.#batcher.blocked === 0 ? this.#holding.takeFailed() : []
    if (failed.length > 0) this.#requests.track(this.#sender.quarantine(failed))
    else this.#stopBecause(heldBack(overflow))
  }

  #onSource(event: SourceEvent): void {
    switch (event.type) {
      case 'interrupted':
        return this.#onInterrupted(event.reason)
      case 'reconnected':
        return this.#tell({type: 'notice', move: this.#move, text: 'connected to the broker again'})
      case 'foreign-consumers':
        return this.#onConsumers(event.consumers)
      case 'sentinel':
        return this.#ledger.note('sentinel', event.id)
      case 'left-behind':
        this.#leftBehind += event.messages
        return this.#tell({type: 'notice', move: this.#move, text: `${event.messages} left: ${event.reason}`})
    }
  }

  /** Zero = they are gone again, and we have stopped already. */
  #onConsumers(consumers: number): void {
    if (consumers === 0) return
    const because = `${consumers} other consumers took messages from the queue while it was moved`
    if (this.#parts.move.mode === 'bridge') return this.#ledger.note('shared', because)
    this.#ledger.note('foreign-consumers', because)
    this.#stopBecause(consumersError(because))
  }

  /** Everything received comes back: forget it, let what is under way end, write the interruption down (S1). */
  #onInterrupted(reason: string): void {
    this.#epoch++
    // They were acks of the connection that is gone: their messages come back through the next one.
    this.#sender.takeLost()
    this.#batcher.clear()
    this.#holding.clear()
    this.#tell({type: 'interrupted', move: this.#move, reason})
    const barrier = this.#afterBarrier(this.#barrier, reason).finally(() => {
      // A second interruption may have come in between: the last one opens the way.
      if (this.#barrier === barrier) this.#barrier = undefined
      this.#requests.wake()
      this.#requests.kick()
    })
    this.#barrier = barrier
  }

  async #afterBarrier(before: Promise<void> | undefined, reason: string): Promise<void> {
    try {
      await before
      await this.#writeInterruption(reason)
    } catch (error) {
      this.#failed(error)
    }
  }

  async #writeInterruption(reason: string): Promise<void> {
    while (this.#requests.underWay > 0) await this.#requests.changed()
    await this.#ledger.interrupted(reason)
    const often = tooOften(this.#parts.move, this.#ledger.interruptions)
    if (often !== undefined) this.#stopBecause(limitError(often))
  }

  #tick(): void {
    this.#checkHolding()
    this.#parts.watch.look(this.#parts.now())
    this.#progress()
  }

  #progress(): void {
    const {settled} = this.#sender
    this.#tell({
      ...this.#counts,
      settled,
      type: 'progress',
      move: this.#move,
      waiting: this.#parts.watch.waiting,
    })
  }

  #tell(event: MigrateEvent): void {
    this.#parts.onEvent(event)
  }
}
