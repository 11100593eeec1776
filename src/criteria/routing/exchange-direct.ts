import {SNS} from '../../facts/sns.ts'
import {bindingsByDestination, sharedKeys} from '../../routing/flows.ts'
import type {Judgement, Subject} from '../criterion.ts'
import {adapt, blocker, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence, NOTHING_BOUND} from './bound.ts'

export default criterion({
  id: 'exchange-direct',
  group: 'Exchanges and routing',
  question: 'Does a routing key of this direct exchange reach more than one queue?',
  advice: 'Count distinct queues per key: 1 → SQS, more → SNS.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.exchanges, PAGES.snsFilterLimits],
  judge({type}, subject) {
    if (type !== 'direct') return notApplicable(`type ${type}`)
    const shared = sharedKeys(subject.graph, subject.destination.id)
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(
        'one queue per key, or a composite destination when a key feeds several queues',
        'define a composite destination for each key that feeds several queues',
      ),
      'sqs-standard': toQueues(subject, shared),
      'sns-sqs': toTopic(subject),
      evidence: bindingEvidence(subject),
    }
  },
})

function toQueues({graph, destination}: Subject, shared: readonly string[]): Judgement {
  if (graph.bindingsFrom(destination.id).length === 0) return NOTHING_BOUND
  const [first] = shared
  return first === undefined
    ? adapt('every key reaches one queue', 'give publishers a map from routing key to queue URL')
    : blocker(`${count(shared.length, 'key')} reach several queues, for example ${JSON.stringify(first)}`)
}

function toTopic({graph, destination}: Subject): Judgement {
  const most = Math.max(
    0,
    ...[...bindingsByDestination(graph, destination.id).values()].map((bindings) => bindings.length),
  )
  if (most > SNS.filterCombinations.value) {
    return lossy(
      `a queue is bound with ${most} keys, a filter policy takes ${SNS.filterCombinations.value}`,
      'widen the filter and drop the rest in the consumer, or split the exchange into several topics',
    )
  }
  return adapt('one topic, filtered by routing key', 'publish with the attribute rk = routing key')
}

const count = (n: number, what: string): string => (n === 1 ? `1 ${what}` : `${n} ${what}s`)
