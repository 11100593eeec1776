import {SQS} from '../../facts/sqs.ts'
import {adapt, criterion, lossy, notApplicable} from '../criterion.ts'
import {PAGES, sourceOf} from '../pages.ts'

const DAY = 86_400_000
const LONGEST_DAYS = (SQS.maxRetentionSeconds.value * 1000) / DAY

export default criterion({
  id: 'queue-backlog',
  group: 'Queues',
  question: 'Are messages waiting?',
  advice: 'Estimate the replay time with the measured rates. An age above 14 days cannot be kept in SQS.',
  kinds: ['queue', 'stream'],
  needs: ['messages'],
  uses: ['headMessageTimestamp'],
  sources: [PAGES.sqsQueues, sourceOf(SQS.inFlight)],
  judge({messages, headMessageTimestamp: oldest}, {estate}) {
    if (messages === 0) return notApplicable('empty')
    const days = ageInDays(oldest, estate.observedAt)
    const waiting = messages === 1 ? '1 message is waiting' : `${messages} messages are waiting`
    const tooOld =
      days > LONGEST_DAYS && `${waiting}, the oldest for ${Math.floor(days)} days; SQS keeps ${LONGEST_DAYS}`
    return {
      'amazon-mq-rabbitmq': adapt(waiting, 'move at a rate that the memory and disk alarms allow'),
      'amazon-mq-activemq': adapt(waiting, 'check the size of the store'),
      'sqs-standard': tooOld
        ? lossy(tooOld, 'agree on what may go')
        : adapt(waiting, 'move the backlog; its length is not limited'),
      'sqs-fifo': tooOld
        ? lossy(tooOld, 'agree on what may go')
        : adapt(
            `${waiting}; ${SQS.inFlight.value} may be in flight`,
            'spread over groups: a group with many messages can block the rest',
          ),
    }
  },
})

/** AMQP timestamps are seconds; publishers that set milliseconds by mistake are common enough to be read as such. */
function ageInDays(oldest: number | null | undefined, now: number | null): number {
  if (oldest === undefined || oldest === null || now === null) return 0
  const at = oldest < MILLISECONDS_FROM ? oldest * 1000 : oldest
  return (now - at) / DAY
}

/** As seconds this is the year 5138, as milliseconds 1973. */
const MILLISECONDS_FROM = 1e11
