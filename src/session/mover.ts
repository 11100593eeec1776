import {readFile} from 'node:fs/promises'

import {openArchive} from '../archive/archive.ts'
import {openEventLog} from '../cli/event-log.ts'
import {keepMoverLean} from '../cli/lean-heap.ts'
import {startProgress} from '../cli/progress.ts'
import {MqliftError} from '../errors.ts'
import type {LedgerRun} from '../ledger/ledger.ts'
import {openLedger} from '../ledger/open.ts'
import type {Body} from '../model/artefact.ts'
import type {Deployment} from '../model/deployment.ts'
import type {MigrateEvent} from '../model/events.ts'
import type {Plan} from '../model/plan.ts'
import type {Source} from '../sources/source.ts'
import {migrate, type MigrateOptions, type MigrateOutcome, type MigratePorts} from '../stages/migrate.ts'
import {Bridge, makeTaps} from './bridge.ts'
import {serveControl} from './control-server.ts'
import {defined} from './defined.ts'
import {ledgerRun} from './ledger-run.ts'
import {reading, Sentinels} from './sentinels.ts'
import type {Session} from './session.ts'
import {Steering} from './steering.ts'
import type {Targets} from './targets.ts'

export interface MoveFlags {
  /** Unsaid, mqlift. */
  readonly engine?: 'mqlift' | 'shovel'
  readonly until: 'empty' | 'mark' | 'sentinel'
  readonly bridge?: boolean
  readonly window?: number | undefined
  readonly rate?: number | undefined
  readonly events?: string | undefined
  readonly archive: 'on' | 'off'
  readonly identity?: string | undefined
  readonly quarantine?: boolean
  readonly 'skip-failed'?: boolean
}

export interface MoveInput {
  readonly plan: Body<Plan>
  readonly deployment: Body<Deployment>
  readonly only: (source: string) => boolean
  readonly accepted: ReadonlySet<string>
}

export interface Moved extends MigrateOutcome {
  /** Taps that were read empty and can be removed. */
  readonly emptied?: readonly string[]
}

interface Ports {
  readonly source: Source
  readonly targets: Targets
}

/** Moves what waits, with ledger and archive open and the status line on stderr. */
export async function move(
  session: Session,
  input: MoveInput,
  {source, targets}: Ports,
  flags: MoveFlags,
): Promise<Moved> {
  keepMoverLean()
  const {workspace, talk, now} = session
  await using ledger = await openLedger(workspace.path('ledger.db'), await runOf(session, input, flags), {
    now,
  })
  await using archive = flags.archive === 'on' ? await openArchive(workspace.path('archive')) : null
  using log = openEventLog(flags.events, now, (why) => talk.warn(`no more events are written: ${why}`))
  using progress = await startProgress(talk, now)
  const steering = steeringOf(session, flags)
  // Served while the ledger is held: one run at most answers for a folder.
  await using _control = await serveControl(session, steering)
  const ports = {
    ...portsOf(targets),
    ledger,
    archive,
    paused: () => steering.paused(),
  }
  const options = {
    ...defined({window: flags.window === undefined ? undefined : {messages: flags.window}}),
    ...defined({quarantine: flags.quarantine, skipFailed: flags['skip-failed']}),
    rate: () => steering.rate(),
    now,
    random: () => Math.random(),
    onEvent(event: MigrateEvent) {
      log.event(event)
      progress.event(event)
      steering.event(event)
    },
  }
  return flags.bridge
    ? await bridged(session, input, {source, steering, ports, options})
    : await drained(session, input, {source, steering, ports, options}, flags)
}

interface Run {
  readonly source: Source
  readonly steering: Steering
  readonly ports: Omit<MigratePorts, 'source'>
  readonly options: Omit<MigrateOptions, 'until'>
}

