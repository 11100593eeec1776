import type {Binding} from '../../model/inventory.ts'
import {fitToLimits} from '../../routing/filter-widen.ts'
import {bindingsByDestination} from '../../routing/flows.ts'
import {topicClauses} from '../../routing/topic-filter.ts'
import type {Subject} from '../criterion.ts'
import {blocker, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

interface Inexpressible {
  readonly binding: Binding
  readonly because: string
}

export default criterion({
  id: 'topic-pattern-inexpressible',
  group: 'Exchanges and routing',
  question: 'Is there a topic pattern that an SNS filter policy cannot say?',
  advice: 'Usually a leftover; ask whether one # is enough. Otherwise add a word attribute in the publisher.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.snsFilterLimits],
  judge({type}, subject) {
    if (type !== 'topic') return notApplicable(`type ${type}`)
    const [first, ...others] = inexpressible(subject)
    if (first === undefined) return notApplicable('every pattern can be said exactly')
    const because = others.length === 0 ? first.because : `${first.because}, and ${others.length} more`
    const decide = {
      question: `Is a narrower pattern possible? ${because}`,
      who: 'owner of the consumers',
    }
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': lossy(because, 'subscribe to the wider pattern and filter in the consumer'),
      'sqs-standard': blocker(`${because}; SQS does not route`),
      'sns-sqs': lossy(
        because,
        'subscribe to the wider pattern and drop in the consumer, or route with EventBridge',
        decide,
      ),
      evidence: [first, ...others].slice(0, 3).map(({binding}) => binding.evidence),
    }
  },
})

function inexpressible({graph, destination}: Subject): Inexpressible[] {
  return [...bindingsByDestination(graph, destination.id).values()].flatMap((bindings) => {
    const clauses = bindings.map((binding) => ({binding, clause: topicClauses(binding.routingKey)[0]}))
    const unsaid = clauses.filter(({clause}) => clause === undefined)
    if (unsaid.length > 0) {
      return unsaid.map(({binding}) => ({
        binding,
        because: `${JSON.stringify(binding.routingKey)} has no exact filter`,
      }))
    }
    const [first] = bindings
    if (first === undefined || bindings.length === 1) return []
    const {widened} = fitToLimits(clauses.flatMap(({clause}) => (clause === undefined ? [] : [clause])))
    const [reason] = widened
    return reason === undefined
      ? []
      : [{binding: first, because: `${bindings.length} patterns of one queue: ${reason}`}]
  })
}
