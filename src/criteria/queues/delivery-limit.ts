import {AMAZON_MQ} from '../../facts/amazon-mq.ts'
import {SQS} from '../../facts/sqs.ts'
import type {Judgement} from '../criterion.ts'
import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES, sourceOf} from '../pages.ts'

const DEFAULT = AMAZON_MQ.quorumDeliveryLimit.value
const MOST = SQS.maxReceiveCount.value

export default criterion({
  id: 'delivery-limit',
  group: 'Queues',
  question: 'After how many deliveries does the queue give a message up?',
  advice:
    'Moving a 3.x quorum queue without limit to 4.x introduces 20: set a DLX, or -1 on purpose, after the upgrade (on ' +
    '3.10.8 -1 is a limit of one delivery). Peeking consumes the budget.',
  kinds: ['queue'],
  needs: ['type', 'deliveryLimit'],
  sources: [PAGES.quorum, sourceOf(AMAZON_MQ.quorumDeliveryLimit), sourceOf(SQS.maxReceiveCount)],
  judge({type, deliveryLimit}) {
    if (type !== 'quorum') return notApplicable(`type ${type}`)
    const endless = deliveryLimit === null || deliveryLimit < 0
    return {
      'amazon-mq-rabbitmq':
        deliveryLimit === null
          ? adapt(
              `no limit today, ${DEFAULT} on 4.x`,
              'set a dead-letter exchange, or a limit of -1 on purpose',
            )
          : native(),
      'amazon-mq-activemq': adapt('a redelivery policy', 'set maximumRedeliveries'),
      'sqs-standard': endless ? endlessly : limited(deliveryLimit),
    }
  },
})

const endlessly = adapt('delivered again until it succeeds', 'no redrive policy, or choose a limit', {
  question: 'After how many failures may a message be set aside?',
  who: 'owner of the consumers',
})

/** A limit of n lets a message be delivered n + 1 times. */
const limited = (limit: number): Judgement =>
  adapt(
    `given up after ${limit + 1} deliveries`,
    `set maxReceiveCount to ${Math.min(limit + 1, MOST)} in the redrive policy`,
  )
