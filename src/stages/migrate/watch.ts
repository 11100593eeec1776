import type {LedgerLane} from '../../ledger/ledger.ts'
import type {Depth} from '../../sources/source.ts'

/** The management API refreshes its numbers every 5 s (rabbitmq.md 1.4). */
const EVERY_MS = 5000

/** Looks at the source while a lane runs: what still waits, and whether its counters started again from zero. */
export class Watch {
  readonly #depth: () => Promise<Depth | null>
  readonly #ledger: LedgerLane
  #last: number | null
  #lookedAt = 0
  #looking = false
  waiting: number | null = null

  /** `acked` = the counter at the first start of the lane. */
  constructor(depth: () => Promise<Depth | null>, ledger: LedgerLane, acked: number | null) {
    this.#depth = depth
    this.#ledger = ledger
    this.#last = acked
  }

  /** Never waits and never fails: a source that does not answer is read again later. */
  look(now: number): void {
    if (this.#looking || now - this.#lookedAt < EVERY_MS) return
    this.#looking = true
    this.#lookedAt = now
    this.#depth()
      .then(
        (depth) => this.#seen(depth),
        () => this.#seen(null),
      )
      .finally(() => {
        this.#looking = false
      })
  }

  #seen(depth: Depth | null): void {
    this.waiting = depth?.ready ?? null
    const acked = depth?.counters?.acked ?? null
    if (acked === null) return
    if (this.#last !== null && acked < this.#last) this.#ledger.countersReset()
    this.#last = acked
  }
}
