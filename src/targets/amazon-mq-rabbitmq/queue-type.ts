import {valueOf} from '../../model/facts.ts'
import type {Destination} from '../../model/inventory.ts'
import {atLeast} from '../../routing/version.ts'
import {ask} from '../plan-draft.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'

export type QueueType = 'classic' | 'quorum'

export const QUEUE_TYPE = 'queue-type'

interface Choice {
  readonly type: QueueType
  readonly because: string
}

/** rabbitmq.com/docs/quorum-queues, 4.3: strict priorities 0 to 31, read 2026-11-24. */
const QUORUM_PRIORITIES = 31

/** Quorum where RabbitMQ allows it: on a cluster of Amazon MQ a classic queue lives on one node. */
export function chooseType(planning: Planning, queue: Destination): Choice {
  const {facts} = queue
  if (valueOf(facts.type) === 'quorum') return {type: 'quorum', because: 'it is one'}
  const only = classicOnly(queue)
  if (only !== null) return {type: 'classic', because: only}
  const asked = tradeOff(planning, queue)
  if (asked === null) return {type: 'quorum', because: advised(planning)}
  const answer = ask(planning.draft, {
    rule: QUEUE_TYPE,
    subject: queue.id,
    question: asked.question,
    choices: ['quorum', 'classic'],
    who: 'owner of the consumers',
    assumed: asked.assumed,
  })
  return {type: answer === 'classic' ? 'classic' : 'quorum', because: asked.because}
}

const advised = ({broker}: Planning): string =>
  broker.deployment === 'cluster'
    ? 'three replicas, as AWS advises'
    : 'as AWS advises, and ready for a cluster'

function classicOnly({facts}: Pick<Destination, 'facts'>): string | null {
  if (valueOf(facts.autoDelete) === true) return 'quorum queues cannot be auto-delete'
  if (valueOf(facts.durable) === false) return 'quorum queues are durable'
  return null
}

interface TradeOff {
  readonly question: string
  readonly assumed: QueueType
  readonly because: string
}

/** A queue that could be either, and loses something as each. */
function tradeOff(planning: Planning, {facts}: Destination): TradeOff | null {
  const {broker} = planning
  const levels = valueOf(facts.maxPriority) ?? 0
  if (levels > 0) {
    const strict = atLeast(releaseOf(broker), 4, 3)
    const fits = strict && levels <= QUORUM_PRIORITIES
    const quorum = strict ? `priorities 0 to ${QUORUM_PRIORITIES}` : 'two levels of priority'
    return {
      question: `It has priorities up to ${levels}. As classic it keeps them and lives on one node; as quorum it has ${quorum}, and what says none counts as 4. Which?`,
      assumed: fits ? 'quorum' : 'classic',
      because: fits
        ? `quorum queues of ${broker.version} keep priorities up to ${QUORUM_PRIORITIES}`
        : `only classic queues of ${broker.version} keep priorities up to ${levels}`,
    }
  }
  if (valueOf(facts.overflow) === 'reject-publish-dlx')
    return {
      question:
        'It dead-letters what it refuses (reject-publish-dlx), which classic queues alone can: classic, on one node, or quorum, which refuses without dead-lettering?',
      assumed: 'quorum',
      because: advised(planning),
    }
  return null
}

/** Says which type it becomes. Silent about a quorum queue that stays one. */
export function sayType(planning: Planning, queue: Destination, {type, because}: Choice): void {
  const before = valueOf(queue.facts.type) ?? 'classic'
  if (before === type && type === 'quorum') return
  const {broker} = planning
  const mirrored = valueOf(queue.facts.mirrored) === true
  say(planning, {
    subject: queue.id,
    field: 'type',
    from: mirrored ? `${before}, mirrored` : before,
    to: `${type}: ${because}`,
    undo:
      type === 'quorum'
        ? 'a queue of another name, declared with x-queue-type: classic'
        : declaredClassic(queue),
  })
  if (mirrored && type === 'classic' && broker.deployment === 'cluster')
    lose(planning, {
      rule: 'queue-mirrored',
      subject: queue.id,
      field: 'type',
      change: 'dropped',
      reason: `mirrored today; ${because}, and a classic queue lives on one node: while that is away, so is the queue`,
    })
}

/** What RabbitMQ puts into a declaration that names no type: the default where the queue can be of it, else classic. */
const declaredClassic = ({facts}: Destination): string =>
  classicOnly({facts}) === null
    ? 'x-queue-type is said, because the default is quorum: applications that declare it must say classic, too'
    : 'none needed: applications that declare it without a type get classic'
