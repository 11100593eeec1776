import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-exclusive',
  group: 'Queues',
  question: 'Does the queue belong to one connection?',
  advice:
    'Per-connection state: nothing to migrate, but the pattern (RPC replies, per-instance broadcast) must be ' +
    'rebuilt. Contents cannot be read from another connection (405).',
  kinds: ['queue'],
  needs: ['exclusive'],
  sources: [PAGES.queues],
  judge({exclusive}) {
    if (!exclusive) return notApplicable('not exclusive')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('a temporary queue', 'create a temporary queue per connection'),
      'sqs-standard': adapt(
        'one real queue per instance',
        'let the application create and delete a queue per instance, or share one with correlation ids',
      ),
      'sns-sqs': adapt(
        'one queue and subscription per instance',
        'create both at start, remove both at the end',
      ),
    }
  },
})
