import {valueOf} from '../../model/facts.ts'
import {parseVersion} from '../../routing/version.ts'
import {atLeast} from '../../routing/version.ts'
import {exactly} from '../duration.ts'
import {addMove, addStep} from '../plan-draft.ts'
import {hasOneReader, knownOfSource} from '../plan-source.ts'
import {PLATFORM, releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose} from './planning.ts'
import type {PlannedQueue} from './queues.ts'
import type {RabbitmqQueueSettings} from './steps.ts'
import {queueStep, queueStepName} from './steps.ts'

/**
 * Messages per second of one queue with confirms, the slower type, from a machine near the broker: an assumption,
 * printed as one. RabbitMQ's own figure for a quorum queue at 1 KB is 30,000 (facts/amazon-mq.ts).
 */
const MESSAGES_PER_SECOND = 5000
/** Of one message after the other, each confirmed before the next: one round trip and one fsync. */
const STRICT_PER_SECOND = 100

export interface MoveRequest {
  readonly queue: PlannedQueue
  readonly because: readonly string[]
  readonly definitionsStep: string
  readonly maxMessageBytes: number
}

/** A queue that waits with messages, into the queue of the same name. */
export function planMove(planning: Planning, request: MoveRequest): void {
  const {draft} = planning
  const {queue, definitionsStep} = request
  const {id, vhost, name} = queue.destination
  const target = queueStep(vhost, name)
  const settings: RabbitmqQueueSettings = {
    vhost,
    queue: name,
    type: queue.type,
    maxMessageBytes: request.maxMessageBytes,
  }
  addStep(draft, {
    id: target,
    platform: PLATFORM,
    do: 'rabbitmq-queue',
    name: queueStepName(vhost, name),
    when: 'before',
    settings,
    needs: [definitionsStep],
    for: [id],
    because: [...request.because],
  })
  const known = knownOfSource(draft, id)
  const order = hasOneReader(draft.context, id) ? 'strict' : 'none'
  addMove(draft, {
    id: `${id}>${target}`,
    source: id,
    target,
    platform: PLATFORM,
    mode: 'drain',
    order,
    ...known,
    estimateSeconds: estimate(known.expected.messages, order),
  })
  sayLosses(planning, queue)
}

const estimate = (messages: number | null, order: 'strict' | 'none'): number | null =>
  messages === null
    ? null
    : Math.ceil(messages / (order === 'strict' ? STRICT_PER_SECOND : MESSAGES_PER_SECOND))

/** What every message of the queue loses, whatever is in it (rabbitmq.md 3.6). The rest is found message by message. */
function sayLosses(planning: Planning, {destination}: PlannedQueue): void {
  const {id: subject, facts} = destination
  const ttl = valueOf(facts.messageTtl) ?? null
  if (ttl !== null)
    lose(planning, {
      rule: 'queue-message-ttl',
      subject,
      field: 'age',
      change: 'reset',
      reason: `messages expire ${exactly(ttl)} after they arrive, and what is moved arrives anew: it lives longer than it would have`,
    })
  if (countsDeaths(planning, destination.id))
    lose(planning, {
      rule: 'x-death',
      subject,
      field: 'x-death',
      change: 'reset',
      reason: `RabbitMQ ${planning.broker.version} does not go on counting the x-death of a message that is published to it: retries that count it begin again, and the header stays readable`,
    })
}

function countsDeaths({draft, broker}: Planning, id: string): boolean {
  const {graph, inventory} = draft.context
  const source = parseVersion(inventory.broker.version)
  if (!atLeast(releaseOf(broker), 4) || atLeast(source, 4)) return false
  // A message comes back into the queue that gave it up: whoever counts its deaths reads it there.
  const reached = graph.deadLetterQueues(id) ?? []
  return reached.some((next) => next === id || (graph.deadLetterQueues(next) ?? []).includes(id))
}
