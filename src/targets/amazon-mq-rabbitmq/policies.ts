import {valueOf} from '../../model/facts.ts'
import type {Policy} from '../../model/inventory.ts'
import {parseVersion} from '../../routing/version.ts'
import {releaseOf} from './broker.ts'
import type {PlannedExchange} from './exchanges.ts'
import type {Planning} from './planning.ts'
import {objectId, say} from './planning.ts'
import {lifted, NOTHING} from './policy-keys.ts'
import type {PolicyPins} from './policy-pins.ts'
import {pinPolicies} from './policy-pins.ts'
import {sayPolicy} from './policy-said.ts'
import type {Ruling} from './policy-variants.ts'
import {knowsUnlimited, UNLIMITED, variantsOf} from './policy-variants.ts'
import type {PlannedQueue} from './queues.ts'
import type {DefinedPolicy} from './steps.ts'

export interface PlannedPolicies {
  /** Until `apply --cutover`, with limits lifted, and from then on. */
  readonly now: readonly DefinedPolicy[]
  readonly cutover: readonly DefinedPolicy[]
  /** What policies say to a queue at the cut-over, by id. */
  readonly rules: PolicyPins['rules']
}

export interface Vhost {
  readonly name: string
  readonly queues: readonly PlannedQueue[]
  readonly exchanges: readonly PlannedExchange[]
}

/**
 * AWS puts its own policies on a broker, priorities 0 and 1 (aws-targets D6). One policy rules at a time, so those
 * of the source begin above them.
 */
const LOWEST = 2
const UNLIMITED_BASE = 'mqlift-no-delivery-limit'
const LENGTH_BASE = 'mqlift-no-max-length'

export function planPolicies(planning: Planning, vhosts: readonly Vhost[]): PlannedPolicies {
  const cutover: DefinedPolicy[] = []
  const rules = new Map<string, Readonly<Record<string, unknown>>>()
  for (const vhost of vhosts) {
    const rewritten = rewriteAll(planning, vhost)
    const pinned = pinPolicies(planning, vhost, rewritten)
    cutover.push(...rewritten, ...pinned.policies)
    for (const [id, definition] of pinned.rules) rules.set(id, definition)
  }
  const now = cutover.map((policy) => ({...policy, definition: {...lifted(policy.definition)}}))
  return {now, cutover, rules}
}

/** Operator policies are ordinary ones here: Amazon MQ keeps its own, and lets nobody change them by default (D5). */
function rewriteAll(planning: Planning, vhost: Vhost): DefinedPolicy[] {
  const {policies} = planning.draft.context.inventory
  const own = policies.filter((policy) => policy.vhost === vhost.name)
  const operators = own.filter(({operator}) => operator)
  const users = own.filter(({operator}) => !operator)
  const free = vhost.queues.filter(({destination}) => valueOf(destination.facts.policy) === null)
  const names = new Names(users.map(({name}) => name))
  const base = basePolicy(planning, vhost, free)
  const fromOperators = inOrder(operators, base === undefined ? LOWEST : LOWEST + 1)
  const above =
    Math.max(LOWEST - 1, ...(base ? [LOWEST] : []), ...fromOperators.map(({priority}) => priority)) + 1
  return [
    ...(base ? [base] : []),
    ...fromOperators.flatMap(({policy, priority}) =>
      define(planning, rulingOf(planning, policy, free.filter(ruledBy(policy))), {priority, names}),
    ),
    ...inOrder(users, above).flatMap(({policy, priority}) => {
      const queues = vhost.queues.filter(ruledBy(policy))
      const operator = policy.applyTo === 'exchanges' ? undefined : operatorOf(queues, operators)
      return define(planning, {...rulingOf(planning, policy, queues), operator}, {priority, names})
    }),
  ]
}

const ruledBy =
  ({name, operator}: Policy) =>
  ({destination: {facts}}: PlannedQueue): boolean =>
    valueOf(operator ? facts.operatorPolicy : facts.policy) === name

