import {readFile} from 'node:fs/promises'

import {openArchive} from '../archive/archive.ts'
import {openEventLog} from '../cli/event-log.ts'
import {keepMoverLean} from '../cli/lean-heap.ts'
import {startProgress} from '../cli/progress.ts'
import {openLedger} from '../ledger/open.ts'
import type {Body} from '../model/artefact.ts'
import type {Deployment} from '../model/deployment.ts'
import type {Plan} from '../model/plan.ts'
import type {Source} from '../sources/source.ts'
import {migrate, type MigrateOutcome} from '../stages/migrate.ts'
import {defined} from './defined.ts'
import type {Session} from './session.ts'
import type {Targets} from './targets.ts'

export interface MoveFlags {
  readonly until: 'empty' | 'mark'
  readonly window?: number | undefined
  readonly rate?: number | undefined
  readonly events?: string | undefined
  readonly archive: 'on' | 'off'
  readonly identity?: string | undefined
}

export interface MoveInput {
  readonly plan: Body<Plan>
  readonly deployment: Body<Deployment>
  readonly only: (source: string) => boolean
  readonly accepted: ReadonlySet<string>
}

/** Moves what waits, with ledger and archive open and the status line on stderr. */
export async function move(
  session: Session,
  input: MoveInput,
  ports: {readonly source: Source; readonly targets: Targets},
  flags: MoveFlags,
): Promise<MigrateOutcome> {
  keepMoverLean()
  const {workspace, talk, now, signal} = session
  const {source, targets} = ports
  await using ledger = await openLedger(workspace.path('ledger.db'), await ledgerRun(session, input, flags), {
    now,
  })
  await using archive = flags.archive === 'on' ? await openArchive(workspace.path('archive')) : null
  using log = openEventLog(flags.events, now, (why) => talk.warn(`no more events are written: ${why}`))
  using progress = await startProgress(talk, now)
  return await migrate(
    input,
    {
      source,
      target: async (planned, resource, stop) =>
        (await targets.platform(planned.platform)).open(planned, resource, stop),
      count: async (resource, stop) => (await targets.platform(resource.platform)).count(resource, stop),
      ledger,
      archive,
      paused: () => pauseFile(workspace.path('pause')),
    },
    {
      until: flags.until,
      ...defined({window: flags.window === undefined ? undefined : {messages: flags.window}}),
      rate: () => flags.rate ?? null,
      now,
      random: () => Math.random(),
      onEvent(event) {
        log.event(event)
        progress.event(event)
      },
    },
    signal,
  )
}

async function ledgerRun(session: Session, {deployment}: MoveInput, {archive}: MoveFlags) {
  const {runId: id, tool, host, command, workspace, now} = session
  const at = new Date(now()).toISOString()
  const plan = await workspace.hash('plan')
  const kept = (await workspace.has('archive')) ? 'kept' : 'fresh'
  const archiving = archive === 'off' ? 'off' : kept
  return {id, at, tool, host, pid: process.pid, command, caller: deployment.caller, plan, archiving} as const
}

/** Its content, when somebody wrote why, is the reason shown. */
async function pauseFile(path: string): Promise<string | null> {
  try {
    const why = (await readFile(path, 'utf8')).trim()
    return why === '' ? `paused: ${path} exists` : `paused: ${why}`
  } catch {
    return null
  }
}
