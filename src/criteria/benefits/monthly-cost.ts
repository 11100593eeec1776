import {monthlyCost} from '../../facts/cost.ts'
import {PRICES} from '../../facts/prices.ts'
import {PLATFORMS, type Platform} from '../../model/platform.ts'
import {estateCriterion, gain, type Judgement, unanswered} from '../criterion.ts'
import {sourceOf} from '../pages.ts'

/** Eight times the cheapest is worth nothing. */
const WORTHLESS = 8
/** Below this, differences are nobody's concern. */
const SMALL_CHANGE = 10

export default estateCriterion({
  id: 'monthly-cost',
  group: 'Benefits',
  question: 'What does the observed load cost a month?',
  advice:
    'List prices of us-east-1, unbatched requests, messages up to 64 KB; batching divides requests by up to ten.',
  sources: [PRICES.rabbitmqNodeHour, PRICES.activemqNodeHour, PRICES.sqsMillion, PRICES.snsMillion].map(
    sourceOf,
  ),
  judge({messagesPerSecond}) {
    if (messagesPerSecond === null) return unanswered('no rate was read')
    const cost = (platform: Platform): number => monthlyCost(platform, messagesPerSecond)
    const cheapest = Math.max(SMALL_CHANGE, Math.min(...PLATFORMS.map(cost)))
    const load = `${Math.round(messagesPerSecond * 10) / 10} messages/s`
    const priced = (platform: Platform): Judgement => {
      const times = Math.max(1, cost(platform) / cheapest)
      const points = Math.max(0, 1 - Math.log(times) / Math.log(WORTHLESS))
      return gain(points, `about $${Math.round(cost(platform))} a month for ${load} at list price`)
    }
    return {
      'amazon-mq-rabbitmq': priced('amazon-mq-rabbitmq'),
      'amazon-mq-activemq': priced('amazon-mq-activemq'),
      'sqs-standard': priced('sqs-standard'),
      'sqs-fifo': priced('sqs-fifo'),
      'sns-sqs': priced('sns-sqs'),
    }
  },
})
