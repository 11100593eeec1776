import {SQS} from '../../facts/sqs.ts'
import {waitingRoom} from '../../routing/waiting-room.ts'
import type {Judgement} from '../criterion.ts'
import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES, sourceOf} from '../pages.ts'

const SHORTEST = SQS.minRetentionSeconds.value * 1000
const LONGEST = SQS.maxRetentionSeconds.value * 1000
const LONGEST_DELAY = SQS.maxDelaySeconds.value * 1000

export default criterion({
  id: 'queue-message-ttl',
  group: 'Queues',
  question: 'Do messages expire in this queue?',
  advice:
    'SQS deletes expired messages; it never moves them to a DLQ. TTL + DLX is a delay or retry construct: see ' +
    'delayed-retry-loop.',
  kinds: ['queue'],
  needs: ['messageTtl'],
  uses: ['deadLetterExchange', 'consumers'],
  sources: [PAGES.ttl, sourceOf(SQS.minRetentionSeconds)],
  judge({messageTtl, deadLetterExchange, consumers}, {graph, destination}) {
    if (messageTtl === null) return notApplicable('no time to live')
    const helper = waitingRoom(graph, destination.id, consumers)?.certain === true
    const onSqs = helper ? delaying(messageTtl) : expiring(messageTtl, deadLetterExchange)
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(
        'the producer sets the time to live',
        'use timeStampingBrokerPlugin, or set it in the producer',
      ),
      'sqs-standard': onSqs,
    }
  },
})

/** The queue holds messages back on purpose. */
const delaying = (ttl: number): Judgement =>
  ttl <= LONGEST_DELAY
    ? adapt(
        `holds messages ${span(ttl)}, then hands them on`,
        'replace by DelaySeconds or a visibility timeout',
      )
    : lossy(
        `holds messages ${span(ttl)}, SQS delays at most ${span(LONGEST_DELAY)}`,
        'replace by EventBridge Scheduler or a visibility timeout',
      )

function expiring(ttl: number, deadLetterExchange: string | null | undefined): Judgement {
  const deleted = typeof deadLetterExchange === 'string' ? ' and are deleted, not dead-lettered' : ''
  const decide = {
    question: 'Who needs messages to expire, and what happens to them?',
    who: 'owner of the consumers',
  }
  if (ttl < SHORTEST) {
    return lossy(
      `expires after ${span(ttl)}, SQS keeps at least ${span(SHORTEST)}`,
      'let the consumer check an expires_at attribute',
      decide,
    )
  }
  if (ttl > LONGEST) {
    return lossy(
      `kept for ${span(ttl)}, SQS keeps at most ${span(LONGEST)}`,
      'store what must be kept longer',
      decide,
    )
  }
  return adapt(
    `messages expire after ${span(ttl)}${deleted}`,
    `set MessageRetentionPeriod to ${ttl / 1000} s at cutover`,
  )
}

function span(ms: number): string {
  if (ms < 120_000) return `${ms / 1000} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`
}
