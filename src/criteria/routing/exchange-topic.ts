import {queuesBehind} from '../../routing/flows.ts'
import type {Judgement, Subject} from '../criterion.ts'
import {adapt, blocker, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence, NOTHING_BOUND, STRAIGHT} from './bound.ts'

export default criterion({
  id: 'exchange-topic',
  group: 'Exchanges and routing',
  question: 'Do consumers select messages by topic pattern?',
  advice:
    'Each binding becomes a filter policy; the plan says where one lets more through than the binding did.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.exchanges, PAGES.snsFilters],
  judge({type}, subject) {
    if (type !== 'topic') return notApplicable(`type ${type}`)
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': onActivemq(patterns(subject)),
      'sqs-standard': onQueues(subject),
      'sns-sqs': adapt(
        'one topic, patterns become filter policies',
        'publish with the routing attributes that the plan names',
      ),
      evidence: bindingEvidence(subject),
    }
  },
})

const patterns = ({graph, destination}: Subject): string[] =>
  graph.bindingsFrom(destination.id).map((binding) => binding.routingKey)

function onActivemq(keys: readonly string[]): Judgement {
  const inner = keys.find((key) => /#(?!$)/.test(key))
  return inner === undefined
    ? adapt('wildcards * and > of ActiveMQ', 'write * as *, a last # as >')
    : lossy(
        `${JSON.stringify(inner)} has # before the end`,
        'select on a property that holds the routing key',
      )
}

function onQueues(subject: Subject): Judgement {
  const keys = patterns(subject)
  if (keys.length === 0) return NOTHING_BOUND
  const queues = queuesBehind(subject.graph, subject.destination.id).length
  if (queues > 1) return blocker(`${queues} queues select by pattern, SQS does not route`)
  if (keys.includes('#')) return STRAIGHT
  const wildcard = keys.find((key) => /[*#]/.test(key))
  return wildcard === undefined
    ? adapt('one queue, exact keys', 'publishers send only these keys to the queue')
    : blocker(`${JSON.stringify(wildcard)} selects, SQS does not route`)
}
