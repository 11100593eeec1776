import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'consumer-exclusive',
  group: 'Consumers',
  question: 'Does one consumer keep all others out?',
  advice:
    'While it holds the queue, basic.consume fails with 403; basic.get still works but breaks its order.',
  kinds: ['queue'],
  needs: ['exclusiveConsumer'],
  sources: [PAGES.consumers, PAGES.sqsFifo],
  judge({exclusiveConsumer}) {
    if (!exclusiveConsumer) return notApplicable('no exclusive consumer')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('exclusive consumers', 'consume with ?consumer.exclusive=true'),
      'sqs-standard': lossy('any worker may read', 'take a lock (DynamoDB), or run a single worker', {
        question: 'Is it exclusive for order, or by habit?',
        who: 'owner of the consumers',
      }),
      'sqs-fifo': adapt('one group is read by one worker at a time', 'use one constant MessageGroupId'),
    }
  },
})
