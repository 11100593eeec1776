import {destinationId, parseId} from '../../model/id.ts'
import type {Binding} from '../../model/inventory.ts'
import {isPredeclaredExchange} from '../../model/predeclared.ts'
import {atLeast} from '../../routing/version.ts'
import {accessOf} from './access.ts'
import {releaseOf} from './broker.ts'
import type {PlannedExchange} from './exchanges.ts'
import {planExchange} from './exchanges.ts'
import {expectedOf} from './expected.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'
import type {PlannedPolicies} from './policies.ts'
import {planPolicies} from './policies.ts'
import type {PlannedQueue} from './queues.ts'
import {planQueue} from './queues.ts'
import type {Scope} from './scope.ts'
import type {DefinedBinding, Definitions, ExpectedQueue} from './steps.ts'

/** Everything the broker is to hold, and what each queue must obey then. */
export interface PlannedDefinitions {
  readonly definitions: Definitions
  readonly policies: Pick<PlannedPolicies, 'now' | 'cutover'>
  readonly expected: readonly ExpectedQueue[]
  readonly queues: readonly PlannedQueue[]
  /** What policies say to each queue at the cut-over, by id. */
  readonly rules: PlannedPolicies['rules']
}

export function planDefinitions(planning: Planning, scope: Scope): PlannedDefinitions {
  const queues = scope.queues.map((queue) => planQueue(planning, queue))
  const exchanges = scope.exchanges
    .filter(({name}) => !isPredeclaredExchange(name))
    .flatMap((exchange) => planExchange(planning, exchange) ?? [])
  const vhosts = scope.vhosts.map((name) => ({
    name,
    queues: queues.filter(({defined}) => defined.vhost === name),
    exchanges: exchanges.filter(({defined}) => defined.vhost === name),
  }))
  const {now, cutover, rules} = planPolicies(planning, vhosts)
  const there = new Set([...queues, ...exchanges].map(({destination}) => destination.id))
  const exists = (id: string): boolean => there.has(id) || isPredeclared(id)
  for (const exchange of exchanges) checkAlternate(planning, exchange, exists)
  return {
    definitions: {
      vhosts: scope.vhosts.map((name) => vhostOf(planning, name)),
      ...accessOf(planning, scope.vhosts),
      exchanges: exchanges.map(({defined}) => defined),
      queues: queues.map(({defined}) => defined),
      bindings: bindingsOf(planning, scope.bindings, {exists, exchanges}),
    },
    policies: {now, cutover},
    expected: queues.map((queue) => expectedOf(planning, queue, rules.get(queue.destination.id) ?? {})),
    queues,
    rules,
  }
}

/** What applications declare without a type is then the type that it has here, and no 406. */
function vhostOf({broker}: Planning, name: string): Definitions['vhosts'][number] {
  return atLeast(releaseOf(broker), 3, 13) ? {name, default_queue_type: 'quorum'} : {name}
}

const isPredeclared = (id: string): boolean => {
  const {kind, name} = parseId(id)
  return kind === 'exchange' && isPredeclaredExchange(name)
}

interface There {
  exists(id: string): boolean
  readonly exchanges: readonly PlannedExchange[]
}

function bindingsOf(planning: Planning, bindings: readonly Binding[], there: There): DefinedBinding[] {
  const keys = new Map(there.exchanges.map(({destination, bindingKey}) => [destination.id, bindingKey]))
  const gone = new Map<string, Binding[]>()
  const defined = bindings.flatMap((binding) => {
    const absent = [binding.destination, binding.source].find((id) => !there.exists(id))
    if (absent === undefined) return [define(binding, keys.get(binding.source))]
    gone.set(absent, [...(gone.get(absent) ?? []), binding])
    return []
  })
  for (const [id, list] of gone)
    say(planning, {
      subject: id,
      field: 'bindings',
      from: list.map((binding) => printed(binding)).join('; '),
      to: `none: ${id} is not on the new broker`,
      undo: 'none needed',
    })
  return defined
}

const printed = ({source, destination, routingKey}: Binding): string =>
  `${parseId(source).name} → ${parseId(destination).name} (${JSON.stringify(routingKey)})`

function define(binding: Binding, key: string | undefined): DefinedBinding {
  const {vhost, name: source} = parseId(binding.source)
  const {kind, name: destination} = parseId(binding.destination)
  return {
    vhost,
    source,
    destination,
    destination_type: kind === 'exchange' ? 'exchange' : 'queue',
    routing_key: key ?? binding.routingKey,
    arguments: binding.arguments,
  }
}

/** What matches no binding would go to an exchange that is not there: it would be dropped, as without one. */
function checkAlternate(
  planning: Planning,
  {defined, destination}: PlannedExchange,
  exists: There['exists'],
): void {
  const name = defined.arguments['alternate-exchange']
  if (typeof name !== 'string' || name === '') return
  if (exists(destinationId('exchange', defined.vhost, name))) return
  lose(planning, {
    rule: 'alternate-exchange',
    subject: destination.id,
    field: 'alternate-exchange',
    change: 'dropped',
    reason: `what matches no binding goes to ${name}, which is not on the new broker: it is dropped`,
  })
}
