import type {Body} from '../model/artefact.ts'
import type {Deployment, Drift, Resource} from '../model/deployment.ts'
import type {Plan} from '../model/plan.ts'
import type {Platform} from '../model/platform.ts'
import type {ConnectedPlatform} from '../targets/target.ts'
import {assertPlace} from './apply/place.ts'
import {type Found, Run} from './apply/run.ts'

export interface ApplyInput {
  readonly plan: Body<Plan>
  /** What apply wrote before; null = nothing yet. */
  readonly previous: Body<Deployment> | null
}

export interface ApplyPorts {
  /** Connected by the caller, who disposes of it. */
  platform(platform: Platform): Promise<ConnectedPlatform>
  /** `account` null = nothing in the plan belongs to AWS. */
  identity(): Promise<{readonly account: string | null; readonly arn: string}>
}

export type ApplyEvent =
  | {readonly type: 'drift'; readonly drift: Drift}
  | {readonly type: 'missing'; readonly step: string}
  | {
      readonly type: 'done'
      readonly step: string
      readonly origin: Resource['origin']
      readonly writes: number
    }

export interface ApplyOptions {
  readonly execute: boolean
  /** Sets what the plan keeps for the day the consumers change over: final retention, delays. Sticks. */
  readonly cutover: boolean
  /** Takes over what somebody else created. Reads only. */
  readonly adopt: boolean
  readonly region: string | null
  readonly endpoint: string | null
  onEvent?(event: ApplyEvent): void
}

export interface Applied {
  readonly deployment: Body<Deployment>
  /** What differed from the plan before anything was changed: somebody else's doing. */
  readonly drift: readonly Drift[]
  /** What the cut-over changes (with `--cutover`, the first time). */
  readonly planned: readonly Drift[]
  /** Steps whose resource did not exist when we looked. */
  readonly missing: readonly string[]
  readonly writes: number
}

/**
 * Makes the plan's resources, in the order they need each other. Looks at everything and names what differs before
 * it changes anything; changes nothing without `execute`. A second run finds nothing to do.
 */
export async function apply(
  input: ApplyInput,
  ports: ApplyPorts,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<Applied> {
  const {plan, previous} = input
  const {account, arn} = await ports.identity()
  const {region, endpoint, execute, adopt} = options
  assertPlace(input, {account, region, endpoint}, execute)
  const before = previous?.cutover ?? false
  const cutover = options.cutover || before
  const steps = plan.steps.filter(({when}) => when === 'before' || cutover)
  const run = new Run((platform) => ports.platform(platform), previous, {
    adopt,
    signal,
    onDone: (step, origin, writes) => options.onEvent?.({type: 'done', step, origin, writes}),
  })

  const found = await run.look(steps, before)
  const named = announce(found, options)
  const after = cutover === before ? found : await run.look(steps, cutover)
  const writes = execute && !adopt ? await run.change(after, cutover) : 0
  const resources = run.resources(steps)
  return {
    deployment: {account, region, endpoint, caller: arn, resources, cutover: execute ? cutover : before},
    ...named,
    planned: driftIn(after).filter((one) => !named.drift.some((other) => sameDrift(one, other))),
    writes,
  }
}

function announce(found: readonly Found[], options: ApplyOptions): Pick<Applied, 'drift' | 'missing'> {
  const drift = driftIn(found)
  const missing = found.filter((one) => one.missing).map(({step}) => step.id)
  for (const one of drift) options.onEvent?.({type: 'drift', drift: one})
  for (const step of missing) options.onEvent?.({type: 'missing', step})
  return {drift, missing}
}

const driftIn = (found: readonly Found[]): Drift[] => found.flatMap(({drift}) => drift)

function sameDrift(a: Drift, b: Drift): boolean {
  return a.step === b.step && a.attribute === b.attribute && a.wanted === b.wanted
}
