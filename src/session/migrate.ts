import {ours} from '../cli/shell.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import type {Plan} from '../model/plan.ts'
import type {Shovelled} from '../model/shovels.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {type AppliedPlan, applyPlan, partOf} from './apply.ts'
import {removeTaps} from './bridge.ts'
import {openBroker} from './broker.ts'
import {move, type Moved} from './mover.ts'
import type {MigrateFlags, Prepared} from './prepare.ts'
import {writeReport} from './report.ts'
import {afterKilledRetry} from './retry-archive.ts'
import type {Session} from './session.ts'
import {unfinished} from './shovel/problems.ts'
import {runShovels} from './shovel/run.ts'
import {openTargets, type Targets} from './targets.ts'
import {incomplete, verifyMoves} from './verify.ts'

/** Apply and move, or let shovels move. What was moved is in the ledger; verify and report come after. */
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
  const deployment = await made(session, part, targets)
  if (flags.engine === 'shovel') return shovelled(await runShovels(session, part, flags, given))
  await using source = await openBroker(session, flags, given)
  return await move(session, {plan: part, deployment, only: selected, accepted}, {source, targets}, flags)
}

/** Their account is in shovels.json. */
function shovelled(moves: readonly Shovelled[]): Moved {
  const error = unfinished(moves)
  return {outcome: error ? 'incomplete' : 'complete', lanes: [], ...(error && {error})}
}

async function made(
  session: Session,
  part: Body<Plan>,
  targets: Targets,
): Promise<AppliedPlan['deployment']> {
  const {talk, signal} = session
  const how = {execute: true, cutover: false, adopt: false}
  const {deployment, drift, writes} = await applyPlan(session, part, targets, how)
  for (const {step, attribute} of drift) talk.warn(`${step}: ${attribute} was changed by somebody; repaired`)
  talk.say(`${deployment.resources.length} resources in place, ${writes} writes`)
  signal.throwIfAborted()
  return deployment
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
