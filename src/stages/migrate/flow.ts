import type {Pace} from '../../targets/retry.ts'

/**
 * Requests that are being claimed or recorded while others are sent: as many again, and some for the commits, which
 * must have company to be cheap when the target answers at once.
 */
const PER_TURN = 2
const AHEAD = 16

export interface FlowOptions {
  readonly pace: Pace
  readonly now: () => number
  /** Messages per second over all lanes; null = as fast as the target takes them. Asked again and again. */
  readonly rate: () => number | null
}

/** What all lanes share: how much may be under way, how fast, and whether the operator said to pause. */
export class Flow {
  readonly #options: FlowOptions
  readonly #lanes = new Set<() => void>()
  #inFlight = 0
  #pausedBecause: string | null = null
  /** Messages that may start now under `rate`. */
  #allowance = 0
  #refilledAt: number
  #timer: NodeJS.Timeout | undefined

  constructor(options: FlowOptions) {
    this.#options = options
    this.#refilledAt = options.now()
  }

  /** A lane is told when there may be room. Returns what ends that. */
  join(wake: () => void): () => void {
    this.#lanes.add(wake)
    return () => {
      this.#lanes.delete(wake)
      this.#wakeAll()
    }
  }

  get pausedBecause(): string | null {
    return this.#pausedBecause
  }

  setPaused(reason: string | null): void {
    this.#pausedBecause = reason
    if (reason === null) this.#wakeAll()
  }

  /** Whether a lane that has `own` requests under way may start another one. */
  allows(own: number): boolean {
    if (this.#pausedBecause !== null) return false
    const room = PER_TURN * this.#options.pace.limit + AHEAD
    if (this.#inFlight >= room || own >= Math.max(1, Math.ceil(room / this.#lanes.size))) return false
    return this.#withinRate()
  }

  started(messages: number): void {
    this.#inFlight++
    this.#allowance -= messages
  }

  ended(): void {
    this.#inFlight--
    this.#wakeAll()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #withinRate(): boolean {
    const rate = this.#options.rate()
    const now = this.#options.now()
    if (rate === null) {
      this.#allowance = 0
      this.#refilledAt = now
      return true
    }
    // At most a tenth of a second is saved up: a rate is not an average over the coffee break.
    const gained = ((now - this.#refilledAt) * rate) / 1000
    this.#allowance = Math.min(this.#allowance + gained, Math.max(1, rate / 10))
    this.#refilledAt = now
    if (this.#allowance >= 1) return true
    const missing = ((1 - this.#allowance) * 1000) / rate
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.#wakeAll()
      },
      Math.max(1, missing),
    )
    return false
  }

  #wakeAll(): void {
    for (const wake of this.#lanes) wake()
  }
}