function rulingOf({broker, draft}: Planning, policy: Policy, queues: readonly PlannedQueue[]): Ruling {
  const source = parseVersion(draft.context.inventory.broker.version)
  return {policy, queues, operator: undefined, source, target: releaseOf(broker)}
}

/** Ranks stay as far apart as they were; only the lowest decides where they begin. */
function inOrder(
  policies: readonly Policy[],
  from: number,
): {readonly policy: Policy; readonly priority: number}[] {
  const shift = Math.max(0, from - Math.min(...policies.map(({priority}) => priority)))
  return policies.map((policy) => ({policy, priority: policy.priority + shift}))
}

const EVERYTHING = new Set(['', '^', '$', '.*', '^.*', '.*$', '^.*$'])

/** The operator policy of all its queues; of a policy without queues, one that rules every queue. */
function operatorOf(queues: readonly PlannedQueue[], operators: readonly Policy[]): Policy | undefined {
  if (queues.length === 0) return operators.find(({pattern}) => EVERYTHING.has(pattern))
  const names = new Set(queues.map(({destination}) => valueOf(destination.facts.operatorPolicy)))
  const [name] = names
  return names.size === 1 ? operators.find((operator) => operator.name === name) : undefined
}

/** For queues without a policy, so that they obey what they obey today: neither the 20 deliveries of RabbitMQ 4, nor AWS. */
function basePolicy(
  planning: Planning,
  vhost: Vhost,
  free: readonly PlannedQueue[],
): DefinedPolicy | undefined {
  const {broker} = planning
  const base = {vhost: vhost.name, pattern: '.*', 'apply-to': 'quorum_queues', priority: LOWEST}
  if (knowsUnlimited(releaseOf(broker)) && free.some(({unlimited}) => unlimited)) {
    sayUnlimited(planning, vhost)
    return {...base, name: UNLIMITED_BASE, definition: {'delivery-limit': UNLIMITED}}
  }
  const ruledByAws = broker.deployment === 'cluster' && vhost.name === '/'
  if (!ruledByAws || !free.some(({type}) => type === 'quorum')) return undefined
  say(planning, {
    subject: objectId('policy', vhost.name, LENGTH_BASE),
    field: 'max-length',
    from: 'none: quorum queues without a policy grow as they like',
    to: 'none, said by a policy: AWS has one for quorum queues of / on clusters, with a max-length above which it refuses messages',
    undo: 'delete the policy, and that of AWS rules',
  })
  return {...base, name: LENGTH_BASE, definition: {...NOTHING}}
}

function sayUnlimited(planning: Planning, vhost: Vhost): void {
  say(planning, {
    subject: objectId('policy', vhost.name, UNLIMITED_BASE),
    field: 'delivery limit',
    from: 'none: messages come back as often as consumers refuse them',
    to: 'none, said by policy delivery-limit: -1, because RabbitMQ 4 gives a message up after 20 deliveries otherwise',
    undo: 'delete the policy for the 20 of RabbitMQ 4, and see that queues have a dead-letter exchange first',
  })
}

interface Place {
  readonly priority: number
  readonly names: Names
}

function define(planning: Planning, ruling: Ruling, {priority, names}: Place): DefinedPolicy[] {
  const {policy} = ruling
  const rewritten = variantsOf(ruling)
  const made = rewritten.variants.map(({suffix, applyTo, definition}) => ({
    vhost: policy.vhost,
    name: names.take(suffix === '' && !policy.operator ? policy.name : `${policy.name}${suffix}`, {
      own: suffix === '' && !policy.operator,
    }),
    pattern: policy.pattern,
    'apply-to': applyTo,
    priority,
    definition: {...definition},
  }))
  sayPolicy(planning, ruling, {made, dropped: rewritten.dropped})
  return made
}

/** Names of policies are unique within a virtual host, and those of the source are taken. */
class Names {
  readonly #taken: Set<string>

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken)
  }

  take(wanted: string, {own}: {readonly own: boolean}): string {
    if (own) return wanted
    let name = wanted
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}-${count}`
    this.#taken.add(name)
    return name
  }
}
