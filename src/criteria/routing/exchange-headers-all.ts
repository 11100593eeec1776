import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {headersBindings, onSns, onSqs} from './headers.ts'

export default criterion({
  id: 'exchange-headers-all',
  group: 'Exchanges and routing',
  question: 'Do consumers select messages by several headers at once?',
  advice:
    'Without -with-x, binding keys beginning with x- are ignored by the broker: leave them out, or the policy is ' +
    'narrower than the source. all with only ignored keys matches everything.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.exchanges, PAGES.snsFilterLimits],
  judge({type}, subject) {
    if (type !== 'headers') return notApplicable(`type ${type}`)
    const bindings = headersBindings(subject, 'all')
    if (bindings.length === 0) return notApplicable('no binding matches all headers')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(
        "a selector, h1='v' AND h2=3",
        'select on properties; their names must be Java identifiers',
      ),
      'sqs-standard': onSqs(subject, bindings),
      'sns-sqs': onSns(bindings, 'one filter key per header'),
      evidence: bindings.slice(0, 3).map((binding) => binding.evidence),
    }
  },
})
