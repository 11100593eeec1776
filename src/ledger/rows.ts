import {LaneFacts, LaneStart, LaneState} from './ledger.ts'

/**
 * What the tables hold, column by column. A ledger is a file like any other: what comes from it is checked (SEC-34).
 */
export interface LaneRow {
  readonly id: number
  readonly move: string
  readonly facts: LaneFacts
  readonly start: LaneStart
  readonly state: LaneState
  readonly endReason: string
  readonly epoch: number
  readonly interruptions: number
  readonly received: number
  readonly receivedBytes: number
  readonly receivedSum: Buffer
  readonly folded: number
  readonly foldedSum: Buffer
  readonly absent: number
  readonly accepted: number
  readonly withTargetId: number
  readonly withMd5: number
  readonly unknown: number
  readonly lost: number
  readonly spared: number
  readonly distrusted: boolean
  readonly countersReset: boolean
}

type Raw = Record<string, unknown>

const numberOf = (row: Raw, name: string): number => Number(row[name])
const textOf = (row: Raw, name: string): string => String(row[name])
const textOrNull = (row: Raw, name: string): string | null => (row[name] === null ? null : textOf(row, name))
const bytesOf = (row: Raw, name: string): Buffer => {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} holds no bytes`)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

export function laneRow(row: Raw): LaneRow {
  return {
    id: numberOf(row, 'id'),
    move: textOf(row, 'move'),
    facts: LaneFacts.parse(JSON.parse(textOf(row, 'facts'))),
    start: LaneStart.parse(JSON.parse(textOf(row, 'start'))),
    state: LaneState.parse(row['state']),
    endReason: textOf(row, 'end_reason'),
    epoch: numberOf(row, 'epoch'),
    interruptions: numberOf(row, 'interruptions'),
    received: numberOf(row, 'received'),
    receivedBytes: numberOf(row, 'received_bytes'),
    receivedSum: bytesOf(row, 'received_sum'),
    folded: numberOf(row, 'folded'),
    foldedSum: bytesOf(row, 'folded_sum'),
    absent: numberOf(row, 'absent'),
    accepted: numberOf(row, 'accepted'),
    withTargetId: numberOf(row, 'with_id'),
    withMd5: numberOf(row, 'with_md5'),
    unknown: numberOf(row, 'unknown'),
    lost: numberOf(row, 'lost'),
    spared: numberOf(row, 'spared'),
    distrusted: numberOf(row, 'distrusted') === 1,
    countersReset: numberOf(row, 'counters_reset') === 1,
  }
}

/** An entry as a lane keeps it in memory while its message is not settled. */
export interface OpenEntry {
  readonly seq: number
  readonly digest: Buffer
  epoch: number
  state: number
  readonly identity: string | undefined
  readonly dedupId: string | undefined
  /** Its deduplication id was taken over, or its possible duplicate is counted. */
  spent: boolean
}

export function openEntry(row: Raw): OpenEntry {
  return {
    seq: numberOf(row, 'seq'),
    digest: bytesOf(row, 'digest'),
    epoch: numberOf(row, 'epoch'),
    state: numberOf(row, 'state'),
    identity: textOrNull(row, 'identity') ?? undefined,
    dedupId: textOrNull(row, 'dedup') ?? undefined,
    spent: numberOf(row, 'spent') === 1,
  }
}

export const columns = {numberOf, textOf, textOrNull, bytesOf}
