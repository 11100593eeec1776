import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

/** The base case: what makes a queue special is judged by the other criteria. */
export default criterion({
  id: 'queue-classic-durable',
  group: 'Queues',
  question: 'Is it a plain durable classic queue?',
  advice: 'Base case.',
  kinds: ['queue'],
  needs: ['type', 'durable'],
  uses: ['maxPriority', 'arguments'],
  sources: [PAGES.queues, PAGES.mqRabbitmq4],
  judge({type, durable, maxPriority, arguments: given}) {
    if (type !== 'classic' || !durable) return notApplicable(durable ? `type ${type}` : 'not durable')
    // Priorities tie the queue to the classic type and are judged on their own.
    if (maxPriority !== undefined && maxPriority !== null) return notApplicable('a priority queue')
    const named = given?.['x-queue-type'] === 'classic'
    return {
      'amazon-mq-rabbitmq': adapt(
        named
          ? 'classic queues are not replicated on Amazon MQ'
          : 'a declaration without a type makes a quorum queue there; classic is not replicated',
        'choose quorum, or pass x-queue-type: classic on purpose',
      ),
      'amazon-mq-activemq': native(),
      'sqs-standard': native('replicated by SQS'),
    }
  },
})
