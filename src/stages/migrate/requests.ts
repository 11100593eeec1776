import type {BatchLimits} from '../../targets/target.ts'
import type {Batcher} from './batcher.ts'
import type {Flow} from './flow.ts'
import type {Item} from './item.ts'

/** A request that is not full waits this long for more. */
const FILL_MS = 5

export interface RequestOptions {
  readonly batcher: Batcher
  readonly limits: BatchLimits
  readonly flow: Flow
  /** Whether a request may start now at all. */
  readonly mayStart: () => boolean
  /** Nothing more comes: what is not full goes all the same. */
  readonly intakeOver: () => boolean
  /** One request, to its end. */
  readonly send: (items: readonly Item[]) => Promise<void>
  readonly failed: (error: unknown) => void
}

/** The requests of one lane: when the next one starts, how many are under way, and when one has ended. */
export class Requests {
  readonly #options: RequestOptions
  #underWay = 0
  #fill: NodeJS.Timeout | undefined
  #fillOver = false
  #changed = Promise.withResolvers<void>()

  constructor(options: RequestOptions) {
    this.#options = options
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Something may have changed for whoever waits. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Until the next {@link wake}; the end of each request is one. */
  changed(): Promise<void> {
    return this.#changed.promise
  }

  /** Starts as many as there is room for. */
  kick(): void {
    const {batcher, limits, intakeOver} = this.#options
    while (this.#mayStart()) {
      const items = batcher.take(limits)
      if (items.length === 0) break
      this.#fillOver = false
      this.#start(items)
    }
    if (batcher.ready > 0 && !intakeOver()) {
      this.#fill ??= setTimeout(() => {
        this.#fill = undefined
        this.#fillOver = true
        this.kick()
      }, FILL_MS)
    }
  }

  /** Something else is under way: the lane does not end before it. */
  track(work: Promise<void>): void {
    const {failed} = this.#options
    this.#underWay++
    work
      .catch(failed)
      .finally(() => {
        this.#underWay--
        this.wake()
        this.kick()
      })
      .catch(failed)
  }

  close(): void {
    clearTimeout(this.#fill)
  }

  #mayStart(): boolean {
    const {batcher, limits, flow, mayStart, intakeOver} = this.#options
    if (batcher.ready === 0 || this.#underWay >= (limits.requests ?? Infinity) || !mayStart()) return false
    const full = batcher.ready >= limits.batchSize
    const worthIt = full || this.#underWay === 0 || intakeOver() || this.#fillOver
    return worthIt && flow.allows(this.#underWay)
  }

  #start(items: readonly Item[]): void {
    const {batcher, flow, send, failed} = this.#options
    flow.started(items.length)
    this.track(
      send(items)
        // Before its groups are free again: what follows a message of unknown fate is not sent.
        .catch(failed)
        .finally(() => {
          batcher.release(items)
          flow.ended()
        }),
    )
  }
}
