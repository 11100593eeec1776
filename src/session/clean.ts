import {lstat, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'

import {filesOf} from '../ledger/place.ts'
import type {Session} from './session.ts'

/** Something in the folder that holds, or may hold, what was in the messages (SEC-54). */
export interface Holding {
  readonly path: string
  readonly what: string
  readonly bytes: number
}

const ARCHIVE = 'every moved message as it left the broker: body, headers, properties'
const TAKEN_BACK = 'messages as they left the targets, on their way back'
const REHEARSAL = 'copies of messages, of a rehearsal that is under way or was killed'
const LEDGER = 'digests, sizes and identities of messages, no bodies'

/** What holds message data; the ledger, which is the proof, only when it was asked for. */
export async function holdings({workspace}: Session, withLedger: boolean): Promise<Holding[]> {
  const ledgers = withLedger ? ['ledger.db', 'rollback/ledger.db'] : []
  const ledger = ledgers.flatMap((name) => filesOf(workspace.path(name)))
  const candidates = [
    {path: workspace.path('archive'), what: ARCHIVE},
    {path: workspace.path('rollback/archive'), what: TAKEN_BACK},
    {path: workspace.path('rehearsal'), what: REHEARSAL},
    ...ledger.map((path) => ({path, what: LEDGER})),
  ]
  const found = await Promise.all(
    candidates.map(async (candidate) => ({...candidate, bytes: await sizeOf(candidate.path)})),
  )
  return found.flatMap(({bytes, ...holding}) => (bytes === undefined ? [] : [{...holding, bytes}]))
}

export async function remove(found: readonly Holding[]): Promise<void> {
  for (const {path} of found) await rm(path, {recursive: true})
}

/** Undefined when there is no such file. Links count as themselves. */
async function sizeOf(path: string): Promise<number | undefined> {
  const entry = await lstat(path).catch(() => undefined)
  if (!entry?.isDirectory()) return entry?.size
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))))
  return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)
}
