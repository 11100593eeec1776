import type {StructureFacts} from '../../model/facts.ts'
import {valueOf} from '../../model/facts.ts'
import type {Loss} from '../../model/plan.ts'

/** What SQS has no word for, by setting. Rules are criterion ids, so that the report shows the texts of both. */
type Lost = Omit<Loss, 'id' | 'subject' | 'acceptedBy'>

interface Queue {
  readonly facts: StructureFacts
  readonly fifo: boolean
}

const dropped = (rule: string, field: string, reason: string): Lost => ({
  rule,
  field,
  change: 'dropped',
  reason,
})

const LOSSES: readonly ((queue: Queue) => Lost | null)[] = [length, priority, expiry, autoDelete, oneConsumer]

export const queueLosses = (queue: Queue): Lost[] =>
  LOSSES.map((lost) => lost(queue)).filter((lost) => lost !== null)

function length({facts}: Queue): Lost | null {
  const messages = valueOf(facts.maxLength) ?? null
  const bytes = valueOf(facts.maxLengthBytes) ?? null
  if (messages === null && bytes === null) return null
  const limit = [messages !== null && `${messages} messages`, bytes !== null && `${bytes} bytes`]
    .filter((part) => part !== false)
    .join(' and ')
  const overflow = valueOf(facts.overflow) ?? 'drop-head'
  if (overflow === 'drop-head')
    return dropped(
      'queue-max-length',
      'max-length',
      `keeps ${limit} today and drops the oldest; SQS keeps them all`,
    )
  const also = overflow === 'reject-publish-dlx' ? ' and dead-letters them' : ''
  return dropped(
    'overflow-reject-publish',
    'overflow',
    `refuses new messages above ${limit}${also}; SQS never refuses, publishers get no back-pressure`,
  )
}

function priority({facts}: Queue): Lost | null {
  const levels = valueOf(facts.maxPriority) ?? 0
  return levels > 0
    ? dropped(
        'max-priority',
        'priority',
        `${levels + 1} levels become one; the priority stays readable in the message`,
      )
    : null
}

function expiry({facts}: Queue): Lost | null {
  const idle = valueOf(facts.expires) ?? null
  return idle === null
    ? null
    : dropped('queue-expires', 'expires', `deleted after ${idle / 1000} s without use; an SQS queue stays`)
}

function autoDelete({facts}: Queue): Lost | null {
  return valueOf(facts.autoDelete) === true
    ? dropped('queue-auto-delete', 'auto-delete', 'deleted with its last consumer; an SQS queue stays')
    : null
}

function oneConsumer({facts, fifo}: Queue): Lost | null {
  return valueOf(facts.singleActiveConsumer) === true && !fifo
    ? dropped(
        'single-active-consumer',
        'single-active-consumer',
        'order and one consumer at a time are lost on a standard queue',
      )
    : null
}
