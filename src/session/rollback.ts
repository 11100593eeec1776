import {openArchive} from '../archive/archive.ts'
import {ArchiveSource} from '../archive/source.ts'
import {Taken} from '../archive/taken.ts'
import type {Obstacles} from '../cli/render/plan.ts'
import {ours} from '../cli/shell.ts'
import {MqliftError} from '../errors.ts'
import type {Ledger, LedgerReader} from '../ledger/ledger.ts'
import {openLedger, readLedger} from '../ledger/open.ts'
import type {Body} from '../model/artefact.ts'
import type {Loss} from '../model/plan.ts'
import type {Rollback} from '../model/rollback.ts'
import {renderRollback} from '../report/rollback-markdown.ts'
import type {Source} from '../sources/source.ts'
import {checkLedger} from '../stages/check-ledger.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {makeFolder} from '../workspace/files.ts'
import {Workspace} from '../workspace/workspace.ts'
import type {SourceFlags} from './broker.ts'
import {
  type AtTargets,
  type CutBack,
  cutBackGuards,
  type CutBackFlags,
  lookAtTargets,
  openCutBack,
  waitingAt,
} from './cut-back.ts'
import {acceptedIds, decide, withAcceptances} from './decide.ts'
import {openForward} from './forward-ledger.ts'
import {type LaneFlags, moveBack} from './lanes.ts'
import {damaged} from './ledger-check.ts'
import {ledgerRun} from './ledger-run.ts'
import {oldBroker, type OpenBroker, openOldBroker, refuseOther} from './old-broker.ts'
import {setAsideAgain} from './retry-archive.ts'
import {
  CANNOT_COME_BACK,
  deploymentBack,
  type Incoming,
  lossesBack,
  type OldBroker,
  planBack,
  type WayBack,
} from './rollback-plan.ts'
import {incomingOf, withDepths} from './rollback-room.ts'
import {afterwards, type Survey, type SurveyFlags, surveyOf, TAKEN} from './rollback-survey.ts'
import {unfinishedBack, verifyBack} from './rollback-verify.ts'
import type {Session} from './session.ts'
import {spare} from './spare.ts'

export interface RollbackFlags extends SurveyFlags, SourceFlags, LaneFlags, CutBackFlags {
  readonly execute: boolean
  readonly accept?: readonly string[] | undefined
}

export interface Described {
  readonly body: Body<Rollback>
  readonly obstacles: Obstacles
}

/** What `rollback` would do. Reads only; with `--with-new` it asks the targets how much waits there. */
export async function describeRollback(
  session: Session,
  flags: RollbackFlags,
  given: readonly string[],
): Promise<Described> {
  const {workspace, talk} = session
  talk.say('reading the ledger and the archive')
  await using ledger = await readLedger(workspace.path('ledger.db'))
  const survey = await surveyOf(session, ledger, flags)
  const broker = await oldBroker(session, given)
  for (const {source, state} of survey.accounts)
    if (state === 'running')
      talk.warn(`${source}: its move is running, or was killed: a rollback is refused while it runs`)
  const targets = await lookAtTargets(session, survey.accounts, flags)
  const body = bodyOf(session, {survey, broker, flags, targets})
  const losses = await lossesOf(session, incomingOf(survey.destinations, waitingAt(targets), flags))
  const others = await cutBackGuards(session, survey, targets)
  return {body, obstacles: {open: [], unaccepted: unaccepted(losses), others}}
}

interface Known {
  readonly survey: Survey
  readonly broker: OldBroker
  readonly flags: RollbackFlags
  readonly targets: AtTargets
}

function bodyOf(
  session: Session,
  {survey, broker, flags, targets}: Known,
  result?: Artefact<'verification'>,
): Body<Rollback> {
  const waiting = waitingAt(targets)
  return {
    at: new Date(session.now()).toISOString(),
    executed: result !== undefined,
    broker: broker.address,
    withNew: flags['with-new'] ?? null,
    leaveConsumed: flags['leave-consumed'] ?? false,
    destinations: survey.destinations.map((one) => ({...one, atTarget: waiting.get(one.target) ?? null})),
    notBack: [...survey.notBack],
    cannotComeBack: [...CANNOT_COME_BACK],
    proof: result?.proof ?? null,
    total: result?.total ?? null,
  }
}

/** The lanes that read the archive. */
const archiveWays = ({destinations}: Survey): WayBack[] =>
  destinations
    .filter(({archived}) => Object.values(archived).some((messages) => messages > 0))
    .map(({id, waiting, bytes}) => ({source: id, queue: id, messages: waiting, bytes}))

async function lossesOf({workspace}: Session, incoming: readonly Incoming[]): Promise<Loss[]> {
  const losses = lossesBack(incoming, await workspace.previous('inventory'))
  return withAcceptances({losses}, await readDecisions(workspace)).losses
}

const unaccepted = (losses: readonly Loss[]): Loss[] => losses.filter(({acceptedBy}) => acceptedBy === null)

export interface RolledBack {
  readonly rollback: Artefact<'rollback'>
  readonly verification: Artefact<'verification'>
  readonly problem: MqliftError | undefined
}

/**
 * The forward ledger is held for as long as it takes: while it is, nothing is moved from this folder, and while
 * something is moved, nothing comes back.
 */
