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
  readonly probing: boolean
  done: number
  latency: number
  busiest: number
}

/** What is kept of the lanes when the target throttles, fails, or shows that requests queue. */
const KEEP = {throttled: 0.7, failed: 0.5, queueing: 0.85} as const
/** One decrease per window: the answers to what was already under way are no news. */
const DECREASE_WINDOW_MS = 500
/** How often one round runs at half the limit, to learn again what an answer takes when nothing queues. */
const PROBE_MS = 30_000

/**
 * How many requests may be under way, and how fast they may start. Additive increase and multiplicative decrease;
 * doubles until the first sign of saturation. Signs are throttling, failures, and latency: answers that take twice
 * as long as the quickest rounds mean that requests queue somewhere, and more of them would only queue longer.
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
    this.#round ??= {
      goal: this.#limit,
      probing: false,
      done: 0,
      latency: 0,
      busiest: 0,
    }
    this.#round.busiest = Math.max(this.#round.busiest, this.#inFlight)
    this.#ceiling.started(now)
  }

  finished(outcome: Outcome, startedAt: number, now: number): void {
    this.#inFlight--
    if (outcome === 'ok') this.#onSuccess(now - startedAt, now)
    else if (now - this.#decreasedAt >= DECREASE_WINDOW_MS) this.#decrease(outcome, now)
  }

  #onSuccess(latency: number, now: number): void {
    this.#ceiling.delivered(now)
    const round = this.#round
    if (!round) return
    round.done++
    round.latency += latency
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
    if (this.#probedAt === 0) this.#probedAt = now
    if (now - this.#probedAt > PROBE_MS && this.#limit > 2 * this.#min) return this.#probe(now)
    this.#steer(latency, round.busiest >= round.goal * 0.8)
  }

  /** The constants leave room for answers of about a millisecond, where any jitter is a multiple. */
  #steer(latency: number, wanted: boolean): void {
    if (latency > 2 * this.#base + 10) {
      this.#slowStart = false
      this.#limit = Math.max(this.#min, Math.floor(this.#limit * KEEP.queueing))
    } else if (latency > 1.5 * this.#base + 5) {
      this.#slowStart = false
    } else if (wanted) {
      const more = this.#slowStart ? this.#limit : Math.max(1, Math.floor(this.#limit / 16))
      this.#limit = Math.min(this.#max, this.#limit + more)
    }
  }

  #probe(now: number): void {
    this.#probedAt = now
    this.#limit = Math.max(this.#min, Math.floor(this.#limit / 2))
    // Requests already under way are twice as many as a round: they are over when the probe counts.
    this.#round = {goal: this.#limit * 3, probing: true, done: 0, latency: 0, busiest: 0}
  }

  #decrease(outcome: 'throttled' | 'failed', now: number): void {
    this.#decreasedAt = now
    this.#slowStart = false
    this.#round = undefined
    this.#limit = Math.max(this.#min, Math.floor(this.#limit * KEEP[outcome]))
    if (outcome === 'throttled') this.#ceiling.throttled(now)
  }
}
