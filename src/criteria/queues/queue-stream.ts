import type {Verdicts} from '../criterion.ts'
import {adapt, blocker, criterion, lossy, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

/** Kinesis Data Streams keeps records for at most 365 days (quotas page, read 2026-11-24); a longer log is for Kafka. */
const KINESIS_DAYS = 365

export default criterion({
  id: 'queue-stream',
  group: 'Queues',
  question: 'Is it a stream, read more than once?',
  advice:
    'Kinesis Data Streams or Amazon MSK. If consumers only read next and ack once, a quorum queue + SQS is enough.',
  kinds: ['queue', 'stream'],
  needs: ['type'],
  uses: ['arguments', 'streamOffsets'],
  sources: [PAGES.streams, PAGES.mqBestPractices, PAGES.choosing],
  judge({type, arguments: given, streamOffsets}) {
    if (type !== 'stream') return notApplicable(`type ${type}`)
    if (
      streamOffsets !== undefined &&
      streamOffsets.length > 0 &&
      streamOffsets.every((from) => from === 'next')
    ) {
      return readOnce
    }
    return {
      'amazon-mq-rabbitmq': blocker('streams are documented as unsupported, declaring one loses data'),
      'amazon-mq-activemq': blocker('no log that can be read again'),
      'sqs-standard': blocker('a message is gone once it is read'),
      'sns-sqs': lossy('archive and replay of SNS FIFO topics only', 'use a log: Kinesis or MSK', {
        question: 'Does anybody read this stream more than once, or from the past?',
        who: 'owner of the consumers',
      }),
      instead: logFor(given),
    }
  },
})

const readOnce: Verdicts = {
  'amazon-mq-rabbitmq': adapt('every consumer reads from next, once', 'declare a quorum queue instead'),
  'amazon-mq-activemq': adapt('every consumer reads from next, once', 'use a persistent queue'),
  'sqs-standard': adapt('every consumer reads from next, once', 'use a queue; one per consumer group'),
}

function logFor(given: Record<string, unknown> | undefined): NonNullable<Verdicts['instead']> {
  const days = ageInDays(given?.['x-max-age'])
  if (days !== undefined && days > KINESIS_DAYS) {
    return {advice: 'msk', because: `a log kept for ${Math.round(days)} days; Kinesis keeps ${KINESIS_DAYS}`}
  }
  return {
    advice: 'kinesis',
    because:
      days === undefined
        ? `a log that is read again; ask how long it must be kept, Kinesis keeps ${KINESIS_DAYS} days`
        : 'a log that is read again, kept for a limited time',
  }
}

const UNIT_DAYS: Readonly<Record<string, number>> = {
  Y: 365,
  M: 30,
  D: 1,
  h: 1 / 24,
  m: 1 / 1440,
  s: 1 / 86_400,
}

/** `7D`, `12h`, as RabbitMQ writes it. */
function ageInDays(age: unknown): number | undefined {
  const [, number, unit = ''] = (typeof age === 'string' ? /^(\d+)([YMDhms])$/.exec(age) : null) ?? []
  const days = UNIT_DAYS[unit]
  return number === undefined || days === undefined ? undefined : Number(number) * days
}
