import {valueOf} from '../../model/facts.ts'
import type {CompiledExchange, CompiledSubscription} from '../../routing/compile.ts'
import {compileExchange} from '../../routing/compile.ts'
import {snsPolicy} from '../../routing/filter-policy.ts'
import type {Draft} from '../plan-draft.ts'
import {addLoss, addNotMoved, addStep, newDraft, partOf} from '../plan-draft.ts'
import type {PlannedQueue, PlannedQueues} from '../sqs/plan-queues.ts'
import {plannedQueues} from '../sqs/plan-queues.ts'
import type {SqsPolicySettings} from '../sqs/steps.ts'
import {tagsFor} from '../tags.ts'
import type {PlanContext, PlanPart, PlanSubject} from '../target.ts'
import {sayWaitingInside} from '../waiting-inside.ts'
import {sayHowToPublish} from './plan-publishers.ts'
import {askAboutPolicySize, askAboutTopic} from './plan-questions.ts'
import {assertTopics, planTap, tappedExchanges} from './plan-taps.ts'
import type {SnsSubscriptionSettings, SnsTopicSettings} from './steps.ts'
import {SNS_LIMITS} from './steps.ts'

/** An exchange that becomes a topic, with those of its readers that this plan moves. */
export interface PlannedTopic {
  readonly id: string
  readonly step: string
  readonly name: string
  readonly fifo: boolean
  readonly compiled: CompiledExchange
  readonly readers: readonly (CompiledSubscription & {readonly target: PlannedQueue})[]
  /** Queues and streams that read from the exchange and are not in this plan. */
  readonly left: readonly string[]
}

/** Exchanges of RabbitMQ as SNS topics that feed SQS queues. Pure. */
export function plan(subjects: readonly PlanSubject[], context: PlanContext): PlanPart {
  const draft = newDraft(context)
  const queues = plannedQueues(subjects, context)
  const tapped = tappedExchanges(context)
  const topics = new Set<string>()
  const feeders = new Map<string, string[]>()
  for (const subject of subjects) {
    if (!subject.id.startsWith('exchange:') || subject.platform !== 'sns-sqs') continue
    const topic = topicFor(draft, subject.id, {queues, tapped})
    if (topic === null) continue
    topics.add(topic.id)
    planTopic(draft, topic, subject.because)
    if (tapped.has(topic.id)) planTap(draft, topic, queues)
    for (const {target} of topic.readers)
      feeders.set(target.id, [...(feeders.get(target.id) ?? []), topic.step])
  }
  assertTopics(tapped, topics)
  for (const [id, steps] of feeders) {
    const queue = queues.queues.get(id)
    if (queue === undefined) continue
    addPolicy(draft, queue, steps)
    askAboutPolicySize(draft, queue.id, steps)
  }
  return partOf(draft)
}

interface Planned {
  readonly queues: PlannedQueues
  readonly tapped: ReadonlySet<string>
}

function topicFor(draft: Draft, id: string, {queues, tapped}: Planned): PlannedTopic | null {
  const {graph, names} = draft.context
  const name = names[id]
  if (name === undefined) return null
  if (valueOf(graph.destinations.get(id)?.facts.internal) === true) {
    addNotMoved(draft, {
      subject: id,
      because: 'internal: nobody publishes to it. The topics before it deliver to its queues',
    })
    return null
  }
  const compiled = compileExchange(graph, id)
  const readers = compiled.subscriptions.flatMap((each) => {
    const target = queues.queues.get(each.queue)
    return target === undefined ? [] : [{...each, target}]
  })
  const left = compiled.subscriptions.map(({queue}) => queue).filter((queue) => !queues.queues.has(queue))
  // The subscribers of a tap come by themselves.
  if (readers.length === 0 && compiled.unknown.length === 0 && !tapped.has(id)) {
    addNotMoved(draft, {
      subject: id,
      because:
        left.length === 0
          ? 'no queue reads from it: a topic would have no subscriber'
          : `none of its readers is moved by this plan: ${left.join(', ')}`,
    })
    return null
  }
  // A name is chosen before the readers are known to be FIFO or not, so it decides (stages/plan/names.ts).
  return {id, name, step: `sns-topic:${name}`, fifo: name.endsWith('.fifo'), compiled, readers, left}
}

