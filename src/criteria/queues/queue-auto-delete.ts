import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-auto-delete',
  group: 'Queues',
  question: 'Does the queue go away with its last consumer?',
  advice:
    'Cancelling the migration consumer on such a queue deletes it when it was the last consumer: use basic.get or ' +
    'keep another consumer attached.',
  kinds: ['queue'],
  needs: ['autoDelete'],
  sources: [PAGES.queues],
  judge({autoDelete}) {
    if (!autoDelete) return notApplicable('not auto-delete')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('a temporary queue', 'use a temporary queue, or gcInactiveDestinations'),
      'sqs-standard': lossy('the queue stays when nobody reads', 'remove unused queues by tag and age'),
      'sns-sqs': lossy(
        'subscriptions stay when nobody reads',
        'remove unused queues and subscriptions by tag and age',
      ),
    }
  },
})
