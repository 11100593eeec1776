import type {EntryState, Outcome} from './ledger.ts'

/** `mqlf`: tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x6d716c66
export const LEDGER_VERSION = 1

/**
 * One row per entry until it is settled and folded. Settled rows older than the fold live in digest segments and
 * in the counters of their lane: 100 M rows would make 15 GB (reliability.md M20).
 * `spent`: its deduplication id was taken over, or its possible duplicate is counted already.
 */
export const SCHEMA = `
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE run(
  id TEXT NOT NULL, at TEXT NOT NULL, tool TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
  command TEXT NOT NULL, caller TEXT, plan TEXT NOT NULL);
CREATE TABLE lane(
  id INTEGER PRIMARY KEY, move TEXT NOT NULL UNIQUE, facts TEXT NOT NULL, start TEXT NOT NULL,
  state TEXT NOT NULL, end_reason TEXT NOT NULL,
  epoch INTEGER NOT NULL, interruptions INTEGER NOT NULL,
  received INTEGER NOT NULL, received_bytes INTEGER NOT NULL, received_sum BLOB NOT NULL,
  folded INTEGER NOT NULL, folded_sum BLOB NOT NULL, absent INTEGER NOT NULL,
  accepted INTEGER NOT NULL, with_id INTEGER NOT NULL, with_md5 INTEGER NOT NULL,
  unknown INTEGER NOT NULL, lost INTEGER NOT NULL, spared INTEGER NOT NULL,
  distrusted INTEGER NOT NULL, counters_reset INTEGER NOT NULL);
CREATE TABLE entry(
  seq INTEGER PRIMARY KEY, lane INTEGER NOT NULL, digest BLOB NOT NULL, bytes INTEGER NOT NULL,
  at INTEGER NOT NULL, grp TEXT, identity TEXT, dedup TEXT,
  epoch INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, spent INTEGER NOT NULL,
  target_id TEXT, md5 TEXT, reason TEXT);
CREATE TABLE event(
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, lane INTEGER NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL,
  duplicates INTEGER NOT NULL);
`

/** As stored in `entry.state`. Frozen. */
export const STATE = {
  claimed: 1,
  sent: 2,
  settled: 3,
  failed: 4,
  doubt: 5,
  quarantined: 6,
} as const satisfies Record<EntryState, number>
const NAMES: readonly EntryState[] = ['claimed', 'sent', 'settled', 'failed', 'doubt', 'quarantined']

export function stateName(code: number): EntryState {
  const name = NAMES[code - 1]
  if (name === undefined) throw new RangeError(`entry state ${code}`)
  return name
}

/** A refusal after an attempt that nobody knows about proves nothing: the message may be there all the same. */
export function stateAfter(outcome: Outcome): number {
  if (outcome.outcome === 'accepted') return STATE.sent
  if (outcome.outcome === 'quarantined') return STATE.quarantined
  return outcome.outcome === 'refused' && outcome.unknownAttempts === 0 ? STATE.failed : STATE.doubt
}
