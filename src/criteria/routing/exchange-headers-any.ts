import {adapt, blocker, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {headersBindings, onSns} from './headers.ts'

export default criterion({
  id: 'exchange-headers-any',
  group: 'Exchanges and routing',
  question: 'Do consumers select messages by any one of several headers?',
  advice: 'any with no usable key matches nothing: no subscription at all.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.exchanges, PAGES.snsFilters],
  judge({type}, subject) {
    if (type !== 'headers') return notApplicable(`type ${type}`)
    const bindings = headersBindings(subject, 'any')
    if (bindings.length === 0) return notApplicable('no binding matches any header')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('a selector with OR', 'select on properties joined by OR'),
      'sqs-standard': blocker('consumers select by header, SQS does not route'),
      'sns-sqs': onSns(bindings, 'alternatives of one filter policy'),
      evidence: bindings.slice(0, 3).map((binding) => binding.evidence),
    }
  },
})