const portsOf = (targets: Targets): Pick<MigratePorts, 'target' | 'count'> => ({
  // By what the target is: a move into a FIFO topic says so as one into a FIFO queue does.
  target: async (planned, resource, stop) =>
    (await targets.platform(resource.platform)).open(planned, resource, stop),
  count: async (resource, stop) => (await targets.platform(resource.platform)).count(resource, stop),
})

/** Until the queues are done. Told to stop, it ends as after Ctrl-C: what is left is taken up by the next run. */
async function drained(
  session: Session,
  input: MoveInput,
  {source, steering, ports, options}: Run,
  {until}: MoveFlags,
): Promise<MigrateOutcome> {
  const sentinels = new Sentinels(session.workspace, session.now)
  const watched = reading(source, (id, how, signal) =>
    readOf(source)(id, sentinels.watching(id, how), signal),
  )
  const stop = AbortSignal.any([session.signal, steering.stopped])
  const outcome = await migrate(input, {...ports, source: watched}, {...options, until}, stop)
  await sentinels.settled()
  if (outcome.outcome !== 'interrupted' || session.signal.aborted) return outcome
  throw new MqliftError('interrupted', 'stopped by mqlift control stop', {
    suggestions: ['run the same command again: it resumes where it stopped'],
  })
}

/** A bridge has no backlog to be fast for, and one that is killed may repeat what was in its window. */
const BRIDGE_WINDOW = {messages: 500}

/** Until it is told to stop, every move at once. */
async function bridged(
  session: Session,
  input: MoveInput,
  {source, steering, ports, options}: Run,
): Promise<Moved> {
  const moves = input.plan.moves.filter((each) => input.only(each.source))
  await makeTaps(session, source, moves)
  using bridge = new Bridge(session, source, moves, steering.stopped)
  const sentinels = new Sentinels(session.workspace, session.now)
  const watched = reading(source, (id, how, signal) => bridge.read(id, sentinels.watching(id, how), signal))
  const lanes = Math.max(1, moves.length)
  const ran = await migrate(
    input,
    {...ports, source: watched},
    {window: BRIDGE_WINDOW, ...options, until: 'never', lanes},
    session.signal,
  )
  const taps = {...input, only: (id: string) => input.only(id) && bridge.isTap(id)}
  // Nothing is bound to them any more: read empty, they can be removed, and the account of their moves is closed.
  const outcome =
    bridge.isEnding && ran.outcome === 'complete'
      ? together(
          ran,
          await migrate(taps, {...ports, source}, {...options, until: 'empty', lanes}, session.signal),
        )
      : ran
  await sentinels.settled()
  const error = bridge.problem ?? outcome.error
  const emptied = bridge.finish(outcome.outcome === 'complete')
  return {...outcome, ...(error && {error}), emptied}
}

/** The second run was about some of the moves of the first. */
function together(first: MigrateOutcome, second: MigrateOutcome): MigrateOutcome {
  const again = new Set(second.lanes.map((lane) => lane.move))
  return {...second, lanes: [...first.lanes.filter((lane) => !again.has(lane.move)), ...second.lanes]}
}

function readOf(source: Source): NonNullable<Source['read']> {
  const read = source.read?.bind(source)
  if (!read) throw new Error('a source that cannot be read')
  return read
}

function steeringOf({runId, now, workspace}: Session, {rate, bridge = false}: MoveFlags): Steering {
  return new Steering({
    run: runId,
    since: new Date(now()).toISOString(),
    bridge,
    rate: rate ?? null,
    pauseFile: () => pauseFile(workspace.path('pause')),
  })
}

async function runOf(
  session: Session,
  {deployment: {caller}}: MoveInput,
  {archive}: MoveFlags,
): Promise<LedgerRun> {
  const {workspace} = session
  const kept = (await workspace.has('archive')) ? 'kept' : 'fresh'
  const archiving = archive === 'off' ? 'off' : kept
  return ledgerRun(session, {plan: await workspace.hash('plan'), archiving, caller})
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
