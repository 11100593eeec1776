import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

/** As many queues as one consumer can reasonably poll in turn. */
const FEW_LEVELS = 3

export default criterion({
  id: 'max-priority',
  group: 'Queues',
  question: 'Do consumers rely on message priority?',
  advice:
    'With the quorum default of Amazon MQ 4.x, an application that declares x-max-priority without a type is refused ' +
    '(406 invalid arg). Collapse to 2-3 levels.',
  kinds: ['queue'],
  needs: ['maxPriority'],
  uses: ['arguments'],
  sources: [PAGES.priority, PAGES.mqRabbitmq4],
  judge({maxPriority, arguments: given}) {
    if (maxPriority === null || maxPriority === 0) return notApplicable('no priorities in use')
    const levels = maxPriority + 1
    const onSqs = lossy(
      `has no priorities; ${levels} levels become one`,
      'one queue per level, consumers poll the high one first',
      {question: `Can the ${levels} levels be collapsed to two or three?`, who: 'owner of the consumers'},
    )
    return {
      'amazon-mq-rabbitmq':
        given?.['x-queue-type'] === 'classic'
          ? native('classic queues keep priorities; they are not replicated')
          : adapt(`keeps ${levels} levels on classic queues only`, 'declare x-queue-type: classic'),
      'amazon-mq-activemq': adapt('ten levels, 0 to 9', 'set prioritizedMessages=true'),
      'sqs-standard': onSqs,
      'sns-sqs':
        levels <= FEW_LEVELS
          ? adapt(
              `${levels} levels, one queue each`,
              'filter on a priority attribute into one queue per level',
            )
          : onSqs,
    }
  },
})
