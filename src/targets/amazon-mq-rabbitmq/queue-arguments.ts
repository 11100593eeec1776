import {valueOf} from '../../model/facts.ts'
import type {Destination} from '../../model/inventory.ts'
import {PLACEHOLDER} from '../../routing/setting-sources.ts'
import {atLeast, type Version} from '../../routing/version.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'
import type {QueueType} from './queue-type.ts'

export interface TypeContext {
  readonly type: QueueType
  readonly release: Version
}

interface ArgumentContext extends TypeContext {
  readonly planning: Planning
  readonly queue: Destination
}

/** Why the target does not take a setting; null = it does. */
type Unwanted = (context: TypeContext) => string | null

const PLACEMENT = 'where a queue lives is the broker’s business on Amazon MQ'
const REPLICAS = 'Amazon MQ gives every quorum queue three replicas'
const NO_EFFECT = 'without effect since RabbitMQ 3.12'
const always =
  (why: string): Unwanted =>
  () =>
    why
const classicFrom43: Unwanted = ({type, release}) =>
  type === 'classic' && atLeast(release, 4, 3)
    ? 'classic queues of 4.3 have no consumer timeout of their own'
    : null
const delayedRetry: Unwanted = ({type, release}) =>
  type === 'quorum' && atLeast(release, 4, 3) ? null : 'delayed retries are for quorum queues of 4.3'
const quorumOnly: Unwanted = ({type}) => (type === 'quorum' ? null : 'for quorum queues only')

/** Keys of arguments (with `x-`) and of policies that are left out without loss (aws-targets D8, rabbitmq.md 2.2). */
export const UNWANTED: Readonly<Record<string, Unwanted>> = {
  'queue-mode': always(NO_EFFECT),
  'queue-version': always('a detail of storage: Amazon MQ sets it'),
  'queue-master-locator': always(PLACEMENT),
  'queue-leader-locator': always(PLACEMENT),
  'quorum-initial-group-size': always(REPLICAS),
  'quorum-target-group-size': always(REPLICAS),
  'target-group-size': always(REPLICAS),
  'initial-cluster-size': always('for streams only'),
  'max-age': always('for streams only'),
  'stream-max-segment-size-bytes': always('for streams only'),
  'stream-filter-size-bytes': always('for streams only'),
  'max-in-memory-length': always('without effect since RabbitMQ 3.10'),
  'max-in-memory-bytes': always('without effect since RabbitMQ 3.10'),
  'consumer-timeout': classicFrom43,
  'delayed-retry-type': delayedRetry,
  'delayed-retry-min': delayedRetry,
  'delayed-retry-max': delayedRetry,
  'dead-letter-strategy': quorumOnly,
  'delivery-limit': quorumOnly,
}

/** Arguments as the target takes them, limits included. Says what it leaves out or rewrites. */
export function rewriteArguments(
  planning: Planning,
  queue: Destination,
  type: QueueType,
): Record<string, unknown> {
  const context = {planning, queue, type, release: releaseOf(planning.broker)}
  const table = valueOf(queue.facts.arguments)
  if (table === undefined)
    lose(planning, {
      rule: 'queue-arguments',
      subject: queue.id,
      field: 'arguments',
      change: 'dropped',
      reason: 'its arguments were not read: it is declared without any. Inspect with rights that show them',
    })
  const rewritten: [string, unknown][] = [['x-queue-type', type]]
  for (const [key, value] of Object.entries(table ?? {})) {
    if (key === 'x-queue-type') continue
    const kept = rewriteArgument(context, key, value)
    if (kept !== undefined) rewritten.push([key, kept])
  }
  return Object.fromEntries(rewritten.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function rewriteArgument(context: ArgumentContext, key: string, value: unknown): unknown {
  const {type} = context
  if (typeof value === 'string' && PLACEHOLDER.test(value)) return unresolved(context, key, value)
  const why = UNWANTED[key.slice('x-'.length)]?.(context) ?? null
  if (why !== null) return leaveOut(context, key, {value, why})
  return type === 'quorum' ? asQuorum(context, key, value) : value
}

function asQuorum(context: ArgumentContext, key: string, value: unknown): unknown {
  if (key === 'x-max-priority') return priority(context, value)
  return key === 'x-overflow' && value === REJECT_DLX ? rejectOnly(context) : value
}

function unresolved({planning, queue}: ArgumentContext, key: string, value: string): undefined {
  lose(planning, {
    rule: 'unresolved-argument',
    subject: queue.id,
    field: key,
    change: 'dropped',
    reason: `${key} is the placeholder ${value}: fill the template in and inspect it again`,
  })
}

function leaveOut(
  {planning, queue}: ArgumentContext,
  key: string,
  {value, why}: {readonly value: unknown; readonly why: string},
): undefined {
  const subject = queue.id
  if (key.startsWith('x-delayed-retry-')) {
    lose(planning, {rule: 'delayed-retry', subject, field: key, change: 'dropped', reason: why})
    return undefined
  }
  say(planning, {
    subject,
    field: key,
    from: shown(value),
    to: `none: ${why}`,
    undo: 'leave it out of the declarations of applications, too: 4.3 refuses some of them',
  })
  return undefined
}

export const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

export const REJECT_DLX = 'reject-publish-dlx'

/** A quorum queue takes the word and then drops its head without a nack (seen on 3.10.8 and 4.0.5, 2026-11-24). */
function rejectOnly({planning, queue}: ArgumentContext): string {
  lose(planning, {
    rule: 'overflow-reject-publish',
    subject: queue.id,
    field: 'overflow',
    change: 'dropped',
    reason:
      'what it refuses is dead-lettered today; a quorum queue can only refuse (reject-publish): publishers must keep what is refused',
  })
  return 'reject-publish'
}

function priority({planning, queue, release}: ArgumentContext, value: unknown): unknown {
  const strict = atLeast(release, 4, 3)
  const levels = strict
    ? 'a message that says no priority counts as 4, not as 0'
    : 'two levels are left: up to 4, and above'
  lose(planning, {
    rule: 'max-priority',
    subject: queue.id,
    field: 'priority',
    change: 'reset',
    reason: `as a quorum queue: ${levels}`,
  })
  return strict ? value : undefined
}
