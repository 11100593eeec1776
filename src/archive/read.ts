import {readdir} from 'node:fs/promises'
import {join} from 'node:path'

import {decodeEnvelope} from '../model/canonical.ts'
import type {Envelope} from '../model/envelope.ts'
import {archiveDamage, segmentNumber, understood} from './format.ts'
import {readManifest} from './manifest.ts'
import {readSegment, type SegmentEnd, type SegmentRecord} from './segment.ts'

export interface ArchivedMessage {
  /** The ledger entry it belongs to. One that was sent again is here once per entry. */
  readonly seq: number
  readonly envelope: Envelope
}

/** Every message, in the order of archiving. Throws MqliftError `input` at the first damage before the open end. */
export async function* readArchive(folder: string): AsyncGenerator<ArchivedMessage> {
  for await (const {seq, envelope} of readRecords(folder)) {
    // The record is a view of a large chunk, which a kept message would keep alive.
    yield {seq, envelope: decodeEnvelope(Buffer.from(envelope))}
  }
}

/** The same, still encoded: head and body as they were digested. */
export async function* readRecords(folder: string): AsyncGenerator<SegmentRecord> {
  const damage: string[] = []
  for await (const record of checkedRecords(folder, damage)) {
    if (damage.length > 0) break
    yield record
  }
  const [first] = damage
  if (first !== undefined) throw archiveDamage(folder, first)
}

/** Reads on after damage and collects what it found: for `ledger check`. */
export async function* checkedRecords(folder: string, damage: string[]): AsyncGenerator<SegmentRecord> {
  const names = await segmentsOf(folder)
  const {lines} = await readManifest(folder)
  const named = new Map(lines.map((line) => [line.segment, line]))
  for (const {segment} of lines) if (!names.includes(segment)) damage.push(`${segment} is missing`)
  for (const [index, name] of names.entries()) {
    const end = yield* readSegment(join(folder, name))
    const wrong = problemOf(end, {last: index === names.length - 1, named: named.get(name)})
    if (wrong !== undefined) damage.push(`${name}: ${wrong}`)
  }
}

async function segmentsOf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names
      .filter((name) => segmentNumber(name) !== undefined)
      .toSorted((a, b) => (segmentNumber(a) ?? 0) - (segmentNumber(b) ?? 0))
  } catch (error) {
    throw understood(error, folder)
  }
}

interface Expected {
  /** Only the last segment may be open, and may end in a torn record. */
  readonly last: boolean
  readonly named: {readonly records: number; readonly sha256: string} | undefined
}

function problemOf(end: SegmentEnd, {last, named}: Expected): string | undefined {
  if (!end.closed) {
    return last && !named
      ? undefined
      : `damaged after record ${end.records}; ${end.torn} bytes cannot be read`
  }
  if (!end.matches) return 'its records are not those it was closed with'
  if (named && (named.records !== end.records || named.sha256 !== end.sha256)) {
    return 'it is not the segment that the manifest names'
  }
  return undefined
}
