import type {Guard, Obstacles} from '../cli/render/plan.ts'
import {type Selection, selectionAmong} from '../cli/selection.ts'
import {ours} from '../cli/shell.ts'
import {MqliftError} from '../errors.ts'
import {describeMigration, type MigrateOutcome} from '../stages/migrate.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readConfig} from '../workspace/config.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {applyPlan, partOf} from './apply.ts'
import {assessSources} from './assess.ts'
import {asBridge, removeTaps, tapNotes, tapsIn} from './bridge.ts'
import {knownAddresses, openBroker, type SourceFlags} from './broker.ts'
import {acceptedIds, withAcceptances} from './decide.ts'
import {archiveNote, changed, emulatorRefusal, refusalOf, undecided, unread} from './guards.ts'
import {withMeasured} from './measured.ts'
import {move, type Moved, type MoveFlags} from './mover.ts'
import {type Place, placeSaid} from './place.ts'
import {type PlanFlags, writePlan} from './plan.ts'
import {writeReport} from './report.ts'
import {afterKilledRetry} from './retry-archive.ts'
import {sameQueue} from './same-queue.ts'
import type {Session} from './session.ts'
import type {TargetBrokerFlags} from './target-brokers.ts'
import {openTargets} from './targets.ts'
import {incomplete, verifyMoves} from './verify.ts'

export interface MigrateFlags extends PlanFlags, SourceFlags, TargetBrokerFlags, MoveFlags {
  readonly execute: boolean
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
  readonly 'allow-emulator': boolean
}

/** A plan ready to be looked at or run. */
export interface Prepared {
  readonly plan: Artefact<'plan'>
  /** It was written by this command: nobody has read it yet. */
  readonly fresh: boolean
  readonly selected: Selection
  readonly place: Place
  readonly accepted: ReadonlySet<string>
  readonly obstacles: Obstacles
  /** Why `--execute` would not run; undefined = go. */
  readonly refusal: MqliftError | undefined
  readonly notes: readonly string[]
}

