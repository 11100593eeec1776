import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-quorum',
  group: 'Queues',
  question: 'Is it a quorum queue?',
  advice: 'Nothing to do for durability; look at delivery-limit and SAC.',
  kinds: ['queue'],
  needs: ['type'],
  sources: [PAGES.quorum, PAGES.mqRabbitmq4],
  judge({type}) {
    if (type !== 'quorum') return notApplicable(`type ${type}`)
    return {
      'amazon-mq-rabbitmq': native('from 3.13'),
      'amazon-mq-activemq': adapt(
        'replicated as a whole broker',
        'use a persistent queue on an active/standby pair',
      ),
      'sqs-standard': native('replicated by SQS'),
    }
  },
})
