import {AMAZON_MQ} from '../../facts/amazon-mq.ts'
import {SNS} from '../../facts/sns.ts'
import {SQS} from '../../facts/sqs.ts'
import {criterion, gain, unanswered} from '../criterion.ts'
import {sourceOf} from '../pages.ts'

const {quorumMessagesPerSecond: quorum, activemqEfsPerProducer: efs} = AMAZON_MQ
const {fifoCallsPerSecond: group, fifoMessagesPerSecond: fifo} = SQS
const {minPublishPerSecond: everywhere, maxPublishPerSecond: somewhere} = SNS

export default criterion({
  id: 'load-ceiling',
  group: 'Benefits',
  scores: 'benefit',
  question: 'Is there room for twice today’s load?',
  advice: 'Rates are those of the moment of inspection: inspect at the busiest hour, or several times.',
  kinds: ['queue', 'stream', 'exchange'],
  needs: [],
  uses: ['publishRate', 'publishInRate'],
  sources: [quorum, efs, group, everywhere].map(sourceOf),
  judge({publishRate, publishInRate}) {
    const rate = publishRate ?? publishInRate
    if (rate === undefined) return unanswered('no rate was read')
    const load = 2 * rate
    const says = (limit: number, what: string): string => `${Math.round(load)} of ${limit} messages/s ${what}`
    return {
      'amazon-mq-rabbitmq': room(load, [quorum.value], says(quorum.value, 'of one quorum queue')),
      'amazon-mq-activemq': room(
        load,
        [efs.value, 10 * efs.value],
        says(efs.value, 'of one producer on EFS'),
      ),
      'sqs-standard': gain(1, 'practically unlimited'),
      'sqs-fifo': room(
        load,
        [group.value, fifo.value],
        says(group.value, 'without batches or high throughput'),
      ),
      'sns-sqs': room(
        load,
        [everywhere.value, somewhere.value],
        says(everywhere.value, 'in the smallest Regions'),
      ),
    }
  },
})

/** All of it below the first limit, most below the second, then little. */
function room(load: number, [easy = 0, hard = easy]: readonly number[], because: string) {
  if (load <= easy) return gain(1, because)
  return gain(load <= hard ? 0.6 : 0.1, because)
}
