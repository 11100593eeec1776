import type {DatabaseSync} from 'node:sqlite'

import type {EntryRow, EntryState, LedgerEvent, LedgerRun, MoveAccount} from './ledger.ts'
import {MultisetSum} from './multiset.ts'
import {columns, laneRow, type LaneRow} from './rows.ts'
import {STATE, stateName} from './schema.ts'

const {numberOf, textOf, textOrNull, bytesOf} = columns

/** Everything that can be asked of a ledger, whoever has it open. */
export class Accounts {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  all(): MoveAccount[] {
    return this.lanes().map((lane) => this.#account(lane))
  }

  of(move: string): MoveAccount | undefined {
    const row = this.#db.prepare('SELECT * FROM lane WHERE move = ?').get(move)
    return row && this.#account(laneRow(row))
  }

  lanes(): LaneRow[] {
    return this.#db.prepare('SELECT * FROM lane ORDER BY id').all().map(laneRow)
  }

  runs(): LedgerRun[] {
    return this.#db.prepare('SELECT * FROM run ORDER BY rowid').all().map(runOf)
  }

  events(move?: string): LedgerEvent[] {
    return this.#db
      .prepare(
        `SELECT event.*, lane.move FROM event JOIN lane ON lane.id = event.lane
         WHERE ?1 IS NULL OR lane.move = ?1 ORDER BY event.id`,
      )
      .all(move ?? null)
      .map((row) => ({
        at: textOf(row, 'at'),
        move: textOf(row, 'move'),
        type: textOf(row, 'type'),
        reason: textOf(row, 'reason'),
        possibleDuplicates: numberOf(row, 'duplicates'),
      }))
  }

  *entries(move: string, state?: EntryState): Generator<EntryRow> {
    const rows = this.#db
      .prepare(
        `SELECT entry.*, lane.move FROM entry JOIN lane ON lane.id = entry.lane
         WHERE lane.move = ?1 AND (?2 IS NULL OR entry.state = ?2) ORDER BY seq`,
      )
      .iterate(move, state === undefined ? null : STATE[state])
    for (const row of rows) yield entryRow(row)
  }

  meta(name: string): unknown {
    return this.#db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.['value']
  }

  #account(lane: LaneRow): MoveAccount {
    const counts = this.#counts(lane.id)
    const of = (state: EntryState): number => counts.get(STATE[state]) ?? 0
    return {
      ...lane.facts,
      state: lane.state,
      endReason: lane.endReason,
      start: lane.start,
      received: lane.received,
      receivedBytes: lane.receivedBytes,
      settled: lane.folded + of('settled'),
      failed: of('failed'),
      doubt: of('doubt'),
      quarantined: of('quarantined'),
      open: {claimed: of('claimed'), sent: of('sent')},
      settledByAbsence: lane.absent,
      accepted: lane.accepted,
      withTargetId: lane.withTargetId,
      withMd5: lane.withMd5,
      possibleDuplicates: this.#possibleDuplicates(lane),
      interruptions: lane.interruptions,
      countersReset: lane.countersReset,
      digests: {
        received: MultisetSum.from(lane.receivedSum).toHex(),
        buckets: this.#bucketSum(lane).toHex(),
      },
      reasons: this.#reasons(lane.id),
    }
  }

  #counts(lane: number): Map<number, number> {
    const rows = this.#db
      .prepare('SELECT state, count(*) AS entries FROM entry WHERE lane = ? GROUP BY state')
      .all(lane)
    return new Map(rows.map((row) => [numberOf(row, 'state'), numberOf(row, 'entries')]))
  }

  /** I3: everything unsettled at an interruption, every attempt with an unknown outcome, every ack that was lost. */
  #possibleDuplicates({id, unknown, lost, spared}: LaneRow): number {
    const row = this.#db
      .prepare('SELECT coalesce(sum(duplicates), 0) AS duplicates FROM event WHERE lane = ?')
      .get(id)
    return (row ? numberOf(row, 'duplicates') : 0) + unknown + lost - spared
  }

  #bucketSum({id, foldedSum}: LaneRow): MultisetSum {
    const sum = MultisetSum.from(foldedSum)
    for (const row of this.#db.prepare('SELECT digest FROM entry WHERE lane = ?').iterate(id)) {
      sum.add(bytesOf(row, 'digest'))
    }
    return sum
  }

  #reasons(lane: number): Record<string, number> {
    const rows = this.#db
      .prepare(
        `SELECT reason, count(*) AS entries FROM entry
         WHERE lane = ? AND reason IS NOT NULL AND state IN (${STATE.failed}, ${STATE.doubt}, ${STATE.quarantined})
         GROUP BY reason`,
      )
      .all(lane)
    return Object.fromEntries(rows.map((row) => [textOf(row, 'reason'), numberOf(row, 'entries')]))
  }
}

function runOf(row: Record<string, unknown>): LedgerRun {
  return {
    id: textOf(row, 'id'),
    at: textOf(row, 'at'),
    tool: textOf(row, 'tool'),
    host: textOf(row, 'host'),
    pid: numberOf(row, 'pid'),
    command: textOf(row, 'command').split('\0'),
    caller: textOrNull(row, 'caller'),
    plan: textOf(row, 'plan'),
  }
}

function entryRow(row: Record<string, unknown>): EntryRow {
  return {
    seq: numberOf(row, 'seq'),
    move: textOf(row, 'move'),
    state: stateName(numberOf(row, 'state')),
    digest: bytesOf(row, 'digest'),
    bytes: numberOf(row, 'bytes'),
    group: textOrNull(row, 'grp'),
    identity: textOrNull(row, 'identity'),
    attempts: numberOf(row, 'attempts'),
    targetId: textOrNull(row, 'target_id'),
    reason: textOrNull(row, 'reason'),
  }
}
