import {adapt, criterion, native} from '../criterion.ts'
import {PAGES} from '../pages.ts'

/** Every queue is bound to the default exchange under its own name, so this is asked of every queue. */
export default criterion({
  id: 'exchange-default',
  group: 'Exchanges and routing',
  question: 'Can a message be sent to this queue by its name?',
  advice: 'Point-to-point; the easiest case. Replace the queue name in publisher configuration.',
  kinds: ['queue', 'stream'],
  needs: [],
  sources: [PAGES.exchanges],
  judge: () => ({
    'amazon-mq-rabbitmq': native(),
    'amazon-mq-activemq': adapt('a queue of the same name', 'send to the queue with the same name'),
    'sqs-standard': adapt(
      'SendMessage to the queue URL',
      'replace the queue name by the queue URL in publishers',
    ),
    'sqs-fifo': adapt(
      'SendMessage to the queue URL, with a group',
      'replace the queue name by the queue URL in publishers and add a MessageGroupId',
    ),
    'sns-sqs': adapt(
      'SendMessage to the queue URL; a topic only where several queues get the message',
      'replace the queue name by the queue URL in publishers',
    ),
  }),
})
