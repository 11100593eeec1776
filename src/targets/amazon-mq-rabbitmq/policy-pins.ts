import {valueOf} from '../../model/facts.ts'
import type {Destination, Policy} from '../../model/inventory.ts'
import type {PolicySubject} from '../../routing/effective-policy.ts'
import {lowerLimit, mergeDefinitions, selectPolicy} from '../../routing/effective-policy.ts'
import {asBytes, compilePattern} from '../../routing/policy-pattern.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {say} from './planning.ts'
import type {Vhost} from './policies.ts'
import {NOTHING, onlyAlternate, rewriteKeys, withoutAlternate} from './policy-keys.ts'
import {same, withoutLimit} from './policy-variants.ts'
import {shown} from './queue-arguments.ts'
import type {PlannedQueue, PolicyTable} from './queues.ts'
import type {DefinedPolicy} from './steps.ts'

export interface PolicyPins {
  readonly policies: readonly DefinedPolicy[]
  /** What policies say to each queue, by id: as the source meant it. */
  readonly rules: ReadonlyMap<string, PolicyTable>
}

/**
 * The broker chooses one policy per queue, by type, pattern and priority. Where it would choose differently than the
 * old one did, and where a queue's own limits became a policy, the queue gets a policy of its own.
 */
export function pinPolicies(
  planning: Planning,
  vhost: Vhost,
  policies: readonly DefinedPolicy[],
): PolicyPins {
  const select = selector(planning, policies)
  const top = Math.max(...policies.map(({priority}) => priority), 1) + 1
  const rules = new Map<string, PolicyTable>()
  const pins = vhost.queues.flatMap((queue) => {
    const {destination, type, limits} = queue
    const chosen = select({...destination, kind: 'queue', type})
    const there = withoutAlternate(chosen?.definition ?? {})
    const meant = wantedBy(planning, queue) ?? withLimits(there, limits)
    // What has no policy and must not get another one has one that says nothing.
    const wanted = Object.keys(meant).length === 0 && chosen ? NOTHING : meant
    rules.set(destination.id, wanted)
    // Where nobody here knows the choice, it is taken to be the same, but for limits that no policy has yet.
    if (chosen === undefined ? Object.keys(limits).length === 0 : same(there, wanted)) return []
    sayPin(planning, queue, wanted)
    return [pinFor(destination, {applyTo: 'queues', definition: wanted, priority: top})]
  })
  const others = vhost.exchanges.flatMap(({destination}) => {
    const chosen = select({...destination, kind: 'exchange', type: 'exchange'})
    const wanted = wantedByExchange(planning, destination)
    if (chosen === undefined || wanted === undefined) return []
    if (same(chosen === null ? {} : onlyAlternate(chosen.definition), wanted)) return []
    return [pinFor(destination, {applyTo: 'exchanges', definition: wanted, priority: top})]
  })
  return {policies: [...pins, ...others], rules}
}

type Select = (subject: PolicySubject) => Policy | null | undefined

/** As the target chooses. Undefined = a pattern could not be evaluated here. */
function selector({broker}: Planning, policies: readonly DefinedPolicy[]): Select {
  const models = policies.map(({'apply-to': applyTo, ...policy}) => ({...policy, applyTo, operator: false}))
  const compiled = new Map(policies.map(({pattern}) => [pattern, compilePattern(pattern)]))
  const matches = (pattern: string, name: string): boolean | undefined => {
    const found = compiled.get(pattern)
    if (found?.by === 'linear') return found.matches(asBytes(name))
    return found?.by === 'nothing' && found.problem === 'invalid' ? false : undefined
  }
  return (subject) => selectPolicy(subject, models, matches, releaseOf(broker)).chosen
}

/** What policies say to the queue on the source, as the target spells it. Undefined = which one rules is not known. */
function wantedBy(planning: Planning, queue: PlannedQueue): PolicyTable | undefined {
  const {destination, type, limits, unlimited} = queue
  const user = definitionOf(planning, destination, false)
  const operator = definitionOf(planning, destination, true)
  if (user === undefined || operator === undefined) return undefined
  const {definition} = rewriteKeys(mergeDefinitions(user, operator), type, releaseOf(planning.broker))
  const own = withLimits(withoutAlternate(definition), limits)
  return unlimited ? withoutLimit(own) : own
}

function definitionOf(
  {draft}: Planning,
  {vhost, facts}: Destination,
  operator: boolean,
): Policy['definition'] | undefined {
  const name = valueOf(operator ? facts.operatorPolicy : facts.policy)
  if (name === undefined) return undefined
  if (name === null) return {}
  return draft.context.inventory.policies.find(
    (policy) => policy.vhost === vhost && policy.operator === operator && policy.name === name,
  )?.definition
}

/** The lower of argument and policy ruled; now both are one policy. */
function withLimits(definition: PolicyTable, limits: PolicyTable): PolicyTable {
  const entries = Object.entries(limits).map(([key, value]) => {
    const said = definition[key]
    return [
      key,
      typeof said === 'number' && typeof value === 'number' ? lowerLimit(said, value) : value,
    ] as const
  })
  return {...definition, ...Object.fromEntries(entries)}
}

function wantedByExchange(planning: Planning, exchange: Destination): PolicyTable | undefined {
  const definition = definitionOf(planning, exchange, false)
  return definition && onlyAlternate(definition)
}

interface Pin {
  readonly applyTo: string
  readonly definition: PolicyTable
  readonly priority: number
}

const pinFor = ({vhost, name}: Destination, {applyTo, definition, priority}: Pin): DefinedPolicy => ({
  vhost,
  name: `mqlift ${name}`,
  pattern: `^${escaped(name)}$`,
  'apply-to': applyTo,
  priority,
  definition: {...(Object.keys(definition).length === 0 ? NOTHING : definition)},
})

/** RabbitMQ matches bytes with PCRE: everything that is neither letter, digit nor beyond ASCII is taken literally. */
const escaped = (name: string): string => name.replaceAll(/[^\w\u0080-\uffff]/g, String.raw`\$&`)

function sayPin(planning: Planning, {destination, limits}: PlannedQueue, wanted: PolicyTable): void {
  // Limits that became a policy are said where they are taken out of the arguments.
  if (Object.keys(limits).length > 0) return
  const {facts, id, name} = destination
  say(planning, {
    subject: id,
    field: 'policy',
    from: valueOf(facts.policy) ?? 'none',
    to: `mqlift ${name}, for this queue alone: ${shown(wanted)}. Another policy would rule it on the new broker`,
    undo: 'delete it, and compare what rules the queue then',
  })
}
