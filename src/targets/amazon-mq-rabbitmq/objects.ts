import {canonicalJson} from '../canonical-json.ts'
import type {BrokerState, FoundQueue} from './broker-state.ts'
import type {DefinedPolicy, RabbitmqDefinitionsSettings} from './steps.ts'

/** Spelled as in a definitions file. */
export type Kind =
  | 'vhosts'
  | 'users'
  | 'permissions'
  | 'parameters'
  | 'policies'
  | 'exchanges'
  | 'queues'
  | 'bindings'

/** One thing a broker can have: how it is named, what of it is compared, and how the API makes it. */
export interface BrokerObject {
  readonly kind: Kind
  /** `queue %2F/orders`: unique, for drift and messages. */
  readonly name: string
  /** As it goes into a definitions file. */
  readonly definition: Readonly<Record<string, unknown>>
  /** Equal text = nothing differs that we set. */
  readonly compared: string
  readonly path: readonly string[]
  readonly method: 'PUT' | 'POST'
  /** False = what differs stays until somebody deletes the object. */
  readonly mutable: boolean
  /** One that exists is left as it is, however it is set. */
  readonly existsOnly: boolean
}

type Named = Readonly<Record<string, unknown>>

const inVhost = (kind: string, vhost: string, name: string): string =>
  `${kind} ${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`

const object = (
  kind: Kind,
  name: string,
  definition: Named,
  how: Pick<BrokerObject, 'path'> & Partial<BrokerObject>,
): BrokerObject => ({
  kind,
  name,
  definition,
  compared: canonicalJson(definition),
  method: 'PUT',
  mutable: true,
  existsOnly: false,
  ...how,
})

type Definitions = RabbitmqDefinitionsSettings['definitions']
type One<K extends keyof Definitions> = Definitions[K][number]

/** One that exists is left as it is: what it defaults to is said by every queue itself. */
const vhost = ({name, default_queue_type: type}: One<'vhosts'>): BrokerObject =>
  object(
    'vhosts',
    `vhost ${encodeURIComponent(name)}`,
    {name, ...defaultType(type)},
    {
      path: ['vhosts', name],
      existsOnly: true,
    },
  )

/** An import reads it in `metadata` alone, a PUT reads it beside the name (seen on 4.0.5, 2026-11-24). */
export const defaultType = (type: string | undefined): Readonly<Record<string, unknown>> =>
  type === undefined ? {} : {default_queue_type: type, metadata: {default_queue_type: type}}

/** Without a password nobody can sign in. One that exists is left as it is, with its password. */
const user = ({name, tags}: One<'users'>): BrokerObject =>
  object(
    'users',
    `user ${encodeURIComponent(name)}`,
    {name, tags: tags.join(','), password_hash: ''},
    {
      path: ['users', name],
      existsOnly: true,
    },
  )

const permission = (one: One<'permissions'>): BrokerObject =>
  object('permissions', inVhost('permission', one.vhost, one.user), one, {
    path: ['permissions', one.vhost, one.user],
  })

const parameter = (one: One<'parameters'>): BrokerObject =>
  object('parameters', `${one.component} ${inVhost('parameter', one.vhost, one.name)}`, one, {
    path: ['parameters', one.component, one.vhost, one.name],
  })

export const policyObject = (one: DefinedPolicy): BrokerObject =>
  object('policies', inVhost('policy', one.vhost, one.name), one, {path: ['policies', one.vhost, one.name]})

const exchange = (one: One<'exchanges'>): BrokerObject =>
  object('exchanges', inVhost('exchange', one.vhost, one.name), one, {
    path: ['exchanges', one.vhost, one.name],
    mutable: false,
  })

const queue = (one: One<'queues'>): BrokerObject =>
  object('queues', inVhost('queue', one.vhost, one.name), one, {
    path: ['queues', one.vhost, one.name],
    mutable: false,
  })

function binding(one: One<'bindings'>): BrokerObject {
  const {vhost: place, source, destination, destination_type: type} = one
  const what = canonicalJson([one.routing_key, one.arguments])
  return object(
    'bindings',
    `${inVhost('binding', place, source)} to ${type} ${encodeURIComponent(destination)} ${what}`,
    one,
    {
      path: ['bindings', place, 'e', source, type === 'queue' ? 'q' : 'e', destination],
      method: 'POST',
    },
  )
}

/** Everything the plan wants, in the order in which one thing needs another. */
export function wantedObjects(
  {definitions, policies}: RabbitmqDefinitionsSettings,
  {cutover, self}: {readonly cutover: boolean; readonly self: string},
): BrokerObject[] {
  return [
    ...definitions.vhosts.map(vhost),
    ...definitions.users.filter(({name}) => name !== self).map(user),
    ...definitions.permissions.filter((one) => one.user !== self).map(permission),
    // Whoever makes a virtual host may not use it yet.
    ...definitions.vhosts.map(({name}) => ({
      ...permission({user: self, vhost: name, ...EVERYTHING}),
      existsOnly: true,
    })),
    ...definitions.parameters.map(parameter),
    ...policies[cutover ? 'cutover' : 'now'].map(policyObject),
    ...definitions.exchanges.map(exchange),
    ...definitions.queues.map(queue),
    ...definitions.bindings.map(binding),
  ]
}

const EVERYTHING = {configure: '.*', write: '.*', read: '.*'}

/** What the broker has, by name, as far as it is compared. */
export function foundObjects(state: BrokerState): ReadonlyMap<string, BrokerObject> {
  const all = [
    ...state.vhosts.map(vhost),
    ...state.users.map(user),
    ...state.permissions.map(permission),
    ...state.parameters.map(parameter),
    ...state.policies.map(policyObject),
    ...state.exchanges.map(exchange),
    ...state.queues.map((one) => queue(spelledOut(one))),
    ...state.bindings.map(binding),
  ]
  return new Map(all.map((one) => [one.name, one]))
}

/** The plan always names the type; whoever declared a queue may have left it to the default. */
function spelledOut({type, ...one}: FoundQueue): One<'queues'> {
  if (type === undefined || 'x-queue-type' in one.arguments) return one
  return {...one, arguments: {...one.arguments, 'x-queue-type': type}}
}

/** Policies of the other state: before the cut-over those of after it, and the other way round. */
export function unwantedPolicies({policies}: RabbitmqDefinitionsSettings, cutover: boolean): BrokerObject[] {
  const [wanted, other] = cutover ? [policies.cutover, policies.now] : [policies.now, policies.cutover]
  const names = new Set(wanted.map((one) => policyObject(one).name))
  return other.map(policyObject).filter(({name}) => !names.has(name))
}
