import {valueOf} from '../../model/facts.ts'
import type {Destination} from '../../model/inventory.ts'
import {atLeast} from '../../routing/version.ts'
import {ask} from '../plan-draft.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'
import {rewriteArguments} from './queue-arguments.ts'
import type {QueueType} from './queue-type.ts'
import {chooseType, sayType} from './queue-type.ts'
import type {DefinedQueue} from './steps.ts'

export type PolicyTable = Readonly<Record<string, unknown>>

export interface PlannedQueue {
  readonly destination: Destination
  readonly type: QueueType
  readonly defined: DefinedQueue
  /** Limits that were arguments and become a policy: a policy can wait until the cut-over, an argument cannot. */
  readonly limits: PolicyTable
  /** It gives no message up today, and RabbitMQ 4 would after 20 deliveries unless told otherwise. */
  readonly unlimited: boolean
}

/** Policy keys that drop messages, or the queue, by themselves: lifted until `apply --cutover` (reliability.md B2). */
export const LIMIT_KEYS = ['message-ttl', 'expires', 'max-length', 'max-length-bytes'] as const

export function planQueue(planning: Planning, destination: Destination): PlannedQueue {
  const choice = chooseType(planning, destination)
  sayType(planning, destination, choice)
  const {type} = choice
  const table = rewriteArguments(planning, destination, type)
  const {limits, kept} = splitLimits(planning, destination, table)
  const {facts, vhost, name} = destination
  return {
    destination,
    type,
    limits,
    unlimited: isUnlimited(planning, destination, {type, table}),
    defined: {
      vhost,
      name,
      durable: isDurable(planning, destination),
      auto_delete: valueOf(facts.autoDelete) ?? false,
      arguments: kept,
    },
  }
}

interface Split {
  readonly limits: PolicyTable
  readonly kept: Record<string, unknown>
}

/**
 * An argument rules from the first message on and can never be lifted: what is moved into the queue would expire or
 * be dropped before its consumers exist. So the limits become a policy, unless somebody says that the applications
 * cannot stop declaring them.
 */
function splitLimits(planning: Planning, {id}: Destination, table: Record<string, unknown>): Split {
  const found = LIMIT_KEYS.filter((key) => typeof table[`x-${key}`] === 'number')
  if (found.length === 0) return {limits: {}, kept: table}
  const said = found.map((key) => `x-${key} ${String(table[`x-${key}`])}`).join(', ')
  const answer = ask(planning.draft, {
    rule: LIMIT_ARGUMENTS,
    subject: id,
    question: `Its limits are arguments (${said}), which rule from the first message on. Make them a policy that begins with apply --cutover (applications must then declare it without them), or keep them as arguments?`,
    choices: ['policy', 'argument'],
    who: 'owner of the applications',
    assumed: 'policy',
  })
  if (answer === 'argument') {
    keepArguments(planning, id, said)
    return {limits: {}, kept: table}
  }
  say(planning, {
    subject: id,
    field: 'limits',
    from: `arguments: ${said}`,
    to: 'a policy of its own, from apply --cutover on',
    undo: `applications that still declare them are refused (406): change them first, or answer argument to ${LIMIT_ARGUMENTS}:${id}`,
  })
  const moved = new Set(found.map((key) => `x-${key}`))
  return {
    limits: Object.fromEntries(found.map((key) => [key, table[`x-${key}`]])),
    kept: Object.fromEntries(Object.entries(table).filter(([key]) => !moved.has(key))),
  }
}

export const LIMIT_ARGUMENTS = 'limit-arguments'

const keepArguments = (planning: Planning, subject: string, said: string): void =>
  lose(planning, {
    rule: LIMIT_ARGUMENTS,
    subject,
    field: 'limits',
    change: 'truncated',
    reason: `${said} rule while messages are moved: what is over them is dropped, what waits longer expires`,
  })

function isUnlimited(
  {broker}: Planning,
  {facts}: Destination,
  {type, table}: {readonly type: QueueType; readonly table: PolicyTable},
): boolean {
  if (type !== 'quorum' || !atLeast(releaseOf(broker), 4) || 'x-delivery-limit' in table) return false
  const limit = valueOf(facts.deliveryLimit)
  return valueOf(facts.type) === 'quorum' ? limit === null || limit === -1 : true
}

/** 4.3 refuses queues that are neither durable nor exclusive (aws-targets D8). */
function isDurable(planning: Planning, {id, facts}: Destination): boolean {
  const durable = valueOf(facts.durable) ?? true
  if (durable || !atLeast(releaseOf(planning.broker), 4, 3)) return durable
  say(planning, {
    subject: id,
    field: 'durable',
    from: 'gone after a broker restart',
    to: `durable: ${planning.broker.version} refuses transient queues that are not exclusive`,
    undo: 'applications that declare it must say durable, too',
  })
  return true
}