/** The plan of the folder, made if there is none, and everything that would stand in the way of running it. */
export async function prepare(
  session: Session,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<Prepared> {
  const {workspace} = session
  const known = await workspace.find('plan')
  const written = known && !changesPlan(flags, known) ? known : await planAnew(session, flags, given)
  const decisions = await readDecisions(workspace)
  const measured = withMeasured(written, await workspace.previous('rehearsal'))
  const whole = withIdentity(withAcceptances(measured, decisions), flags.identity)
  const plan = asBridge(whole, flags.bridge ?? false)
  const selected = selectionAmong([...Object.keys(plan.fingerprint), ...tapsIn(plan)], flags)
  const before = await workspace.previous('deployment')
  const place = placeSaid(session, flags, {...plan, endpoint: before?.endpoint ?? null})
  const {others, notes} = await otherGuards(session, {plan, selected, place}, flags, given)
  const obstacles = {...undecided(plan, selected), others}
  const refusal = known ? refusalOf(session, obstacles) : unread(session)
  return {plan, fresh: !known, selected, place, accepted: acceptedIds(decisions), obstacles, refusal, notes}
}

/** A place that is said again (by a variable, at every run) changes nothing. */
const changesPlan = ({accept, answer, ...said}: MigrateFlags, plan: Artefact<'plan'>): boolean =>
  accept !== undefined ||
  answer !== undefined ||
  (said.account ?? plan.account) !== plan.account ||
  (said.region ?? plan.region) !== plan.region

async function planAnew(
  session: Session,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<Artefact<'plan'>> {
  const assessed = await session.workspace.has('assessment.json')
  if (!assessed) await assessSources(session, {...flags, prefer: 'balanced'}, given)
  return writePlan(session, flags)
}

/** The operator vouches for a unique header or property, for all that this run moves. */
function withIdentity<P extends Artefact<'plan'>>(plan: P, identity: string | undefined): P {
  if (identity === undefined) return plan
  if (!/^(header|property):./.test(identity)) {
    throw new MqliftError('usage', `--identity ${identity} is neither header:NAME nor property:NAME`, {
      suggestions: ['--identity property:message-id', '--identity header:x-order-id'],
    })
  }
  return {...plan, moves: plan.moves.map((each) => ({...each, identity}))}
}

async function otherGuards(
  session: Session,
  {plan, selected, place}: Pick<Prepared, 'plan' | 'selected' | 'place'>,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<{others: Guard[]; notes: string[]}> {
  const described = describeMigration({plan, deployment: null, only: selected})
  const archive = flags.archive === 'on' ? await archiveNote(session, described.bytes) : undefined
  const [broker] = await knownAddresses(session, given)
  const others = [
    ...described.refusals.filter(({reason}) => !DECISIONS.has(reason)),
    ...(await changed(session, plan, selected)),
    await emulatorRefusal(broker, place, flags['allow-emulator']),
    sameQueue(partOf(plan, selected), await readConfig(session.workspace), broker),
    archive?.guard,
  ]
  return {
    others: others.filter((each) => each !== undefined),
    notes: [...(archive ? [archive.text] : []), ...tapNotes(plan.moves)],
  }
}

/** Shown one by one with the flag that settles each (`undecided`). */
const DECISIONS = new Set(['open-question', 'loss-not-accepted'])

/** Apply and move. What was moved is in the ledger; verify and report come after. */
export async function execute(
  session: Session,
  {plan, selected, place, accepted}: Prepared,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<Moved> {
  // Refuses a plan that was changed after it was applied.
  await session.workspace.find('deployment')
  const part = partOf(plan, selected)
  await afterKilledRetry(session)
  await using targets = await openTargets(session, place, flags)
  const {deployment, drift, writes} = await applyPlan(session, part, targets, {
    execute: true,
    cutover: false,
    adopt: false,
  })
  for (const {step, attribute} of drift)
    session.talk.warn(`${step}: ${attribute} was changed by somebody; repaired`)
  session.talk.say(`${deployment.resources.length} resources in place, ${writes} writes`)
  session.signal.throwIfAborted()
  await using source = await openBroker(session, flags, given)
  return await move(session, {plan: part, deployment, only: selected, accepted}, {source, targets}, flags)
}

export interface Migrated {
  readonly verification: Artefact<'verification'>
  readonly report: Artefact<'report'>
  /** Why the command must not end with 0. */
  readonly problem: MqliftError | undefined
  /** What to run next. */
  readonly next: string
}

/** Apply, move, verify, report. Interrupted, it stops after the move: the next run goes on from the ledger. */
export async function runMigration(
  session: Session,
  prepared: Prepared,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<Migrated> {
  const moved = await execute(session, prepared, flags, given)
  if (moved.outcome === 'interrupted') session.signal.throwIfAborted()
  const verification = await verifyMoves(session, flags, given)
  if (moved.emptied?.length) await removeEmptied(session, flags, given, moved.emptied)
  const report = await writeReport(session)
  const problem = moved.error ?? incomplete(verification) ?? stopped(moved)
  const settled = verification.total.unexplained !== null
  return {
    verification,
    report,
    problem,
    next: settled ? ours(session, 'report') : ours(session, 'verify', '--wait'),
  }
}

async function removeEmptied(
  session: Session,
  flags: MigrateFlags,
  given: readonly string[],
  taps: readonly string[],
): Promise<void> {
  await using source = await openBroker(session, flags, given)
  await removeTaps(session, source, taps)
}

/**
 * A lane that did not run to its end, though nothing it took is missing: consumers, a delivery limit, a pause, or
 * messages that stayed at the source. They are in no bucket that says so.
 */
export function stopped({outcome, lanes}: MigrateOutcome): MqliftError | undefined {
  if (outcome === 'complete') return undefined
  const lane = lanes.find(({outcome: ended, held}) => ended !== 'drained' || held > 0)
  if (!lane) return undefined
  return new MqliftError('incomplete', `${lane.source}: ${lane.reason}`, {
    reason: 'not-drained',
    suggestions: ['settle that, then run the same command again', 'or leave it out with --except'],
  })
}
