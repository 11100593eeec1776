import type {DatabaseSync} from 'node:sqlite'

import {isDiskFull, understood} from './damage.ts'

/**
 * One transaction, one fsync, for everything that gathered: at 16 waiting requests or after 2 ms (performance.md 1).
 * A lane that is alone does not wait for company: the number gathered is a quarter of what is in flight.
 */
const GATHER_MAX = 16
const GATHER_MS = 2
const GATHER_SHARE = 2
/** Settling is lazy: with the next commit, or after this long when none comes. */
const LAZY_MS = 50

export interface Work {
  readonly kind: 'claim' | 'record' | 'other'
  /** Runs inside the transaction. It may run a second time when the disk was full the first time. */
  apply(): void
  committed(): void
  failed(error: unknown): void
}

/** A lane: writes what it has saved up with every transaction. */
export interface Participant {
  beforeCommit(): void
  afterCommit(): void
  rolledBack(): void
}

export interface CommitOptions {
  readonly path: string
  /** Frees space for the last records; false = there was none to free. */
  makeRoom(): boolean
}

/** The only writer of the database. Claims and records resolve after COMMIT, which syncs (synchronous=FULL). */
export class Commits {
  readonly participants = new Set<Participant>()
  readonly #db: DatabaseSync
  readonly #options: CommitOptions
  #waiting: Work[] = []
  #timer: NodeJS.Timeout | undefined
  #lazy: NodeJS.Timeout | undefined
  #scheduled = false
  #inFlight = 0
  #full: unknown
  #dead: unknown

  constructor(db: DatabaseSync, options: CommitOptions) {
    this.#db = db
    this.#options = options
  }

  /** Resolves with what `apply` made, once that is on disk. */
  run<T>(kind: Work['kind'], apply: () => T, committed?: (result: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: {readonly value: T} | undefined
      this.#add({
        kind,
        apply: () => {
          result = {value: apply()}
        },
        committed: () => {
          if (!result) return
          committed?.(result.value)
          resolve(result.value)
        },
        failed: reject,
      })
    })
  }

  /** Something is saved up that may wait for company. */
  later(): void {
    this.#lazy ??= setTimeout(() => this.#commit(), LAZY_MS)
  }

  async flush(): Promise<void> {
    await this.run('other', () => undefined)
  }

  /** Stops the timers; what waits is committed first. */
  close(): void {
    if (this.#waiting.length > 0 || this.#lazy) this.#commit()
    clearTimeout(this.#timer)
    clearTimeout(this.#lazy)
  }

  #add(work: Work): void {
    const refusal = this.#dead ?? (work.kind === 'claim' ? this.#full : undefined)
    if (refusal !== undefined) return work.failed(refusal)
    this.#waiting.push(work)
    const company = Math.ceil((this.#inFlight + this.#waiting.length) / GATHER_SHARE)
    if (this.#waiting.length >= Math.min(GATHER_MAX, company)) this.#soon()
    else this.#timer ??= setTimeout(() => this.#commit(), GATHER_MS)
  }

  #soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#commit()
    })
  }

  #commit(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#lazy)
    this.#timer = undefined
    this.#lazy = undefined
    const works = this.#waiting
    this.#waiting = []
    if (this.#dead !== undefined) return fail(works, this.#dead)
    try {
      this.#transaction(works)
    } catch (error) {
      this.#recover(works, understood(error, this.#options.path))
    }
  }

  #transaction(works: readonly Work[]): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const work of works) work.apply()
      for (const participant of this.participants) participant.beforeCommit()
      this.#db.exec('COMMIT')
    } catch (error) {
      // SQLite rolls back by itself when the disk is full (reliability.md M18).
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      for (const participant of this.participants) participant.rolledBack()
      throw error
    }
    for (const participant of this.participants) participant.afterCommit()
    this.#inFlight += countOf(works, 'claim') - countOf(works, 'record')
    for (const work of works) work.committed()
  }

  /**
   * Disk full: nothing new is claimed, what is in flight is still recorded, with the space of the reserve. Any other
   * failure is the end: after a failed fsync nobody knows what is on the disk, so it is not tried again (F4).
   */
  #recover(works: readonly Work[], error: unknown): void {
    if (!isDiskFull(error) || this.#full !== undefined || !this.#options.makeRoom()) {
      this.#dead = error
      return fail(works, error)
    }
    this.#full = error
    const [claims, others] = partition(works, ({kind}) => kind === 'claim')
    fail(claims, error)
    try {
      this.#transaction(others)
    } catch (second) {
      this.#dead = understood(second, this.#options.path)
      fail(others, this.#dead)
    }
  }
}

function fail(works: readonly Work[], error: unknown): void {
  for (const work of works) work.failed(error)
}

const countOf = (works: readonly Work[], kind: Work['kind']): number =>
  works.filter((work) => work.kind === kind).length

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}
