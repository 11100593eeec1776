import type {KeyObject} from 'node:crypto'
import {existsSync, rmSync} from 'node:fs'
import type {DatabaseSync} from 'node:sqlite'

import {MqliftError} from '../errors.ts'
import {Accounts} from './account.ts'
import {type Archived, type Archiving, leaveOut, nextSeq} from './archived.ts'
import {Commits} from './commits.ts'
import {DigestLog} from './digests.ts'
import {Lane, type Shared} from './lane.ts'
import type {EntryState, LaneFacts, LaneStart, Ledger, LedgerLane} from './ledger.ts'
import {keyIdOf, type LedgerPlace} from './place.ts'
import {endOf, Reader} from './reader.ts'
import {recoverLane} from './recover.ts'
import {laneRow, openEntry} from './rows.ts'
import {prepare} from './statements.ts'

export interface WriterParts {
  readonly db: DatabaseSync
  readonly place: LedgerPlace
  readonly key: KeyObject
  readonly lock: DatabaseSync
  readonly now: () => number
  readonly archiving: Archiving
}

/** The open ledger of a mover. */
export class Writer implements Ledger {
  readonly path: string
  readonly key: KeyObject
  readonly keyId: string
  readonly #parts: WriterParts
  readonly #reader: Reader
  readonly #shared: Shared
  /** Moves whose lane was opened before, since the ledger was. */
  readonly #opened = new Set<string>()

  constructor(parts: WriterParts) {
    const {db, place, key, now, archiving} = parts
    this.path = place.database
    this.key = key
    this.keyId = keyIdOf(key)
    this.#parts = parts
    this.#reader = new Reader(db, place, key)
    const accounts = new Accounts(db)
    let next = nextSeq(db, accounts)
    this.#shared = {
      commits: new Commits(db, {path: place.database, makeRoom: () => makeRoom(place)}),
      sql: prepare(db),
      digests: new DigestLog(place.digests, endOf(accounts)),
      keyId: this.keyId,
      now,
      nextSeq: () => next++,
      peekSeq: () => next,
      ...(archiving === 'off' && {leaveOut: (seq: number) => leaveOut(db, seq)}),
    }
  }

  async lane(facts: LaneFacts, start: () => Promise<LaneStart>): Promise<LedgerLane> {
    const {db, now} = this.#parts
    const {commits, sql} = this.#shared
    const known = this.#lane(facts.move)
    if (known) refuseOther(known.facts, facts)
    else {
      const baseline = await start()
      await commits.run('other', () =>
        sql.insertLane.run(facts.move, JSON.stringify(facts), JSON.stringify(baseline)),
      )
    }
    if (known && this.#opened.has(facts.move)) {
      await commits.run('other', () => recoverLane(db, known, new Date(now()).toISOString()))
    }
    this.#opened.add(facts.move)
    const row = this.#lane(facts.move)
    if (!row) throw new Error(`lane ${facts.move} was not stored`)
    const entries = db.prepare('SELECT * FROM entry WHERE lane = ? ORDER BY seq').all(row.id)
    const lane = new Lane(row, entries.map(openEntry), this.#shared)
    await lane.start()
    return lane
  }

  accounts() {
    return this.#reader.accounts()
  }

  account(move: string) {
    return this.#reader.account(move)
  }

  runs() {
    return this.#reader.runs()
  }

  events(move?: string) {
    return this.#reader.events(move)
  }

  entries(move: string, state?: EntryState) {
    return this.#reader.entries(move, state)
  }

  folded() {
    return this.#reader.folded()
  }

  archived(): Archived {
    return this.#reader.archived()
  }

  damage() {
    return this.#reader.damage()
  }

  flush(): Promise<void> {
    return this.#shared.commits.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#parts.lock.isOpen) return
    this.#shared.commits.close()
    this.#shared.digests.close()
    await this.#reader[Symbol.asyncDispose]()
    // Room for the last records of a run; the next one makes it again.
    rmSync(this.#parts.place.reserve, {force: true})
    this.#parts.lock.close()
  }

  #lane(move: string) {
    const row = this.#parts.db.prepare('SELECT * FROM lane WHERE move = ?').get(move)
    return row && laneRow(row)
  }
}

function makeRoom({reserve}: LedgerPlace): boolean {
  const there = existsSync(reserve)
  rmSync(reserve, {force: true})
  return there
}

/** What the entries mean is pinned: the account of one queue must not go on with another (H3, T18). */
function refuseOther(pinned: LaneFacts, now: LaneFacts): void {
  const keys = ['source', 'target', 'address', 'createdAt', 'fifo'] as const
  const different = keys.find((key) => pinned[key] !== now[key])
  if (different === undefined) return
  const recreated = different === 'createdAt'
  throw new MqliftError(
    'refused',
    recreated
      ? `the target of ${now.move} was deleted and made again (created ${now.createdAt ?? 'unknown'}, the ledger knows ${pinned.createdAt ?? 'unknown'})`
      : `the plan changed the ${different} of ${now.move} after messages were moved`,
    {
      reason: recreated ? 'target-recreated' : 'plan-edited',
      suggestions: [
        recreated
          ? 'find out what happened to the messages that were in it: the ledger knows them by id'
          : 'restore the plan that was moved with, or plan into a new folder with --dir',
      ],
    },
  )
}
