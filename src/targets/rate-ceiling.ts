const WINDOW_MS = 1000
/** The shortest time that a delivered rate is taken from. */
const SHORTEST_MS = 100
/** What is kept of the delivered rate when the target throttles. */
const KEEP = 0.9
/** Growth per second: doubling at first; halved by every throttle, doubled by every calm spell. */
const GROWTH = {fastest: 1, slowest: 0.05} as const
const CALM_MS = 8000
/** After this long without a throttle there is no ceiling any more. */
const FORGET_MS = 60_000

/**
 * How fast requests may start once the target has throttled: a little less than it delivered, growing until it
 * throttles again. With a target that counts (a token bucket) a number of lanes alone is too coarse: one lane with
 * quick refusals already asks too much. Times are epoch milliseconds given by the caller, rates per millisecond.
 */
export class RateCeiling {
  #rate: number | undefined
  #since = 0
  #growth: number = GROWTH.fastest
  #throttledAt = 0
  #nextStart = 0
  #firstStart: number | undefined
  /** Times of the successes of the last second. */
  #successes: number[] = []

  /** Requests per second; null = no ceiling. */
  get perSecond(): number | null {
    return this.#rate === undefined ? null : this.#rate * 1000
  }

  wait(now: number): number {
    return this.#rate === undefined ? 0 : Math.max(0, this.#nextStart - now)
  }

  started(now: number): void {
    this.#firstStart ??= now
    if (this.#rate === undefined) return
    this.#grow(now)
    // A start that came late does not buy two at once later.
    this.#nextStart = Math.max(this.#nextStart, now) + 1 / this.#currentRate(now)
  }

  delivered(now: number): void {
    this.#successes.push(now)
    if (this.#successes.length > 4096) this.#forgetOld(now)
  }

  throttled(now: number): void {
    this.#forgetOld(now)
    const span = Math.min(WINDOW_MS, Math.max(SHORTEST_MS, now - (this.#firstStart ?? now)))
    const delivered = Math.max(this.#successes.length, 1) / span
    if (this.#rate !== undefined) this.#growth = Math.max(GROWTH.slowest, this.#growth / 2)
    this.#rate = Math.min(delivered, this.#currentRate(now)) * KEEP
    this.#since = now
    this.#throttledAt = now
    this.#nextStart = now + 1 / this.#rate
  }

  #currentRate(now: number): number {
    if (this.#rate === undefined) return Number.POSITIVE_INFINITY
    return this.#rate * (1 + this.#growth) ** ((now - this.#since) / 1000)
  }

  #grow(now: number): void {
    if (now - this.#throttledAt > FORGET_MS) {
      this.#rate = undefined
      this.#growth = GROWTH.fastest
    } else if (now - this.#since > CALM_MS) {
      this.#rate = this.#currentRate(now)
      this.#since = now
      this.#growth = Math.min(GROWTH.fastest, this.#growth * 2)
    }
  }

  #forgetOld(now: number): void {
    this.#successes = this.#successes.filter((at) => at > now - WINDOW_MS)
  }
}
