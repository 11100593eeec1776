/** Looks in a row that must find nothing. */
const LOOKS = 3
/** A producer may pause: wait this many times its longest pause seen so far, but not for ever. */
const PAUSES = 3
const MOST_QUIET_MS = 20_000

/**
 * Decides that a queue is drained and stays so: no message came for a while, and several looks in a row found none.
 * Once it was empty, every further arrival shows that a producer is at work and how long it pauses.
 */
export class Drained {
  readonly #quiet: number
  #lastArrival: number
  #emptyLooks = 0
  #wasEmpty = false
  #longestPause = 0

  constructor(quiet: number, now: number) {
    this.#quiet = quiet
    this.#lastArrival = now
  }

  arrived(now: number): void {
    if (this.#wasEmpty) this.#longestPause = Math.max(this.#longestPause, now - this.#lastArrival)
    this.#lastArrival = now
    this.#emptyLooks = 0
  }

  /** `waiting`: messages that are ready, or that other consumers may give back. */
  looked(waiting: number, now: number): boolean {
    if (waiting > 0) {
      this.#emptyLooks = 0
      return false
    }
    this.#emptyLooks++
    this.#wasEmpty = true
    const quiet = Math.min(MOST_QUIET_MS, Math.max(this.#quiet, PAUSES * this.#longestPause))
    return this.#emptyLooks >= LOOKS && now - this.#lastArrival >= quiet
  }

  quietFor(now: number): number {
    return now - this.#lastArrival
  }
}
