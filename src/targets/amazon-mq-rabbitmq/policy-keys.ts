import type {Version} from '../../routing/version.ts'
import {REJECT_DLX, UNWANTED} from './queue-arguments.ts'
import type {QueueType} from './queue-type.ts'
import type {PolicyTable} from './queues.ts'
import {LIMIT_KEYS} from './queues.ts'

/** The one key that is for exchanges. */
const ALTERNATE = 'alternate-exchange'

/** Keys that RabbitMQ of Amazon MQ takes in a policy; it refuses a policy with any other as a whole (rabbitmq.md 1.8). */
const TAKEN: ReadonlySet<string> = new Set([
  ...LIMIT_KEYS,
  'overflow',
  'dead-letter-exchange',
  'dead-letter-routing-key',
  'dead-letter-strategy',
  'delivery-limit',
  ALTERNATE,
  'consumer-timeout',
  'delayed-retry-type',
  'delayed-retry-min',
  'delayed-retry-max',
])

export interface Dropped {
  readonly key: string
  readonly value: unknown
  readonly why: string
  /** Somebody has to accept it. */
  readonly lost: boolean
}

export interface Rewritten {
  readonly definition: PolicyTable
  readonly dropped: readonly Dropped[]
}

/** A definition as queues of this type of the target take it. Keys of the same policy that are fine stay. */
export function rewriteKeys(definition: PolicyTable, type: QueueType, release: Version): Rewritten {
  const kept: [string, unknown][] = []
  const dropped: Dropped[] = []
  for (const [key, value] of Object.entries(definition)) {
    const gone = droppedKey(key, value, {type, release})
    if (gone !== null) dropped.push(gone)
    else if (key === 'overflow' && value === REJECT_DLX && type === 'quorum') {
      kept.push([key, 'reject-publish'])
      dropped.push({
        key,
        value,
        why: 'quorum queues refuse without dead-lettering: reject-publish',
        lost: true,
      })
    } else kept.push([key, value])
  }
  return {definition: Object.fromEntries(kept), dropped}
}

function droppedKey(
  key: string,
  value: unknown,
  context: {readonly type: QueueType; readonly release: Version},
): Dropped | null {
  if (key.startsWith('ha-'))
    return {key, value, why: 'mirroring is gone in 4.0; quorum queues replicate', lost: false}
  if (key.startsWith('federation-'))
    return {
      key,
      value,
      why: 'its upstream holds a password, which mqlift never keeps: set federation up again after the cut-over',
      lost: false,
    }
  const why = UNWANTED[key]?.(context) ?? null
  if (why !== null) return {key, value, why, lost: key.startsWith('delayed-retry-')}
  if (TAKEN.has(key)) return null
  return {key, value, why: 'Amazon MQ for RabbitMQ does not know the key', lost: true}
}

/** What a policy says to exchanges; empty when it says nothing to them. */
export const onlyAlternate = (definition: PolicyTable): PolicyTable =>
  ALTERNATE in definition ? {[ALTERNATE]: definition[ALTERNATE]} : {}

/** What a policy says to queues. */
export const withoutAlternate = (definition: PolicyTable): PolicyTable =>
  Object.fromEntries(Object.entries(definition).filter(([key]) => key !== ALTERNATE))

/** What is left of a policy until the cut-over. A policy that goes away would let another one in, so one is never empty. */
export function lifted(definition: PolicyTable): PolicyTable {
  const entries = Object.entries(definition)
  const left = entries.filter(([key]) => !LIMIT_KEYS.some((limit) => limit === key))
  if (left.length === entries.length) return definition
  return left.length === 0 ? NOTHING : Object.fromEntries(left)
}

/** A definition must not be empty; this one says what is true of a queue without limits anyway. */
export const NOTHING: PolicyTable = {'max-length': 2_000_000_000}
