import type {DigestLog} from './digests.ts'
import {MultisetSum} from './multiset.ts'
import {rangesOf} from './ranges.ts'
import type {OpenEntry} from './rows.ts'
import type {Statements} from './statements.ts'

/** Settled rows of a lane are folded in blocks of this many. */
const FOLD_AT = 4096

export interface FoldingOptions {
  readonly lane: number
  readonly foldedSum: Uint8Array
  readonly sql: Statements
  readonly digests: DigestLog
  /** The next number the ledger would give: rows go, numbers never come again. */
  readonly peekSeq: () => number
}

/** From `sent` to `settled` to a digest in a segment: the row goes when its digest is synced. */
export class Folding {
  readonly #options: FoldingOptions
  #sum: MultisetSum
  /** Written as settled with the next commit, then kept until the next fold. */
  #settling: OpenEntry[] = []
  #settled: OpenEntry[] = []
  #next: {readonly sum: MultisetSum; readonly entries: number} | undefined
  #all = false

  constructor(options: FoldingOptions) {
    this.#options = options
    this.#sum = MultisetSum.from(options.foldedSum)
  }

  settle(entry: OpenEntry): void {
    this.#settling.push(entry)
  }

  /** Already written as settled. */
  settled(entries: Iterable<OpenEntry>): void {
    this.#settled.push(...entries)
  }

  /** The lane ends: fold everything with the next commit. */
  finish(): void {
    this.#all = true
  }

  write(): void {
    const {sql, lane} = this.#options
    for (const [first, last] of rangesOf(this.#settling)) sql.settle.run(first, last, lane)
    const entries = this.#all ? [...this.#settled, ...this.#settling] : this.#settled
    if (entries.length >= (this.#all ? 1 : FOLD_AT)) this.#fold(entries)
  }

  committed(): void {
    this.#settled.push(...this.#settling)
    this.#settling = []
    if (!this.#next) return
    this.#options.digests.committed()
    this.#sum = this.#next.sum
    this.#settled.splice(0, this.#next.entries)
    this.#next = undefined
  }

  rolledBack(): void {
    if (this.#next) this.#options.digests.rolledBack()
    this.#next = undefined
  }

  #fold(entries: readonly OpenEntry[]): void {
    const {sql, lane, digests, peekSeq} = this.#options
    const end = digests.append(entries.map(({seq, digest}) => ({lane, seq, digest})))
    const sum = MultisetSum.from(this.#sum.toBuffer())
    for (const {digest} of entries) sum.add(digest)
    for (const [first, last] of rangesOf(entries)) sql.forget.run(first, last, lane)
    sql.fold.run(entries.length, sum.toBuffer(), lane)
    sql.meta.run('digest_segment', end.segment)
    sql.meta.run('digest_bytes', end.bytes)
    sql.meta.run('next_seq', peekSeq())
    this.#next = {sum, entries: entries.length}
  }
}
