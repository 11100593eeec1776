import type {DatabaseSync} from 'node:sqlite'

import {STATE} from './schema.ts'

/** Everything the lanes write, in plain sight. Prepared once. */
export function prepare(db: DatabaseSync) {
  return {
    insertEntry: db.prepare(
      `INSERT INTO entry(seq, lane, digest, bytes, at, grp, identity, dedup, epoch, state, attempts, spent, reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)`,
    ),
    /** A failed entry whose message came back: the same message, so the same entry. */
    reclaim: db.prepare('UPDATE entry SET epoch = ?, state = ?, reason = ?, spent = 0 WHERE seq = ?'),
    /** A sent entry whose message came back and is not sent again. */
    carry: db.prepare('UPDATE entry SET epoch = ?, spent = 0 WHERE seq = ?'),
    spend: db.prepare('UPDATE entry SET spent = 1 WHERE seq = ?'),
    accepted: db.prepare(
      `UPDATE entry SET state = ${STATE.sent}, attempts = attempts + ?, target_id = ?, md5 = ? WHERE seq = ?`,
    ),
    notAccepted: db.prepare('UPDATE entry SET state = ?, attempts = attempts + ?, reason = ? WHERE seq = ?'),
    settle: db.prepare(
      `UPDATE entry SET state = ${STATE.settled} WHERE seq BETWEEN ? AND ? AND lane = ? AND state = ${STATE.sent}`,
    ),
    forget: db.prepare(
      `DELETE FROM entry WHERE seq BETWEEN ? AND ? AND lane = ? AND state = ${STATE.settled}`,
    ),
    settleAbsent: db.prepare(
      `UPDATE entry SET state = ${STATE.settled} WHERE lane = ? AND state = ${STATE.sent} AND epoch < ?`,
    ),
    countLane: db.prepare(
      `UPDATE lane SET received_sum = ?, received = received + ?, received_bytes = received_bytes + ?,
         accepted = accepted + ?, with_id = with_id + ?, with_md5 = with_md5 + ?,
         unknown = unknown + ?, lost = lost + ?, spared = spared + ?, absent = absent + ? WHERE id = ?`,
    ),
    fold: db.prepare('UPDATE lane SET folded = folded + ?, folded_sum = ? WHERE id = ?'),
    state: db.prepare('UPDATE lane SET state = ?, end_reason = ? WHERE id = ?'),
    epoch: db.prepare('UPDATE lane SET epoch = ?, interruptions = ? WHERE id = ?'),
    distrust: db.prepare('UPDATE lane SET distrusted = 1 WHERE id = ?'),
    countersReset: db.prepare('UPDATE lane SET counters_reset = 1 WHERE id = ?'),
    event: db.prepare('INSERT INTO event(at, lane, type, reason, duplicates) VALUES (?, ?, ?, ?, ?)'),
    meta: db.prepare('INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)'),
    insertLane: db.prepare(
      `INSERT INTO lane(move, facts, start, state, end_reason, epoch, interruptions, received, received_bytes,
         received_sum, folded, folded_sum, absent, accepted, with_id, with_md5, unknown, lost, spared, distrusted,
         counters_reset)
       VALUES (?, ?, ?, 'new', '', 1, 0, 0, 0, zeroblob(32), 0, zeroblob(32), 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
    ),
    insertRun: db.prepare('INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  }
}

export type Statements = ReturnType<typeof prepare>
