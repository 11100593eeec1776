import {adapt, criterion, lossy, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-transient',
  group: 'Queues',
  question: 'Does the queue vanish when the broker restarts?',
  advice: 'Decide whether it is a session queue (drop) or sloppy declaration (make durable).',
  kinds: ['queue'],
  needs: ['durable'],
  uses: ['exclusive'],
  sources: [PAGES.queues, PAGES.rabbitmq43],
  judge({durable, exclusive}) {
    if (durable || exclusive === true) return notApplicable(durable ? 'durable' : 'exclusive')
    return {
      'amazon-mq-rabbitmq': adapt('refused by default from 4.3', 'declare it durable, with x-expires'),
      'amazon-mq-activemq': adapt(
        'messages, not queues, are transient',
        'send with non-persistent delivery mode',
      ),
      'sqs-standard': lossy(
        'becomes durable: messages outlive a restart',
        'expect old messages after an outage',
        {
          question: 'Is it a session queue that can go, or was durable forgotten?',
          who: 'owner of the consumers',
        },
      ),
    }
  },
})
