import {adapt, blocker, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'single-active-consumer',
  group: 'Queues',
  question: 'Must one consumer at a time read this queue in order?',
  advice: 'Ask for the real key: SAC is often used because the broker had no per-key order.',
  kinds: ['queue'],
  needs: ['singleActiveConsumer'],
  sources: [PAGES.consumers, PAGES.sqsFifo, PAGES.snsFifo],
  judge({singleActiveConsumer}) {
    if (!singleActiveConsumer) return notApplicable('consumers compete')
    const decide = {
      question: 'Which business key needs order? One group for all is one batch at a time',
      who: 'owner of the consumers',
    }
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('exclusive consumers', 'consume with ?consumer.exclusive=true'),
      'sqs-standard': blocker('order and exclusivity are lost'),
      'sqs-fifo': adapt(
        'one group keeps strict order',
        'use one constant MessageGroupId, or a business key',
        decide,
      ),
      'sns-sqs': adapt(
        'a FIFO topic and a FIFO queue',
        'use one constant MessageGroupId, or a business key',
        decide,
      ),
    }
  },
})
