import type {StructureFacts} from '../../model/facts.ts'
import {valueOf} from '../../model/facts.ts'
import {parseId} from '../../model/id.ts'
import type {Loss} from '../../model/plan.ts'
import {exactly} from '../duration.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, addNotMoved} from '../plan-draft.ts'
import {hasOneReader} from '../plan-source.ts'
import type {PlanContext, PlanSubject} from '../target.ts'
import type {Composite, QueuePolicy} from './steps.ts'

/** A queue that gets one of its own at the target. */
export interface PlannedQueue {
  readonly id: string
  readonly name: string
  readonly facts: StructureFacts
  readonly because: readonly string[]
}

export function plannedQueues(
  subjects: readonly PlanSubject[],
  names: ReadonlyMap<string, string>,
  {graph}: PlanContext,
): PlannedQueue[] {
  return subjects.flatMap(({id, because}) => {
    const name = names.get(id)
    const facts = graph.destinations.get(id)?.facts ?? {}
    if (name === undefined || !id.startsWith('queue:') || valueOf(facts.exclusive) === true) return []
    return [{id, name, facts, because}]
  })
}

/** What stays, and why. */
export function sayWhatStays(draft: Draft, subjects: readonly PlanSubject[]): void {
  for (const {id} of subjects) {
    if (id.startsWith('stream:'))
      addNotMoved(draft, {
        subject: id,
        because: 'ActiveMQ has no log that can be read again: streams are not moved',
      })
    else if (valueOf(draft.context.graph.destinations.get(id)?.facts.exclusive) === true)
      addNotMoved(draft, {
        subject: id,
        because:
          'exclusive: it belongs to one connection, and no other may read it. Its owner makes a temporary queue instead',
      })
  }
}

type Lost = Pick<Loss, 'rule' | 'field' | 'change' | 'reason'>

const dropped = (rule: string, field: string, reason: string): Lost => ({
  rule,
  field,
  change: 'dropped',
  reason,
})

const LOSSES: readonly ((facts: StructureFacts) => Lost | null)[] = [
  length,
  priority,
  timeToLive,
  idle,
  autoDelete,
]

export function sayLosses(draft: Draft, {id, name, facts}: PlannedQueue): void {
  for (const lost of LOSSES) {
    const found = lost(facts)
    if (found !== null) addLoss(draft, {...found, subject: id})
  }
  const original = parseId(id).name
  if (name !== original)
    addChange(draft, {
      subject: id,
      field: 'name',
      change: 'renamed',
      from: original,
      to: name,
      undo: '%XX is a byte of the original name; names: in mqlift.yaml chooses another',
    })
  sayChanges(draft, id, facts)
}

function sayChanges(draft: Draft, subject: string, facts: StructureFacts): void {
  const mapped = (field: string, from: string, to: string): void =>
    addChange(draft, {subject, field, change: 'mapped', from, to, undo: 'none needed'})
  const limit = valueOf(facts.deliveryLimit) ?? null
  if (limit !== null && limit >= 0)
    mapped(
      'delivery-limit',
      `given up after ${limit} deliveries`,
      `consumers set jms.redeliveryPolicy.maximumRedeliveries=${limit} in their broker URL (6 without it)`,
    )
  if (valueOf(facts.durable) === false) mapped('durable', 'gone after a broker restart', 'always durable')
  if (valueOf(facts.singleActiveConsumer) === true)
    mapped('single-active-consumer', 'one consumer at a time', 'allConsumersExclusiveByDefault on the queue')
  // Seen of a consumer, at one moment: no reason to make every other reader of the queue wait from now on.
  else if (hasOneReader(draft.context, subject))
    mapped(
      'exclusive-consumer',
      'a consumer keeps the others out, seen while inspecting',
      'consumers ask for it: ?consumer.exclusive=true behind the name of the queue; others wait instead of being refused',
    )
}

