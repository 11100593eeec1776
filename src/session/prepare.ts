import type {Guard, Obstacles} from '../cli/render/plan.ts'
import {type Selection, selectionAmong} from '../cli/selection.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import type {Plan} from '../model/plan.ts'
import {describeMigration} from '../stages/migrate.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readConfig} from '../workspace/config.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {partOf} from './apply.ts'
import {assessSources} from './assess.ts'
import {asBridge, tapNotes, tapsIn} from './bridge.ts'
import {knownAddresses, type SourceFlags} from './broker.ts'
import {acceptedIds, withAcceptances} from './decide.ts'
import {archiveNote, changed, emulatorRefusal, refusalOf, undecided, unread} from './guards.ts'
import {withMeasured} from './measured.ts'
import {type MoveFlags} from './mover.ts'
import {type Place, placeSaid} from './place.ts'
import {type PlanFlags, writePlan} from './plan.ts'
import {sameQueue} from './same-queue.ts'
import type {Session} from './session.ts'
import {refuseForShovels, shovelGuard, shovelNotes, tellingGuard} from './shovel/guards.ts'
import type {TargetBrokerFlags} from './target-brokers.ts'

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
  if (flags.engine === 'shovel') refuseForShovels(flags)
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
  const config = await readConfig(session.workspace)
  const isShovelled = flags.engine === 'shovel'
  const isArchived = flags.archive === 'on' && !isShovelled
  const archive = isArchived ? await archiveNote(session, described.bytes) : undefined
  const [broker] = await knownAddresses(session, given)
  const others = [
    ...described.refusals.filter(({reason}) => !DECISIONS.has(reason)),
    ...(await changed(session, plan, selected)),
    await emulatorRefusal(broker, place, flags['allow-emulator']),
    sameQueue(partOf(plan, selected), config, broker),
    ...(isShovelled ? await shovelGuards(session, partOf(plan, selected), flags, broker) : []),
    archive?.guard,
  ]
  return {
    others: others.filter((each) => each !== undefined),
    notes: [
      ...(archive ? [archive.text] : []),
      ...(isShovelled ? shovelNotes(config) : []),
      ...tapNotes(plan.moves),
    ],
  }
}

async function shovelGuards(
  {workspace}: Session,
  plan: Body<Plan>,
  flags: MigrateFlags,
  broker: string | undefined,
): Promise<(Guard | undefined)[]> {
  const inventory = await workspace.previous('inventory')
  const known = {
    version: inventory?.broker.version ?? null,
    broker,
    allowPlaintext: flags['allow-plaintext'] ?? false,
  }
  return [shovelGuard(plan), tellingGuard(await readConfig(workspace), known)]
}

/** Shown one by one with the flag that settles each (`undecided`). */
const DECISIONS = new Set(['open-question', 'loss-not-accepted'])
