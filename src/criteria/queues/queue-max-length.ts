import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-max-length',
  group: 'Queues',
  question: 'Does the queue drop its oldest messages when it is full?',
  advice:
    'Replaying into a queue with drop-head loses the oldest messages although every publish is confirmed ' +
    '(measured: 10 published to max-length 5, 0 nacks, 5 kept). Lift the limit on the target until cutover.',
  kinds: ['queue'],
  needs: ['maxLength', 'maxLengthBytes'],
  uses: ['overflow'],
  sources: [PAGES.maxLength, PAGES.sqsQueues],
  judge({maxLength, maxLengthBytes, overflow}) {
    if (maxLength === null && maxLengthBytes === null) return notApplicable('no length limit')
    if (overflow?.startsWith('reject-publish') === true) return notApplicable('full queues refuse messages')
    const limit = maxLength === null ? `${maxLengthBytes ?? 0} bytes` : `${maxLength} messages`
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(
        'limits of memory and store, not of a queue',
        'set a limit per destination',
      ),
      'sqs-standard': lossy(
        `drops the oldest above ${limit}; SQS has no length limit, only an age`,
        'bound the backlog by age, alarm on its length',
        {
          question: `Is the limit of ${limit} a safety net, or must old messages go?`,
          who: 'owner of the consumers',
        },
      ),
    }
  },
})
