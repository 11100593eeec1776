import {AMAZON_MQ_ACTIVEMQ} from '../../facts/amazon-mq-activemq.ts'
import {parseId} from '../../model/id.ts'
import type {Draft} from '../plan-draft.ts'
import {addMove, addNotMoved, addStep, ask, newDraft, partOf} from '../plan-draft.ts'
import {hasOneReader, knownOfSource} from '../plan-source.ts'
import type {PlanContext, PlanPart, PlanSubject} from '../target.ts'
import {nameAll} from './names.ts'
import {type PlannedQueue, plannedQueues, policiesOf, sayLosses, sayWhatStays} from './plan-queues.ts'
import {rightsOf} from './plan-rights.ts'
import {sizeOf} from './plan-size.ts'
import {plannedTopics, type PlannedTopic} from './plan-topics.ts'
import type {ActivemqConfigurationSettings} from './steps.ts'

export const CONFIGURATION = 'activemq-configuration:broker'
const PLATFORM = 'amazon-mq-activemq'
const NO_BROKER =
  'there is no broker yet: make one from target/activemq.xml, name it under brokers: in mqlift.yaml, then plan again'

/** Queues and exchanges of RabbitMQ on Amazon MQ for ActiveMQ. Pure. */
export function plan(subjects: readonly PlanSubject[], context: PlanContext): PlanPart {
  const draft = newDraft(context)
  const own = subjects.filter(({platform}) => platform === PLATFORM)
  sayWhatStays(draft, own)
  const names = nameAll(
    own.map(({id}) => id).filter((id) => !id.startsWith('stream:')),
    context,
  )
  const queues = plannedQueues(own, names, context)
  const topics = plannedTopics(draft, own, names, queues)
  if (queues.length === 0 && topics.length === 0) return partOf(draft)
  for (const queue of queues) sayLosses(draft, queue)
  const settings = configurationOf(draft, queues, topics)
  const exists = context.config.brokers[PLATFORM]?.address !== undefined
  const when = exists ? 'before' : 'by-hand'
  addStep(draft, {
    id: CONFIGURATION,
    platform: PLATFORM,
    do: 'activemq-configuration',
    name: 'broker',
    when,
    settings,
    needs: [],
    for: topics.map(({id}) => id),
    because: [...new Set(topics.flatMap(({because}) => because))].toSorted(),
  })
  for (const queue of queues) planQueue(draft, queue, {when, exists, settings})
  return partOf(draft)
}

function configurationOf(
  draft: Draft,
  queues: readonly PlannedQueue[],
  topics: readonly PlannedTopic[],
): ActivemqConfigurationSettings {
  const {policies, composites} = policiesOf(draft, queues)
  const named = topics.map(({id, composite: {name}}) => ({id, name}))
  return {
    ...sizeOf(draft, queues),
    consumers: consumersOf(draft),
    queues: queues.map(({name}) => name).toSorted(),
    policies: policies.toSorted((a, b) => (a.queue < b.queue ? -1 : 1)),
    composites: [...topics.map(({composite}) => composite), ...composites].toSorted((a, b) =>
      `${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1,
    ),
    ...rightsOf(draft, queues, named),
    replies: repliesOf(queues),
  }
}

/** A broker that hands JMS consumers raw AMQP is refused, unless they speak AMQP. */
function consumersOf(draft: Draft): 'openwire' | 'amqp' {
  const answer = ask(draft, {
    rule: 'activemq-consumers',
    subject: 'broker',
    question: `What will consumers of the target speak? AMQP 1.0 (Qpid JMS, rhea, …) works with every broker. OpenWire (ActiveMQ's own JMS client) reads what mqlift moved only where AMQP becomes JMS (transport.transformer=jms); ActiveMQ's default is ${AMAZON_MQ_ACTIVEMQ.transformer.value}, and Amazon MQ does not let it be set. mqlift asks the broker before it moves anything`,
    choices: ['openwire', 'amqp'],
    who: 'owners of the consumers',
    assumed: 'openwire',
  })
  return answer === 'amqp' ? 'amqp' : 'openwire'
}

function repliesOf(queues: readonly PlannedQueue[]): ActivemqConfigurationSettings['replies'] {
  return queues.map(({id, name}) => {
    const {vhost, name: original} = parseId(id)
    return [vhost, original, name]
  })
}

interface QueuePlan {
  readonly when: 'before' | 'by-hand'
  readonly exists: boolean
  readonly settings: ActivemqConfigurationSettings
}

function planQueue(draft: Draft, queue: PlannedQueue, {when, exists, settings}: QueuePlan): void {
  const {id, name, because} = queue
  const step = `activemq-queue:${name}`
  addStep(draft, {
    id: step,
    platform: PLATFORM,
    do: 'activemq-queue',
    name,
    when,
    settings: {},
    needs: [CONFIGURATION],
    for: [id],
    because: [...because],
  })
  if (!exists) return addNotMoved(draft, {subject: id, because: NO_BROKER})
  const known = knownOfSource(draft, id)
  const {messages} = known.expected
  const rate = AMAZON_MQ_ACTIVEMQ.perProducer.value[settings.storage]
  return addMove(draft, {
    id: `${id}>${step}`,
    source: id,
    target: step,
    platform: PLATFORM,
    mode: 'drain',
    // A link keeps the order anyway, unless a message has to be sent again; where one consumer at a time relies on
    // it, nothing is sent before the message in front of it is there.
    order: hasOneReader(draft.context, id) ? 'strict' : 'none',
    ...known,
    // One connection for each queue.
    estimateSeconds: messages === null ? null : Math.ceil(messages / rate),
  })
}
