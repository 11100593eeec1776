import {queuesBehind} from '../../routing/flows.ts'
import {adapt, blocker, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'e2e-binding',
  group: 'Exchanges and routing',
  question: 'Does this exchange hand messages to other exchanges?',
  advice:
    'Compute all source-exchange → queue paths with cycle detection. At most one conditional edge per path is ' +
    'mechanical; two patterns on the same key need an intersection or two attributes.',
  kinds: ['exchange'],
  needs: [],
  sources: [PAGES.e2e],
  judge(_, {graph, destination}) {
    const inner = graph
      .bindingsFrom(destination.id)
      .filter((binding) => binding.destination.startsWith('exchange:'))
    if (inner.length === 0) return notApplicable('bound to queues only')
    const queues = queuesBehind(graph, destination.id).length
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('composite destinations', 'write composite destinations in the broker XML'),
      'sqs-standard':
        queues > 1
          ? blocker(`the path through other exchanges ends at ${queues} queues, SQS does not route`)
          : adapt('the path ends at one queue', 'publishers send straight to the queue'),
      'sns-sqs': adapt(
        'one topic per entry exchange; SNS cannot subscribe to SNS',
        'flatten: conditions along a path become one filter policy',
      ),
      evidence: inner.slice(0, 3).map((binding) => binding.evidence),
    }
  },
})