export async function runRollback(
  session: Session,
  flags: RollbackFlags,
  given: readonly string[],
): Promise<RolledBack> {
  const {workspace, talk} = session
  await decide(session, {accept: flags.accept})
  talk.say('reading the ledger and the archive')
  await using forward = await openForward(session)
  await setAsideAgain(session, forward)
  await assertSound(session, forward)
  const survey = await surveyOf(session, forward, flags)
  const old = await oldBroker(session, given)
  const known = {survey, broker: old, flags, targets: await lookAtTargets(session, survey.accounts, flags)}
  await refuseGuarded(session, known)
  await using broker = await openOldBroker(session, flags, given)
  await refuseOther(session, old, broker)
  const losses = await refuseLosses(session, known, broker)
  const folder = new Workspace(workspace.path('rollback'))
  await makeFolder(folder.dir)
  await using taken = await Taken.open(workspace.path(TAKEN))
  await using cut = await openCutBack(session, {forward, survey, taken, folder}, flags)
  const running = {...known, losses, open: broker, taken, cut, folder, forward}
  const outcome = await moveAll(session, running)
  if (outcome.outcome === 'interrupted') session.signal.throwIfAborted()
  // Awaited here: everything it reads is closed when this function ends.
  return await conclude(session, running, outcome)
}

async function refuseGuarded(session: Session, {survey, targets}: Known): Promise<void> {
  const [guard] = await cutBackGuards(session, survey, targets)
  if (guard)
    throw new MqliftError('refused', guard.because, {
      reason: guard.reason,
      suggestions: [guard.suggestion],
    })
}

/** Nothing is taken from a target before somebody accepted what the old queue would not keep of it. */
async function refuseLosses(
  session: Session,
  {survey, flags, targets}: Known,
  {source}: OpenBroker,
): Promise<Loss[]> {
  const incoming = incomingOf(survey.destinations, waitingAt(targets), flags)
  const inventory = await session.workspace.previous('inventory')
  const losses = await lossesOf(session, await withDepths(incoming, inventory, source))
  const [loss] = unaccepted(losses)
  if (loss) throw notAccepted(session, loss)
  return losses
}

interface Running extends Known {
  /** Accepted, all of them. */
  readonly losses: readonly Loss[]
  readonly open: OpenBroker
  readonly taken: Taken
  readonly cut: CutBack
  readonly folder: Workspace
  readonly forward: LedgerReader
}

/** First what waits at the targets, then what the archive has beside it: a message comes from one of the two. */
async function moveAll(session: Session, running: Running): Promise<MigrateOutcome> {
  const {survey, cut, flags, taken, forward, folder} = running
  const ways = archiveWays(survey)
  await writeWays(session, running, [...cut.ways, ...ways])
  const first = await phase(session, running, {ways: cut.ways, source: cut.source, archives: true})
  await spare(survey, {forward, taken, folder})
  if (first.outcome !== 'complete' || flags['leave-consumed']) return first
  const {contents, wanted} = survey
  const source = new ArchiveSource({contents, taken, wanted, identity: 'entry', counters: true})
  const second = await phase(session, running, {ways, source, archives: false})
  return {...second, lanes: [...first.lanes, ...second.lanes]}
}

/** Of both phases: an account is compared with the whole. */
async function writeWays(
  session: Session,
  {broker, losses, folder}: Running,
  ways: readonly WayBack[],
): Promise<void> {
  if (ways.length === 0) return
  await folder.write('plan', planBack(ways, broker, losses), [])
  await folder.write('deployment', deploymentBack(ways, broker, by(session)), ['plan'])
}

const by = ({now, user}: Session): {now: string; caller: string} => ({
  now: new Date(now()).toISOString(),
  caller: user,
})

interface Phase {
  readonly ways: readonly WayBack[]
  readonly source: Source
  /** What is read is in no archive yet. */
  readonly archives: boolean
}

async function phase(
  session: Session,
  {broker, losses, folder, open, flags}: Running,
  {ways, source, archives}: Phase,
): Promise<MigrateOutcome> {
  if (ways.length === 0) return {outcome: 'complete', lanes: []}
  const {workspace, now} = session
  const accepted = acceptedIds(await readDecisions(workspace))
  const plan = planBack(ways, broker, losses)
  const deployment = deploymentBack(ways, broker, by(session))
  await using ledger = await openBack(session, folder, archives ? 'kept' : 'off')
  await using archive = archives ? await openArchive(folder.path('archive'), {now}) : null
  return await moveBack(session, {plan, deployment, accepted, source, broker: open, ledger, archive}, flags)
}

async function conclude(session: Session, running: Running, outcome: MigrateOutcome): Promise<RolledBack> {
  const {folder, flags, taken} = running
  const survey = afterwards(running.survey, taken)
  const verification = await verifyBack(session, {...running, survey})
  const targets = await lookAtTargets(session, survey.accounts, flags)
  const body = bodyOf(session, {...running, survey, targets}, verification)
  await folder.writeText('report.md', renderRollback(body, verification))
  const rollback = await folder.write('rollback', body, ['plan', 'deployment', 'verification'])
  return {rollback, verification, problem: outcome.error ?? unfinishedBack(session, verification, outcome)}
}

async function openBack(session: Session, folder: Workspace, archiving: 'kept' | 'off'): Promise<Ledger> {
  const run = ledgerRun(session, {plan: await folder.hash('plan'), archiving})
  return openLedger(folder.path('ledger.db'), run, {now: session.now})
}

/** Nothing is brought back from an archive that is not what was moved. */
async function assertSound({workspace}: Session, forward: LedgerReader): Promise<void> {
  const archive = (await workspace.has('archive')) ? workspace.path('archive') : null
  const problem = damaged(await checkLedger(forward, archive))
  if (problem) throw problem
}

const notAccepted = (session: Session, {id, subject, reason}: Loss): MqliftError =>
  new MqliftError('refused', `${subject} would not keep what comes back: ${reason}`, {
    reason: 'unaccepted-losses',
    suggestions: [
      'lift the limit with a policy of a higher priority, then mqlift inspect',
      ours(session, 'rollback', `--accept=${id}`, '--execute'),
    ],
  })
