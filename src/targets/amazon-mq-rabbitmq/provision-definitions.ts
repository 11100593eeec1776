import {MqliftError} from '../../errors.ts'
import type {Drift, Resource} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import {visible} from '../../model/visible.ts'
import type {ManagementWriter, Written} from '../../protocols/management-writer.ts'
import type {ManagementApi} from '../../protocols/management.ts'
import type {Provisioned, ProvisionOptions} from '../target.ts'
import type {BrokerAnswers} from './broker-answers.ts'
import {type BrokerState, readBroker} from './broker-state.ts'
import {effectiveDrift} from './effective-diff.ts'
import {type Difference, differences} from './object-drift.ts'
import {type BrokerObject, foundObjects, type Kind, unwantedPolicies, wantedObjects} from './objects.ts'
import {RabbitmqDefinitionsSettings} from './steps.ts'

export interface BrokerPorts {
  readonly api: ManagementApi
  readonly answers: BrokerAnswers
  readonly writer: ManagementWriter
  /** The user that writes. */
  readonly self: string
  readonly now: () => number
  /** What the broker calls itself, or how it is reached: of `arn` and `address`. */
  readonly identity: (state: Pick<BrokerState, 'clusterName'>) => string
  readonly display: string
  /** Where a queue is known to be, whichever hosts are listed beside. */
  readonly first: string
}

export type ProvisionResult = Provisioned | {resource: null; drift: Drift[]; writes: 0}

/**
 * Imports what is missing, sets what differs, reads everything back and compares what each queue then obeys. Nothing
 * that the plan does not name is touched, but for policies of its own other state. What cannot be set right fails.
 */
export async function provisionDefinitions(
  ports: BrokerPorts,
  step: Step,
  {execute, cutover}: Pick<ProvisionOptions, 'execute' | 'cutover'>,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const settings = RabbitmqDefinitionsSettings.parse(step.settings)
  const before = await look(ports, step, {settings, cutover}, signal)
  if (!execute) {
    if (before.nothing) return {resource: null, drift: [notThere(step)], writes: 0}
    return {resource: resourceOf(ports, step, before.state, 'found'), drift: before.drift, writes: 0}
  }
  const writes = await write(ports, before.differences, signal)
  const after = writes > 0 ? await look(ports, step, {settings, cutover}, signal) : before
  const [first] = after.drift
  if (first) throw notAsPlanned(ports, after.drift, first)
  const origin = before.nothing ? 'created' : 'found'
  return {resource: resourceOf(ports, step, after.state, origin), drift: before.drift, writes}
}

interface Look {
  readonly state: BrokerState
  readonly differences: readonly Difference[]
  readonly drift: readonly Drift[]
  /** Nothing of the plan is there yet. */
  readonly nothing: boolean
}

interface Wanted {
  readonly settings: RabbitmqDefinitionsSettings
  readonly cutover: boolean
}

async function look(
  {api, self}: BrokerPorts,
  step: Step,
  {settings, cutover}: Wanted,
  signal: AbortSignal,
): Promise<Look> {
  const state = await readBroker(api, signal)
  const found = foundObjects(state)
  const wanted = wantedObjects(settings, {cutover, self})
  const differing = differences(step.id, wanted, unwantedPolicies(settings, cutover), found)
  const effective = await effectiveDrift(step.id, settings.expected, state, cutover)
  const own = wanted.filter(({kind}) => OWN.has(kind))
  return {
    state,
    differences: differing,
    drift: [...differing.flatMap(({drift}) => drift), ...effective],
    nothing: own.length > 0 && own.every(({name}) => !found.has(name)),
  }
}

/** A virtual host, a user or a permission may have been there before. */
const OWN: ReadonlySet<Kind> = new Set(['policies', 'exchanges', 'queues', 'bindings', 'parameters'])

async function write(
  {api, writer}: BrokerPorts,
  differing: readonly Difference[],
  signal: AbortSignal,
): Promise<number> {
  const toMake = differing.filter(({do: how}) => how === 'make' || how === 'set').map(({object}) => object)
  const toRemove = differing.filter(({do: how}) => how === 'remove').map(({object}) => object)
  let writes = toMake.length > 0 ? await make(api, writer, toMake, signal) : 0
  for (const {path} of toRemove) {
    assertWritten(api, await writer.write('DELETE', path, undefined, signal))
    writes++
  }
  return writes
}

/** As one import; object by object where the endpoint does not take one. */
async function make(
  api: ManagementApi,
  writer: ManagementWriter,
  objects: readonly BrokerObject[],
  signal: AbortSignal,
): Promise<number> {
  const imported = await writer.write('POST', ['definitions'], asDefinitions(objects), signal)
  if (imported.ok) return 1
  for (const {method, path, definition} of objects)
    assertWritten(api, await writer.write(method, path, definition, signal))
  return 1 + objects.length
}

function asDefinitions(objects: readonly BrokerObject[]): Record<string, unknown> {
  const byKind = Map.groupBy(objects, ({kind}) => kind)
  return Object.fromEntries(
    Array.from(byKind, ([kind, some]) => [kind, some.map(({definition}) => definition)] as const),
  )
}

function assertWritten(api: ManagementApi, written: Written): void {
  if (written.ok) return
  const {call, status, reason} = written
  throw new MqliftError('incomplete', `${api.address} refused ${call}: ${status} ${visible(reason)}`, {
    reason: status === 401 || status === 403 ? 'not-permitted' : 'import-refused',
    suggestions: [
      'what was made before it stays; run mqlift apply --execute again when the cause is gone',
      `give ${api.user} the tag administrator at the target`,
    ],
  })
}

function notAsPlanned({display}: BrokerPorts, drift: readonly Drift[], first: Drift): MqliftError {
  const more = drift.length > 1 ? ` (and ${drift.length - 1} more)` : ''
  const what = `${visible(first.attribute)}: planned ${said(first.wanted)}, found ${said(first.found)}`
  return new MqliftError('incomplete', `${display} is not as planned: ${what}${more}`, {
    reason: 'not-as-planned',
    suggestions: [
      'mqlift apply lists every difference',
      'a queue or exchange that exists with other arguments must be deleted, or left out with --except',
      'a policy that wins over the planned one must go, or get a lower priority',
    ],
  })
}

const said = (value: string | null): string => (value === null ? 'nothing' : visible(value))

const notThere = (step: Step): Drift => ({step: step.id, attribute: 'exists', wanted: step.name, found: null})

function resourceOf(
  {identity, display, now}: BrokerPorts,
  step: Step,
  state: BrokerState,
  origin: Resource['origin'],
): Resource {
  return {
    step: step.id,
    platform: step.platform,
    arn: `rabbitmq:${identity(state)}`,
    address: display,
    createdAt: null,
    readyAt: new Date(now()).toISOString(),
    origin,
  }
}
