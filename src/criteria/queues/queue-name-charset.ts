import {SQS} from '../../facts/sqs.ts'
import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES, sourceOf} from '../pages.ts'

const LEGAL = new RegExp(SQS.namePattern.value)

export default criterion({
  id: 'queue-name-charset',
  group: 'Queues',
  question: 'Is the name legal at the target?',
  advice: 'Deterministic rename with a hash suffix; keep the original in a tag.',
  kinds: ['queue'],
  needs: [],
  sources: [PAGES.sqsQueues, sourceOf(SQS.namePattern)],
  judge(_, {destination: {name}}) {
    if (LEGAL.test(name)) return notApplicable('letters, digits, - and _ only, at most 80')
    const because =
      name.length > SQS.nameCharacters.value
        ? `${name.length} characters, ${SQS.nameCharacters.value} are allowed`
        : 'characters outside A-Z a-z 0-9 - _'
    return {
      'amazon-mq-rabbitmq': native('UTF-8 up to 255 bytes'),
      'amazon-mq-activemq': /[.,>*]/.test(name)
        ? adapt('. , > and * have a meaning there', 'rename where a wildcard or a list could match')
        : native(),
      'sqs-standard': adapt(because, 'use the name in the plan'),
      'sqs-fifo': adapt(because, 'use the name in the plan, which ends in .fifo'),
    }
  },
})
