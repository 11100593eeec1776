import {sourceIdOf} from '../model/canonical.ts'
import {archiveDamage} from './format.ts'
import {Positions} from './positions.ts'
import {checkedRecords} from './read.ts'

/** What an archive holds, by destination, without its messages. */
export interface Contents {
  readonly folder: string
  /** Files of the segments, as the positions count them. */
  readonly segments: readonly string[]
  readonly destinations: ReadonlyMap<string, Positions>
}

/** Which records count: by the number of their entry. */
export type Counts = (seq: number) => boolean

/** Reads the archive through once, checking it. Throws MqliftError `input` when a part of it is damaged. */
export async function contentsOf(folder: string, counts: Counts): Promise<Contents> {
  const segments: string[] = []
  const destinations = new Map<string, Positions>()
  const damage: string[] = []
  for await (const {seq, envelope, path, at} of checkedRecords(folder, damage)) {
    if (segments.at(-1) !== path) segments.push(path)
    if (!counts(seq)) continue
    const id = sourceIdOf(envelope)
    const known = destinations.get(id) ?? new Positions()
    destinations.set(id, known)
    known.add({seq, segment: segments.length - 1, at}, envelope.length)
  }
  const [first] = damage
  if (first !== undefined) throw archiveDamage(folder, first)
  return {folder, segments, destinations}
}
