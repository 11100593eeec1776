import {lstat, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'

import {ours} from '../cli/shell.ts'
import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {LedgerReader} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import {filesOf} from '../ledger/place.ts'
import {openForward} from './forward-ledger.ts'
import {remembered} from './rehearsal/scratch.ts'
import {goneOf, waitingInArchive} from './retry-archive.ts'
import type {Session} from './session.ts'

export interface CleanFlags {
  readonly ledger: boolean
  readonly 'quarantined-too': boolean
}

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
const NUMBERED = 'which messages of the ledger came back or were tried again, no bodies'

/** They name entries by number, and the next ledger counts from 1 again: left behind, they would hide its messages. */
const NUMBERED_FILES = [
  'rollback/taken.log',
  'rollback/removed.jsonl',
  'retry/taken.log',
  'retry/pending.json',
]

/** What holds message data; the ledger, which is the proof, only when it was asked for. */
export async function holdings({workspace}: Session, withLedger: boolean): Promise<Holding[]> {
  const ledgers = withLedger ? ['ledger.db', 'rollback/ledger.db'] : []
  const ledger = ledgers.flatMap((name) => filesOf(workspace.path(name)))
  const numbered = withLedger ? NUMBERED_FILES.map((name) => workspace.path(name)) : []
  const candidates = [
    {path: workspace.path('archive'), what: ARCHIVE},
    {path: workspace.path('rollback/archive'), what: TAKEN_BACK},
    {path: workspace.path('rehearsal'), what: REHEARSAL},
    // Before the ledger and after the archive: whoever is killed in between repeats nothing.
    ...numbered.map((path) => ({path, what: NUMBERED})),
    ...ledger.map((path) => ({path, what: LEDGER})),
  ]
  const found = await Promise.all(
    candidates.map(async (candidate) => ({...candidate, bytes: await sizeOf(candidate.path)})),
  )
  return found.flatMap(({bytes, ...holding}) => (bytes === undefined ? [] : [{...holding, bytes}]))
}

/** Why `--execute` would remove nothing. Reads only. */
export async function refusalToClean(session: Session, flags: CleanFlags): Promise<MqliftError | undefined> {
  if (!(await session.workspace.has('ledger.db'))) return await losing(session, undefined, flags)
  await using ledger = await readLedger(session.workspace.path('ledger.db'))
  return await losing(session, ledger, flags)
}

/** The ledger is held meanwhile: nothing is removed under a run, and none begins. */
export async function removeHoldings(session: Session, flags: CleanFlags): Promise<void> {
  // Where there is none, nothing was moved, and nothing can be set aside.
  const moved = await session.workspace.has('ledger.db')
  await using ledger = moved ? await openForward(session) : undefined
  const refusal = await losing(session, ledger, flags)
  if (refusal) throw refusal
  // Looked for again: opening the ledger made files beside it.
  for (const {path} of await holdings(session, flags.ledger)) await rm(path, {recursive: true, force: true})
}

/** What nobody could find again. */
async function losing(
  session: Session,
  ledger: LedgerReader | undefined,
  {ledger: withLedger, 'quarantined-too': quarantinedToo}: CleanFlags,
): Promise<MqliftError | undefined> {
  const scratch = await remembered(session)
  if (scratch !== undefined && scratch.steps.length > 0) return scratchThere(session, scratch.steps)
  if (ledger === undefined || quarantinedToo || !(await session.workspace.has('archive'))) return undefined
  const gone = await goneOf(session.workspace)
  const only = ledger.accounts().flatMap((account) => waitingInArchive(ledger, account, gone)).length
  return only === 0 ? undefined : onlyThere(session, only, withLedger)
}

const scratchThere = (session: Session, steps: readonly {readonly name: string}[]): MqliftError =>
  new MqliftError(
    'refused',
    `a rehearsal is under way or was killed: ${counted(steps.length, 'scratch resource')} may hold copies of messages, and only ${session.workspace.path('rehearsal')} names them`,
    {
      reason: 'rehearsal-left',
      suggestions: [
        `${ours(session, 'migrate', '--rehearse', '--execute')}: it removes them first`,
        `or remove them by hand, and then that folder: ${steps.map(({name}) => name).join(', ')}`,
      ],
    },
  )

const onlyThere = (session: Session, count: number, withLedger: boolean): MqliftError =>
  new MqliftError(
    'refused',
    `${counted(count, 'quarantined message')} would be lost: only the archive has them`,
    {
      reason: 'only-in-archive',
      suggestions: [
        `send them first: ${ours(session, 'retry')}`,
        `or bring them back: ${ours(session, 'rollback', '--state=quarantined')}`,
        `or give them up: ${ours(session, 'clean', ...(withLedger ? ['--ledger'] : []), '--quarantined-too', '--execute')}`,
      ],
    },
  )

/** Undefined when there is no such file. Links count as themselves. */
async function sizeOf(path: string): Promise<number | undefined> {
  const entry = await lstat(path).catch(() => undefined)
  if (!entry?.isDirectory()) return entry?.size
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))))
  return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)
}
