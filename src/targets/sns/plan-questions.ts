import {ROUTING_ATTRIBUTES_MAX} from '../../routing/compile.ts'
import type {Draft} from '../plan-draft.ts'
import {ask} from '../plan-draft.ts'
import type {PlannedTopic} from './plan.ts'
import {SNS_LIMITS} from './steps.ts'

interface Doubt {
  readonly rule: string
  readonly question: string
  readonly choices: readonly string[]
}

/** What no rule of ours may decide, or AWS would refuse: the plan is not executed before somebody has answered. */
export function askAboutTopic(draft: Draft, topic: PlannedTopic): void {
  for (const doubt of [
    unknownType(topic),
    attributes(topic),
    policies(topic),
    fifoReaders(topic),
    paths(topic),
  ]) {
    if (doubt !== null) ask(draft, {...doubt, subject: topic.id, who: 'owner of the publishers'})
  }
}

function unknownType({compiled}: PlannedTopic): Doubt | null {
  return compiled.unknown.length === 0
    ? null
    : {
        rule: 'exchange-unknown-type',
        question: `We do not know how ${compiled.unknown.join(', ')} routes, so what it reaches is in no filter. Plan without it?`,
        choices: ['without'],
      }
}

function attributes({compiled}: PlannedTopic): Doubt | null {
  return compiled.tooManyAttributes
    ? {
        rule: 'routing-attributes',
        question: `Its bindings look at ${compiled.attributes.length} attributes, a message has room for ${ROUTING_ATTRIBUTES_MAX} (10 in all with raw delivery). Split the exchange, or confirm that no message carries more`,
        choices: ['no-message-carries-more'],
      }
    : null
}

function policies({readers}: PlannedTopic): Doubt | null {
  const filtered = readers.filter(({filter}) => filter !== null).length
  return filtered > SNS_LIMITS.filterPoliciesPerTopic
    ? {
        rule: 'filter-policies',
        question: `${filtered} filter policies on one topic, the quota is ${SNS_LIMITS.filterPoliciesPerTopic}. Has it been raised?`,
        choices: ['raised'],
      }
    : null
}

function fifoReaders({fifo, readers}: PlannedTopic): Doubt | null {
  return fifo && readers.length > SNS_LIMITS.subscriptionsOfFifoTopic
    ? {
        rule: 'fifo-subscriptions',
        question: `${readers.length} subscriptions on a FIFO topic, the quota is ${SNS_LIMITS.subscriptionsOfFifoTopic}. Has it been raised?`,
        choices: ['raised'],
      }
    : null
}

function paths({compiled}: PlannedTopic): Doubt | null {
  return compiled.truncated
    ? {
        rule: 'too-many-paths',
        question:
          'There are more than 100,000 paths from it to queues; not all are in the filters. Plan with those?',
        choices: ['plan-with-those'],
      }
    : null
}

/** 8,192 bytes for a queue policy (AWS SQS developer guide, policy quotas, read 2026-11-22). */
const POLICY_BYTES = 8192
/** Statement, queue ARN and condition around the list of topics; then each ARN with its quotes, less the name. */
const POLICY_FRAME = 512
const ARN_FRAME = 48

/** One statement lists all topics, but even that has an end. */
export function askAboutPolicySize(draft: Draft, queue: string, topicSteps: readonly string[]): void {
  const bytes = topicSteps.reduce((sum, step) => sum + ARN_FRAME + step.length, POLICY_FRAME)
  if (bytes <= POLICY_BYTES) return
  ask(draft, {
    rule: 'queue-policy-size',
    subject: queue,
    question: `${topicSteps.length} topics feed it, its queue policy would be about ${bytes} bytes and ${POLICY_BYTES} are allowed. Leave exchanges out (platforms: in mqlift.yaml), or try it as it is?`,
    choices: ['try'],
    who: 'owner of the publishers',
  })
}
