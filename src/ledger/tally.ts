import type {Outcome, Received} from './ledger.ts'
import {MultisetSum} from './multiset.ts'
import type {Statements} from './statements.ts'

const NAMES = [
  'received',
  'bytes',
  'accepted',
  'withTargetId',
  'withMd5',
  'unknown',
  'lost',
  'spared',
  'absent',
] as const
type Counts = Record<(typeof NAMES)[number], number>
const none = (): Counts => ({
  received: 0,
  bytes: 0,
  accepted: 0,
  withTargetId: 0,
  withMd5: 0,
  unknown: 0,
  lost: 0,
  spared: 0,
  absent: 0,
})

/** The counters of one lane: gathered while a transaction is made, written in it, kept only when it committed. */
export class Tally {
  readonly #lane: number
  readonly #sql: Statements
  #sum: MultisetSum
  #next: MultisetSum | undefined
  #counts = none()
  #digests: Buffer[] = []

  constructor(lane: number, receivedSum: Uint8Array, sql: Statements) {
    this.#lane = lane
    this.#sql = sql
    this.#sum = MultisetSum.from(receivedSum)
  }

  received({bytes, digest}: Received): void {
    this.#counts.received++
    this.#counts.bytes += bytes
    this.#digests.push(digest)
  }

  recorded(outcome: Outcome): void {
    if (outcome.outcome === 'quarantined') return
    if (outcome.outcome === 'accepted') {
      this.#counts.accepted++
      if (outcome.targetId !== '') this.#counts.withTargetId++
      if (outcome.md5 !== undefined) this.#counts.withMd5++
    }
    // An unknown outcome is at least one attempt that nobody knows about.
    this.#counts.unknown += Math.max(outcome.outcome === 'unknown' ? 1 : 0, outcome.unknownAttempts)
  }

  /** An ack that was never applied: its message comes back. */
  lost(): void {
    this.#counts.lost++
  }

  /** A message that came back and, by its identity, is not sent again. */
  spared(): void {
    this.#counts.spared++
  }

  absent(entries: number): void {
    this.#counts.absent += entries
  }

  write(): void {
    if (NAMES.every((name) => this.#counts[name] === 0)) return
    this.#next = MultisetSum.from(this.#sum.toBuffer())
    for (const digest of this.#digests) this.#next.add(digest)
    const counts = NAMES.map((name) => this.#counts[name])
    this.#sql.countLane.run(this.#next.toBuffer(), ...counts, this.#lane)
  }

  committed(): void {
    this.#sum = this.#next ?? this.#sum
    this.rolledBack()
  }

  rolledBack(): void {
    this.#next = undefined
    this.#counts = none()
    this.#digests = []
  }
}
