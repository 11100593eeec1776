import {queuesBehind} from '../../routing/flows.ts'
import {adapt, blocker, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence, NOTHING_BOUND, STRAIGHT} from './bound.ts'

export default criterion({
  id: 'exchange-fanout',
  group: 'Exchanges and routing',
  question: 'How many queues get a copy from this fanout exchange?',
  advice:
    'The natural SNS case. Check subscription limits (100 per topic once MaximumMessageSize > 256 KiB).',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.exchanges, PAGES.choosing],
  judge({type}, subject) {
    if (type !== 'fanout') return notApplicable(`type ${type}`)
    const queues = queuesBehind(subject.graph, subject.destination.id).length
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(
        'a virtual topic',
        'publish to VirtualTopic.<exchange>, consume from Consumer.<queue>.VirtualTopic.<exchange>',
      ),
      'sqs-standard': straight(queues),
      'sns-sqs':
        queues > 1
          ? native('a topic without a filter policy')
          : adapt('a topic with one reader at most', 'make a topic only when more readers are planned'),
      evidence: bindingEvidence(subject),
    }
  },
})

function straight(queues: number) {
  if (queues === 0) return NOTHING_BOUND
  return queues === 1 ? STRAIGHT : blocker(`${queues} queues get a copy, SQS makes none`)
}
