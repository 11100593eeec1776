import type {DatabaseSync} from 'node:sqlite'

import {z} from 'zod'

import {Accounts} from './account.ts'

/** Numbers of entries, `to` not included; null = until now. */
const Archived = z.array(z.object({from: z.number(), to: z.number().nullable()}))
export type Archived = z.infer<typeof Archived>

/** What a run does with the archive. `fresh`: there was none any more, so it holds nothing from before. */
export type Archiving = 'kept' | 'fresh' | 'off'

const NAME = 'archived'

/** Which entries the archive was open for. What was moved with `--archive off` is not missing there. */
export function archivedIn(accounts: Accounts): Archived {
  const known = accounts.meta(NAME)
  return typeof known === 'string' ? Archived.parse(JSON.parse(known)) : [{from: 1, to: null}]
}

export const wasArchived = (archived: Archived, seq: number): boolean =>
  archived.some(({from, to}) => seq >= from && (to === null || seq < to))

/** Inside the transaction that opens a run. */
export function noteArchiving(db: DatabaseSync, archiving: Archiving): void {
  const accounts = new Accounts(db)
  const next = nextSeq(db, accounts)
  const before = archiving === 'fresh' ? [] : archivedIn(accounts)
  const closed = before.map(({from, to}) => ({from, to: to ?? next}))
  const after = archiving === 'off' ? closed : [...closed, {from: next, to: null}]
  store(db, joined(after))
}

/** An entry from before that is sent now, while the archive is off: it will not be there. Inside a transaction. */
export function leaveOut(db: DatabaseSync, seq: number): void {
  const ranges = archivedIn(new Accounts(db)).flatMap(({from, to}) =>
    seq < from || (to !== null && seq >= to)
      ? [{from, to}]
      : [
          {from, to: seq},
          {from: seq + 1, to},
        ],
  )
  store(
    db,
    ranges.filter(({from, to}) => to === null || from < to),
  )
}

function store(db: DatabaseSync, ranges: Archived): void {
  db.prepare('INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)').run(NAME, JSON.stringify(ranges))
}

/** Runs that follow each other make one range. */
function joined(ranges: Archived): Archived {
  return ranges.reduce<Archived>((all, range) => {
    const last = all.at(-1)
    return last?.to === range.from ? [...all.slice(0, -1), {from: last.from, to: range.to}] : [...all, range]
  }, [])
}

/** Of the entry that is received next. */
export function nextSeq(db: DatabaseSync, accounts: Accounts): number {
  const last = db.prepare('SELECT max(seq) AS last FROM entry').get()?.['last']
  return Math.max(Number(accounts.meta('next_seq')), Number(last ?? 0) + 1)
}
