import type {Rehearsal} from '../cli/render/deployment.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {applyPlan} from './apply.ts'
import {withAcceptances} from './decide.ts'
import {refusalOf, undecided} from './guards.ts'
import {assertAccount, type PlaceFlags, placeSaid} from './place.ts'
import type {Session} from './session.ts'
import type {TargetBrokerFlags} from './target-brokers.ts'
import {openTargets} from './targets.ts'

interface ApplyFlags extends PlaceFlags, TargetBrokerFlags {
  readonly execute: boolean
  readonly cutover: boolean
  readonly adopt: boolean
}

/** `mqlift apply`: the whole plan. With `--execute` open questions and unaccepted losses refuse. */
export async function applyCommand(session: Session, flags: ApplyFlags): Promise<Rehearsal & {json: object}> {
  const {workspace, audit} = session
  const plan = withAcceptances(await workspace.read('plan'), await readDecisions(workspace))
  assertAccount(flags, plan)
  const obstacles = {...undecided(plan, () => true), others: []}
  const refusal = refusalOf(session, obstacles)
  if (flags.execute && refusal) throw refusal
  await audit.start(flags.adopt ? ['--adopt'] : [])
  const previous = await workspace.previous('deployment')
  const place = placeSaid(session, flags, {...plan, endpoint: previous?.endpoint ?? null})
  await using targets = await openTargets(session, place, flags)
  const applied = await applyPlan(session, plan, targets, flags)
  const wouldRefuse = obstacles.open.length + obstacles.unaccepted.length
  const {drift, planned, missing, writes, deployment} = applied
  const executed = flags.execute
  const json = {...deployment, drift, planned, missing, writes, executed, wouldRefuse}
  return {...applied, executed, adopted: flags.adopt, obstacles, json}
}
