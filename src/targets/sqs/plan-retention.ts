import {valueOf} from '../../model/facts.ts'
import {exactly} from '../duration.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, ask} from '../plan-draft.ts'
import type {PlannedQueue} from './plan-queues.ts'
import {SQS_LIMITS} from './steps.ts'

const {min, max} = SQS_LIMITS.retentionSeconds
const TTL = 'queue-message-ttl'

/**
 * How long SQS keeps a message after cutover: the queue's time to live, rounded up. Until then, and without one,
 * 14 days, the most there is: a moved message must not expire before consumers exist.
 */
export function retentionAtCutover(draft: Draft, queue: PlannedQueue): number {
  const ttl = timeToLive(draft, queue.id)
  if (ttl === null) return max
  const seconds = Math.ceil(ttl / 1000)
  const kept = Math.min(max, Math.max(min, seconds))
  if (seconds < min)
    lose(
      draft,
      queue.id,
      `expires after ${exactly(ttl)}, SQS keeps a message for ${exactly(min * 1000)} at least`,
    )
  else if (seconds > max)
    lose(draft, queue.id, `kept for ${exactly(ttl)}, SQS keeps a message for ${exactly(max * 1000)} at most`)
  else {
    addChange(draft, {
      subject: queue.id,
      field: 'time to live',
      change: 'mapped',
      from: `${exactly(ttl)} from its arrival`,
      to: `retention ${exactly(kept * 1000)}, from apply --cutover on; ${exactly(max * 1000)} until then`,
      undo: 'SetQueueAttributes MessageRetentionPeriod',
    })
  }
  const reached = draft.context.graph.deadLetterQueues(queue.id) ?? []
  if (reached.length > 0)
    lose(draft, queue.id, `expired messages go to ${reached.join(', ')} today; SQS deletes them`)
  return kept
}

function lose(draft: Draft, subject: string, reason: string): void {
  addLoss(draft, {rule: TTL, subject, field: 'message-ttl', change: 'truncated', reason})
}

/** Milliseconds. A placeholder that nobody resolved is asked for: it is neither none nor 0. */
function timeToLive(draft: Draft, id: string): number | null {
  const fact = draft.context.graph.destinations.get(id)?.facts.messageTtl
  if (fact === undefined || 'value' in fact) return valueOf(fact) ?? null
  const answer = ask(draft, {
    rule: TTL,
    subject: id,
    question: `Its message-ttl is the placeholder ${fact.unresolved}: how many milliseconds, or none?`,
    choices: [],
    who: 'owner of the template',
    accepts: (text) => text === 'none' || /^\d{1,15}$/.test(text),
  })
  return answer === null || answer === 'none' ? null : Number(answer)
}
