import type {Body} from '../model/artefact.ts'
import type {Deployment} from '../model/deployment.ts'
import {makeable, writesToAws} from '../model/plan-into.ts'
import type {Plan, Step} from '../model/plan.ts'
import {type Applied, apply, type ApplyPorts} from '../stages/apply.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import type {Session} from './session.ts'
import type {Targets} from './targets.ts'

interface ApplyFlags {
  readonly execute: boolean
  readonly cutover: boolean
  readonly adopt: boolean
}

export interface AppliedPlan extends Omit<Applied, 'deployment'> {
  readonly deployment: Artefact<'deployment'> | Body<Deployment>
}

/** Makes the plan's resources; with `execute`, or when adopting, writes deployment.json. */
export async function applyPlan(
  session: Session,
  plan: Body<Plan>,
  targets: Targets,
  flags: ApplyFlags,
): Promise<AppliedPlan> {
  const {workspace, signal} = session
  const previous = (await workspace.previous('deployment')) ?? null
  const {identity, ...place} = placeFor(plan, targets)
  const ports = {platform: targets.platform, identity}
  const applied = await apply(
    {plan: {...plan, steps: makeable(plan)}, previous},
    ports,
    {...flags, ...place},
    signal,
  )
  if (!flags.execute && !flags.adopt) return applied
  const deployment = keeping(previous, applied.deployment, plan)
  return {...applied, deployment: await workspace.write('deployment', deployment, ['plan'])}
}

/** Where its resources are, and who makes them: what belongs to a broker alone has no account. */
export function placeFor(
  plan: Body<Plan>,
  {region, endpoint, identity}: Targets,
): Pick<Targets, 'region' | 'endpoint'> & Pick<ApplyPorts, 'identity'> {
  if (belongsToAws(plan)) return {region, endpoint, identity}
  return {region: null, endpoint: null, identity: nobodyOnAws}
}

/** A part of a plan for AWS stays one: the account is pinned in it. */
const belongsToAws = (plan: Body<Plan>): boolean => plan.account !== null || writesToAws(plan)

const nobodyOnAws = () => Promise.resolve({account: null, arn: 'the user of the target broker'})

/** A partial apply (`--only`) does not forget what was made before. */
function keeping(
  previous: Body<Deployment> | null,
  made: Body<Deployment>,
  {steps}: Body<Plan>,
): Body<Deployment> {
  const applied = new Set(steps.map(({id}) => id))
  const kept = previous?.resources.filter(({step}) => !applied.has(step)) ?? []
  return {...made, resources: [...kept, ...made.resources]}
}

/** The part of a plan that moves the selected destinations: their moves, their targets, and what those need. */
export function partOf(plan: Body<Plan>, selected: (source: string) => boolean): Body<Plan> {
  const moves = plan.moves.filter(({source}) => selected(source))
  const targets = new Set(moves.map(({target}) => target))
  const wanted = plan.steps.filter((step) => targets.has(step.id) || step.for.some(selected))
  return {...plan, moves, steps: withNeeds(plan.steps, wanted)}
}

/** In the plan's order. */
function withNeeds(steps: readonly Step[], wanted: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const needed = new Set<string>()
  const visit = ({id, needs}: Step): void => {
    if (needed.has(id)) return
    needed.add(id)
    for (const need of needs) {
      const step = byId.get(need)
      if (step) visit(step)
    }
  }
  wanted.forEach(visit)
  return steps.filter(({id}) => needed.has(id))
}
