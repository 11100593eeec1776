import type {DatabaseSync} from 'node:sqlite'

import {Accounts} from './account.ts'
import {noteArchiving} from './archived.ts'
import type {LedgerRun} from './ledger.ts'
import type {LaneRow} from './rows.ts'
import {STATE} from './schema.ts'

/**
 * What the last opening left behind, in one transaction. Whatever was claimed, or sent and not settled, may have
 * arrived and may come back: counted once, and its epoch is over (I2, I3). Safe to be killed in and to repeat (K9).
 */
export function recover(db: DatabaseSync, run: LedgerRun, now: () => number): void {
  db.exec('BEGIN IMMEDIATE')
  for (const lane of new Accounts(db).lanes()) recoverLane(db, lane, new Date(now()).toISOString())
  db.prepare('INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
    ...([run.id, run.at, run.tool, run.host, run.pid] as const),
    ...([run.command.join('\0'), run.caller, run.plan] as const),
  )
  noteArchiving(db, run.archiving ?? 'kept')
  db.exec('COMMIT')
}

/** The lane of one move; inside a transaction. */
export function recoverLane(db: DatabaseSync, {id, epoch, state, interruptions}: LaneRow, at: string): void {
  const row = db
    .prepare(
      `SELECT count(*) AS entries FROM entry
       WHERE lane = ? AND epoch = ? AND spent = 0 AND state IN (${STATE.claimed}, ${STATE.sent})`,
    )
    .get(id, epoch)
  const mayComeBack = Number(row?.['entries'])
  const crashed = state === 'running'
  if (crashed || mayComeBack > 0) {
    const reason = crashed ? 'mqlift ended without finishing' : 'acknowledgements were not seen to be applied'
    db.prepare('INSERT INTO event(at, lane, type, reason, duplicates) VALUES (?, ?, ?, ?, ?)').run(
      ...([at, id, crashed ? 'crash' : 'unsettled', reason, mayComeBack] as const),
    )
  }
  db.prepare(
    `UPDATE entry SET state = ${STATE.doubt}, reason = 'sent or not: mqlift ended before the answer was recorded'
     WHERE lane = ? AND state = ${STATE.claimed}`,
  ).run(id)
  db.prepare('UPDATE lane SET epoch = ?, interruptions = ?, state = ? WHERE id = ?').run(
    ...([epoch + 1, interruptions + (crashed ? 1 : 0), crashed ? 'interrupted' : state, id] as const),
  )
}
