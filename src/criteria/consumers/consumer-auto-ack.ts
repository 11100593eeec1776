import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

const consumers = (count: number): string =>
  count === 1 ? '1 consumer acknowledges' : `${count} consumers acknowledge`

export default criterion({
  id: 'consumer-auto-ack',
  group: 'Consumers',
  question: 'Do consumers lose messages when they fail?',
  advice:
    'At-most-once today: moving to SQS makes redelivery possible, so consumers must be idempotent. Messages "in" such ' +
    'a consumer are already gone from the broker.',
  kinds: ['queue', 'stream'],
  needs: ['autoAckConsumers'],
  sources: [PAGES.consumers, PAGES.sqsVisibility],
  judge({autoAckConsumers}) {
    if (autoAckConsumers === 0) return notApplicable('every consumer acknowledges')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('acknowledges after delivery, not before', 'expect redelivery'),
      'sqs-standard': lossy(
        `${consumers(autoAckConsumers)} nothing; SQS redelivers what is not deleted`,
        'make consumers idempotent, or delete before processing',
      ),
    }
  },
})
