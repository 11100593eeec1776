import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'overflow-reject-publish',
  group: 'Queues',
  question: 'Are publishers refused when the queue is full?',
  advice:
    'Publishers relied on nacks as back-pressure. Replace with an alarm on queue age. When replaying, a nack means ' +
    '"slow down and retry", not failure. A quorum queue overshoots (measured: 20 confirmed at limit 5).',
  kinds: ['queue'],
  needs: ['overflow'],
  sources: [PAGES.maxLength],
  judge({overflow}) {
    // reject-publish-dlx refuses as well; that it also keeps the message is for a later criterion.
    if (overflow?.startsWith('reject-publish') !== true) return notApplicable('publishers are not refused')
    return {
      'amazon-mq-rabbitmq':
        overflow === 'reject-publish'
          ? native()
          : adapt('a quorum queue drops instead of refusing', 'use reject-publish, or a classic queue'),
      'amazon-mq-activemq': adapt('producer flow control', 'set producerFlowControl and a memory limit'),
      'sqs-standard': lossy(
        'no back-pressure: a backlog grows without limit',
        'alarm on the age of the oldest message',
        {
          question: 'Do publishers slow down when they are refused?',
          who: 'owner of the publishers',
        },
      ),
    }
  },
})
