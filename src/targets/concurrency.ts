/** How a request ended, as far as pace is concerned. */
export type Outcome = 'ok' | 'throttled' | 'failed'

export interface LimitOptions {
  readonly start?: number
  readonly min?: number
  readonly max?: number
}

/** Rates are requests per millisecond, times are epoch milliseconds given by the caller: nothing is read here. */
interface Pace {
  readonly rate: number
  readonly since: number
}

interface Round {
  readonly goal: number
  readonly startedAt: number
  readonly probing: boolean
  done: number
  latency: number
  busiest: number
}

/** Multiplicative decrease; what was delivered under throttling is kept almost whole, lanes a little less. */
const KEEP_RATE = 0.9
const KEEP_LIMIT = 0.7
/** Growth of a throttled rate per second: carefully at first, then to find out whether the ceiling has moved. */
const GROWTH = 0.05
const FAST_GROWTH = 0.25
const CAREFUL_MS = 8000
/** After this long without a throttle there is no ceiling any more. */
const FORGET_MS = 60_000
/** One decrease per window: the answers to what was already under way are no news. */
const DECREASE_WINDOW_MS = 500
const RATE_WINDOW_MS = 1000
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
  #pace: Pace | undefined
  #nextStart = 0
  #decreasedAt = Number.NEGATIVE_INFINITY
  #throttledAt = Number.NEGATIVE_INFINITY
  /** Times of recent successes, for the delivered rate. */
  #successes: number[] = []

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
    return this.#pace ? this.#pace.rate * 1000 : null
  }

  /** Milliseconds until the next request may start; Infinity = when one has finished. */
  wait(now: number): number {
    if (this.#inFlight >= this.#limit) return Number.POSITIVE_INFINITY
    return this.#pace ? Math.max(0, this.#nextStart - now) : 0
  }

  started(now: number): void {
    this.#inFlight++
    this.#round ??= {
      goal: this.#limit,
      startedAt: now,
      probing: false,
      done: 0,
      latency: 0,
      busiest: 0,
    }
    this.#round.busiest = Math.max(this.#round.busiest, this.#inFlight)
    const rate = this.#currentRate(now)
    // A start that came late does not buy two at once later.
    if (rate !== undefined) this.#nextStart = Math.max(this.#nextStart, now) + 1 / rate
  }

  finished(outcome: Outcome, startedAt: number, now: number): void {
    this.#inFlight--
    if (outcome === 'throttled') this.#onThrottle(now)
    else if (outcome === 'failed') this.#decrease(now, 0.5)
    else this.#onSuccess(now - startedAt, now)
  }

  #onSuccess(latency: number, now: number): void {
    this.#successes.push(now)
    if (this.#successes.length > 4096)
      this.#successes = this.#successes.filter((at) => at > now - RATE_WINDOW_MS)
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
      this.#limit = Math.max(this.#min, Math.floor(this.#limit * 0.85))
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
    this.#round = {goal: this.#limit * 3, startedAt: now, probing: true, done: 0, latency: 0, busiest: 0}
  }

  #onThrottle(now: number): void {
    this.#throttledAt = now
    if (now - this.#decreasedAt < DECREASE_WINDOW_MS) return
    const delivered = this.#deliveredRate(now)
    const before = this.#currentRate(now) ?? Number.POSITIVE_INFINITY
    const rate = Math.min(delivered, before) * KEEP_RATE
    this.#pace = {rate: Math.max(rate, 1 / RATE_WINDOW_MS), since: now}
    this.#nextStart = now + 1 / this.#pace.rate
    this.#decrease(now, KEEP_LIMIT)
  }

  #decrease(now: number, keep: number): void {
    if (now - this.#decreasedAt < DECREASE_WINDOW_MS) return
    this.#decreasedAt = now
    this.#slowStart = false
    this.#round = undefined
    this.#limit = Math.max(this.#min, Math.floor(this.#limit * keep))
  }

  #deliveredRate(now: number): number {
    this.#successes = this.#successes.filter((at) => at > now - RATE_WINDOW_MS)
    return this.#successes.length / RATE_WINDOW_MS
  }

  /** The rate now, grown since the last throttle; undefined = no ceiling. */
  #currentRate(now: number): number | undefined {
    if (!this.#pace) return undefined
    if (now - this.#throttledAt > FORGET_MS) {
      this.#pace = undefined
      return undefined
    }
    const careful = Math.min(now - this.#pace.since, CAREFUL_MS) / 1000
    const fast = Math.max(now - this.#pace.since - CAREFUL_MS, 0) / 1000
    return this.#pace.rate * (1 + GROWTH) ** careful * (1 + FAST_GROWTH) ** fast
  }
}
