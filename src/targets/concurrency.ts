import {RateCeiling} from './rate-ceiling.ts'

/** How a request ended, as far as pace is concerned. */
export type Outcome = 'ok' | 'throttled' | 'failed'

export interface LimitOptions {
  readonly start?: number
  readonly min?: number
  readonly max?: number
}

interface Round {
  readonly goal: number
  /** Requests that were under way before it say nothing about it. */
  readonly since: number
  readonly probing: boolean
  done: number
  latency: number
  busiest: number
}

/** A limit and what an answer took under it. */
interface Reading {
  readonly limit: number
  readonly latency: number
}

/** What is kept of the limit when the target throttles, fails, or seems to let requests queue. */
const KEEP = {throttled: 0.7, failed: 0.5, queueing: 0.75} as const
/** One decrease per window: the answers to what was already under way are no news. */
const DECREASE_WINDOW_MS = 500
/** How often one round runs at half the limit, to learn again what an answer takes when nothing queues. */
const PROBE_MS = 30_000

/**
 * How many requests may be under way, and how fast they may start. Additive increase and multiplicative decrease;
 * doubles until the first sign of saturation. Signs are throttling, failures, and latency: answers that take much
 * longer than in the quickest rounds may mean that requests queue somewhere, and more of them would only queue longer. If
 * so, fewer are answered sooner; if not, the target has become slow, and that is what an answer takes from here on.
 * Pure: the caller says what time it is.
 */
export class AdaptiveLimit {
  readonly #min: number
  readonly #max: number
  #limit: number
  #inFlight = 0
  #slowStart = true
  #base = Number.POSITIVE_INFINITY
  #probedAt = 0
  #round: Round | undefined
  /** What made us believe that requests queue: the next round shows whether they do. */
  #suspicion: Reading | undefined
  #decreasedAt = Number.NEGATIVE_INFINITY
  readonly #ceiling = new RateCeiling()

  constructor({start = 8, min = 1, max = 256}: LimitOptions = {}) {
    this.#min = min
    this.#max = max
    this.#limit = Math.min(Math.max(start, min), max)
  }

  get limit(): number {
    return this.#limit
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests per second the target lets through, while it throttles; null = it does not. */
  get ceiling(): number | null {
    return this.#ceiling.perSecond
  }

  /** Milliseconds until the next request may start; Infinity = when one has finished. */
  wait(now: number): number {
    if (this.#inFlight >= this.#limit) return Number.POSITIVE_INFINITY
    return this.#ceiling.wait(now)
  }

  started(now: number): void {
    this.#inFlight++
    this.#round ??= roundOf(this.#limit, now)
    this.#round.busiest = Math.max(this.#round.busiest, this.#inFlight)
    this.#ceiling.started(now)
  }

  finished(outcome: Outcome, startedAt: number, now: number): void {
    this.#inFlight--
    if (outcome === 'ok') this.#onSuccess(startedAt, now)
    else if (now - this.#decreasedAt >= DECREASE_WINDOW_MS) this.#decrease(outcome, now)
  }

  #onSuccess(startedAt: number, now: number): void {
    this.#ceiling.delivered(now)
    const round = this.#round
    if (!round || startedAt < round.since) return
    round.done++
    round.latency += now - startedAt
    if (round.done >= round.goal) this.#endRound(round, now)
  }

  #endRound(round: Round, now: number): void {
    this.#round = undefined
    const latency = round.latency / round.done
    if (round.probing) {
      this.#base = latency
      this.#limit = Math.min(this.#limit * 2, this.#max)
      return
    }
    this.#base = Math.min(this.#base, latency)
    if (this.#slower(round.goal, latency)) return
    if (this.#probedAt === 0) this.#probedAt = now
    if (now - this.#probedAt > PROBE_MS && this.#limit > 2 * this.#min) return this.#probe(now)
    this.#steer(latency, round.busiest >= round.goal * 0.8)
  }

  /**
   * Whether the last round was suspected without cause: with fewer requests under way, answers that had queued come
   * sooner in proportion. The target is slower than it was: everything is learnt again.
   */
  #slower(limit: number, latency: number): boolean {
    const before = this.#suspicion
    this.#suspicion = undefined
    if (!before) return false
    const hadQueued = before.latency * (limit / before.limit)
    if (latency < (before.latency + hadQueued) / 2) return false
    this.#base = latency
    this.#limit = before.limit
    this.#slowStart = true
    return true
  }

  /**
   * Some queueing is wanted: what waits together is committed together, and a busy process answers itself late. At
   * 0 ms and at 20 ms the best fixed number of requests was 48 to 64, with answers of 40 to 50 ms (bench:concurrency,
   * 2026-11-24).
   */
  #steer(latency: number, wanted: boolean): void {
    if (latency > 3 * this.#base + 40) {
      this.#slowStart = false
      const {limit} = this
      this.#limit = Math.max(this.#min, Math.floor(limit * KEEP.queueing))
      // At the minimum nothing is left to compare with.
      if (this.#limit < limit) this.#suspicion = {limit, latency}
      else this.#base = latency
    } else if (latency > 2 * this.#base + 30) {
      this.#slowStart = false
    } else if (wanted) {
      const more = this.#slowStart ? this.#limit : Math.max(1, Math.floor(this.#limit / 16))
      this.#limit = Math.min(this.#max, this.#limit + more)
    }
  }

  #probe(now: number): void {
    this.#probedAt = now
    this.#limit = Math.max(this.#min, Math.floor(this.#limit / 2))
    this.#round = {...roundOf(this.#limit, now), probing: true}
  }

  #decrease(outcome: 'throttled' | 'failed', now: number): void {
    this.#decreasedAt = now
    this.#slowStart = false
    this.#round = undefined
    this.#suspicion = undefined
    this.#limit = Math.max(this.#min, Math.floor(this.#limit * KEEP[outcome]))
    if (outcome === 'throttled') this.#ceiling.throttled(now)
  }
}

const roundOf = (goal: number, since: number): Round => ({
  goal,
  since,
  probing: false,
  done: 0,
  latency: 0,
  busiest: 0,
})