function planTopic(draft: Draft, topic: PlannedTopic, because: readonly string[]): void {
  const {config} = draft.context
  const settings: SnsTopicSettings = {
    fifo: topic.fifo,
    maximumMessageSize: messageSize(topic),
    kmsKey: config.kmsKey ?? null,
    tags: tagsFor(topic.id, config),
  }
  addStep(draft, {
    id: topic.step,
    platform: 'sns-sqs',
    do: 'sns-topic',
    name: topic.name,
    when: 'before',
    settings,
    needs: [],
    for: [topic.id],
    because: [...because],
  })
  for (const reader of topic.readers) addSubscription(draft, topic, reader)
  sayHowToPublish(draft, topic)
  sayLosses(draft, topic)
  askAboutTopic(draft, topic)
  draft.routing[topic.id] = [...topic.compiled.attributes]
}

/** Raised to what SQS takes, which SNS allows up to 100 subscriptions. */
function messageSize({readers}: PlannedTopic): number {
  const {default: small, max} = SNS_LIMITS.maximumMessageSize
  return readers.length > SNS_LIMITS.subscriptionsOfLargeTopic ? small : max
}

function addSubscription(
  draft: Draft,
  topic: PlannedTopic,
  {target, filter}: PlannedTopic['readers'][number],
): void {
  const settings: SnsSubscriptionSettings = {
    topicStep: topic.step,
    queueStep: target.step,
    raw: true,
    filterPolicy: filter === null ? null : snsPolicy(filter),
    scope: 'MessageAttributes',
    redrive: null,
  }
  const name = `${topic.name}>${target.name}`
  addStep(draft, {
    id: `sns-subscription:${name}`,
    platform: 'sns-sqs',
    do: 'sns-subscription',
    name,
    when: 'before',
    settings,
    needs: [topic.step, target.step, policyStep(target)],
    for: [topic.id, target.id],
    because: [],
  })
}

const policyStep = ({name}: PlannedQueue): string => `sqs-policy:${name}`

/** The queue's own folder opens it, so it carries the queue's platform. */
function addPolicy(draft: Draft, queue: PlannedQueue, topics: readonly string[]): void {
  const settings: SqsPolicySettings = {queueStep: queue.step, topicSteps: topics.toSorted()}
  addStep(draft, {
    id: policyStep(queue),
    platform: queue.fifo ? 'sqs-fifo' : 'sqs-standard',
    do: 'sqs-policy',
    name: queue.name,
    when: 'before',
    settings,
    needs: [queue.step, ...settings.topicSteps],
    for: [queue.id],
    because: [],
  })
}

function sayLosses(draft: Draft, topic: PlannedTopic): void {
  const {compiled, id, readers, left} = topic
  for (const {target, widened} of readers) {
    if (widened.length === 0) continue
    addLoss(draft, {
      rule: 'filter-widened',
      subject: target.id,
      field: 'filter policy',
      change: 'widened',
      reason: `gets more from ${topic.name} than today, its consumer must drop the rest: ${widened.join('; ')}`,
    })
  }
  if (left.length > 0)
    addLoss(draft, {
      rule: 'reader-left-behind',
      subject: id,
      field: 'binding',
      change: 'dropped',
      reason: `what is published to the topic does not reach ${left.join(', ')}, which this plan does not move`,
    })
  for (const exchange of compiled.lostAlternates)
    addLoss(draft, {
      rule: 'alternate-exchange',
      subject: exchange,
      field: 'alternate-exchange',
      change: 'dropped',
      reason:
        'SNS drops what no filter takes, and "no other filter matched" cannot be said for these bindings',
    })
  sayTypeLosses(draft, topic)
  if (messageSize(topic) < SNS_LIMITS.maximumMessageSize.max)
    addLoss(draft, {
      rule: 'body-over-256k',
      subject: id,
      field: 'message size',
      change: 'dropped',
      reason: `a topic with ${readers.length} subscriptions refuses messages above 256 KiB`,
    })
}

/** Exchange types that do more than route. */
function sayTypeLosses(draft: Draft, {compiled}: PlannedTopic): void {
  for (const exchange of compiled.through) {
    const facts = draft.context.graph.destinations.get(exchange)?.facts
    const type = valueOf(facts?.type)
    const lost = (rule: string, field: string, reason: string): void =>
      addLoss(draft, {rule, subject: exchange, field, change: 'dropped', reason})
    if (type === 'x-delayed-message') {
      lost(
        'exchange-delayed-message',
        'x-delay',
        'SNS has no delay: send to the queue with DelaySeconds instead (900 s at most)',
      )
      sayWaitingInside(draft, exchange)
    }
    if (type === 'x-recent-history')
      lost('exchange-recent-history', 'history', 'SNS keeps nothing for new readers')
    if (valueOf(facts?.alternateExchange) === '')
      lost(
        'alternate-exchange',
        'alternate-exchange',
        'unrouted messages go to the queue named by their key; SNS drops them',
      )
  }
}
