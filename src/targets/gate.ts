import {setTimeout as sleep} from 'node:timers/promises'

import type {AdaptiveLimit, Outcome} from './concurrency.ts'

/** Lets requests through as an {@link AdaptiveLimit} allows, first come first served. One per account and Region. */
export class Gate {
  readonly #limit: AdaptiveLimit
  readonly #now: () => number
  /** The end of the line: every newcomer waits for the one before it. */
  #line: Promise<void> = Promise.resolve()
  #wake: (() => void) | undefined

  constructor(limit: AdaptiveLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Waits for its turn; rejects with the signal's reason. Returns what ends the turn: call it exactly once. */
  async enter(signal: AbortSignal): Promise<(outcome: Outcome) => void> {
    const before = this.#line
    const turn = Promise.withResolvers<void>()
    this.#line = turn.promise
    try {
      await before
      await this.#untilAllowed(signal)
      const startedAt = this.#now()
      this.#limit.started(startedAt)
      return (outcome) => {
        this.#limit.finished(outcome, startedAt, this.#now())
        this.#wake?.()
      }
    } finally {
      turn.resolve()
    }
  }

  async #untilAllowed(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const wait = this.#limit.wait(this.#now())
      if (wait === 0) return
      await (Number.isFinite(wait) ? sleep(wait, undefined, {signal}) : this.#oneFinished(signal))
    }
  }

  /** Or the caller gave up: the loop above looks at the signal first. */
  #oneFinished(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal.addEventListener('abort', wake)
    })
  }
}