function length(facts: StructureFacts): Lost | null {
  const messages = valueOf(facts.maxLength) ?? null
  const bytes = valueOf(facts.maxLengthBytes) ?? null
  if (messages === null && bytes === null) return null
  const limit = [messages !== null && `${messages} messages`, bytes !== null && `${bytes} bytes`]
    .filter((part) => part !== false)
    .join(' and ')
  const overflow = valueOf(facts.overflow) ?? 'drop-head'
  return overflow === 'drop-head'
    ? dropped(
        'queue-max-length',
        'max-length',
        `keeps ${limit} today and drops the oldest; ActiveMQ keeps them all`,
      )
    : dropped(
        'overflow-reject-publish',
        'overflow',
        `refuses new messages above ${limit}; ActiveMQ holds producers back when the whole broker is full`,
      )
}

/** JMS has ten levels. */
const LEVELS = 9

function priority(facts: StructureFacts): Lost | null {
  const levels = valueOf(facts.maxPriority) ?? 0
  if (levels === 0) return null
  const above = levels > LEVELS ? `; what is above ${LEVELS} becomes ${LEVELS}` : ''
  return {
    rule: 'max-priority',
    field: 'priority',
    change: 'reset',
    reason: `a message without a priority counts as 4 (JMS), today as 0${above}`,
  }
}

function timeToLive(facts: StructureFacts): Lost | null {
  const ms = valueOf(facts.messageTtl) ?? null
  return ms === null
    ? null
    : dropped(
        'queue-message-ttl',
        'message-ttl',
        `messages live ${exactly(ms)} today; ActiveMQ has no time to live per queue: producers must set one (JMSExpiration), and messages moved now wait until they are read`,
      )
}

function idle(facts: StructureFacts): Lost | null {
  const ms = valueOf(facts.expires) ?? null
  return ms === null
    ? null
    : dropped('queue-expires', 'expires', `deleted after ${exactly(ms)} without use; this queue stays`)
}

function autoDelete(facts: StructureFacts): Lost | null {
  return valueOf(facts.autoDelete) === true
    ? dropped('queue-auto-delete', 'auto-delete', 'deleted with its last consumer; this queue stays')
    : null
}

/** How the broker treats a queue, and composite queues for dead letters that go to several. */
export function policiesOf(
  draft: Draft,
  queues: readonly PlannedQueue[],
): {policies: QueuePolicy[]; composites: Composite[]} {
  const composites: Composite[] = []
  const names = new Map(queues.map(({id, name}) => [id, name]))
  const policies = queues.map((queue): QueuePolicy => {
    const {id, name, facts} = queue
    const targets = draft.context.graph.deadLetterQueues(id)
    const planned = (targets ?? [])
      .flatMap((target) => names.get(target) ?? [])
      .filter((target) => target !== name)
    sayDeadLetters(draft, queue, targets, planned)
    if (planned.length > 1)
      composites.push({
        kind: 'queue',
        name: `DLQ.${name}`,
        forwards: planned.map((target) => ({queue: target, selector: null})),
      })
    return {
      queue: name,
      prioritized: (valueOf(facts.maxPriority) ?? 0) > 0,
      exclusive: valueOf(facts.singleActiveConsumer) === true,
      deadLetterQueue: planned.length === 1 ? (planned[0] ?? null) : null,
    }
  })
  return {policies, composites}
}

function sayDeadLetters(
  draft: Draft,
  {id, name}: PlannedQueue,
  targets: readonly string[] | null,
  planned: readonly string[],
): void {
  const own = planned.join(', ') || `DLQ.${name}`
  const from =
    targets === null
      ? 'rejected and expired messages are dropped'
      : `dead letters go to ${targets.join(', ') || 'nobody'}`
  addChange(draft, {
    subject: id,
    field: 'dead-letter-exchange',
    change: 'mapped',
    from,
    to: `what a consumer gives up, and what expires, goes to ${own}, without x-death`,
    undo: 'none needed',
  })
  const left = (targets ?? []).length - planned.length
  if (targets !== null && left > 0 && planned.length > 0)
    addLoss(draft, {
      rule: 'dead-letter-exchange',
      subject: id,
      field: 'dead-letter-exchange',
      change: 'dropped',
      reason: `dead letters no longer reach ${left} of ${targets.length} queues: this plan does not move them here`,
    })
}
