import type {Drift} from '../../model/deployment.ts'
import {valueOf} from '../../model/facts.ts'
import type {Policy} from '../../model/inventory.ts'
import {mergeDefinitions, type PatternMatch, selectPolicy} from '../../routing/effective-policy.ts'
import {effectiveSettings} from '../../routing/effective-settings.ts'
import {matchPolicies} from '../../routing/policy-pattern.ts'
import {parseVersion} from '../../routing/version.ts'
import type {BrokerState, FoundPolicy, FoundQueue} from './broker-state.ts'
import type {Effective, ExpectedQueue} from './steps.ts'

/**
 * What every queue obeys at the target, arguments and the one policy that wins together, against what the plan says it
 * must obey. The broker's own policies take part: those that AWS made, and whatever else is there.
 */
export async function effectiveDrift(
  step: string,
  expected: readonly ExpectedQueue[],
  state: BrokerState,
  cutover: boolean,
): Promise<Drift[]> {
  const rulers = await rulersOf(state)
  const queues = new Map(state.queues.map((queue) => [keyOf(queue.vhost, queue.name), queue]))
  return expected.flatMap((one) => {
    const queue = queues.get(keyOf(one.vhost, one.queue))
    if (!queue) return []
    const ruled = rulers(queue)
    return compare(step, one, {wanted: cutover ? one.cutover : one.now, ...ruled})
  })
}

interface Ruled {
  /** Undefined = it cannot be told which policy applies. */
  readonly effective: Effective | undefined
  /** Names of the policies that rule it, for messages. */
  readonly by: string
}

function compare(
  step: string,
  {vhost, queue}: ExpectedQueue,
  {wanted, effective, by}: Ruled & {readonly wanted: Effective},
): Drift[] {
  const name = `queue ${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`
  if (!effective)
    return [{step, attribute: `${name} policy`, wanted: 'one that wins', found: `undecided between ${by}`}]
  return Object.entries(wanted).flatMap(([setting, want]) => {
    const have = effective[setting]
    // Not compared: the broker's version cannot say it.
    if (have === undefined || have === want) return []
    const found = `${JSON.stringify(have)}${by === '' ? '' : ` (${by})`}`
    return [{step, attribute: `${name} effective ${setting}`, wanted: JSON.stringify(want), found}]
  })
}

type Rule = (queue: FoundQueue) => Ruled

async function rulersOf(state: BrokerState): Promise<Rule> {
  const version = parseVersion(state.version)
  const users = state.policies.map((one) => toModel(one, false))
  const operators = state.operatorPolicies.map((one) => toModel(one, true))
  const matches = await matcherFor([...users, ...operators], state.queues)
  return (queue) => {
    const type = typeOf(queue)
    const subject = {kind: 'queue', vhost: queue.vhost, name: queue.name, type} as const
    const user = selectPolicy(subject, users, matches, version)
    const operator = selectPolicy(subject, operators, matches, version)
    const undecided = [user, operator].filter(({chosen}) => chosen === undefined)
    if (undecided.length > 0) {
      const rivals = undecided.flatMap(({rivals: own, notEvaluated}) => [...own, ...notEvaluated])
      return {effective: undefined, by: rivals.map(({name}) => name).join(', ')}
    }
    const policy = mergeDefinitions(user.chosen?.definition ?? {}, operator.chosen?.definition ?? {})
    const facts = effectiveSettings({
      type,
      version,
      arguments: new Map(Object.entries(queue.arguments)),
      argumentsAt: 'arguments',
      policy: new Map(Object.entries(policy)),
      policyAt: () => 'policy',
    })
    return {
      effective: valuesOf(facts),
      by: [user, operator].flatMap(({chosen}) => chosen?.name ?? []).join(' and '),
    }
  }
}

const typeOf = ({type, arguments: table}: FoundQueue): string => {
  const said = type ?? table['x-queue-type']
  return typeof said === 'string' ? said : 'classic'
}

function valuesOf(facts: ReturnType<typeof effectiveSettings>): Effective {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]) => {
      const value = valueOf<string | number | boolean | null>(fact)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function toModel(policy: FoundPolicy, operator: boolean): Policy {
  const {vhost, name, pattern, priority, definition} = policy
  return {vhost, name, operator, pattern, applyTo: policy['apply-to'], priority, definition}
}

async function matcherFor(policies: readonly Policy[], queues: readonly FoundQueue[]): Promise<PatternMatch> {
  const matched = await matchPolicies(policies, queues)
  return (pattern, name) => {
    const found = matched.get(pattern)
    return found?.evaluated ? found.names.has(name) : undefined
  }
}

const keyOf = (vhost: string, name: string): string => `${vhost}\0${name}`
