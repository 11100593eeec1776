import type {Platform} from '../model/platform.ts'
import {AMAZON_MQ} from './amazon-mq.ts'
import {PRICES} from './prices.ts'

const SECONDS_PER_MONTH = PRICES.hoursPerMonth.value * 3600
/** A message is sent, received and deleted, unbatched; batching divides this by up to ten. */
const REQUESTS = 3
/** Received and deleted only: the delivery by SNS is free. */
const REQUESTS_BEHIND_TOPIC = 2

const RABBITMQ_NODES = AMAZON_MQ.rabbitmqClusterNodes.value
const ACTIVEMQ_NODES = 2
const ACTIVEMQ_GIGABYTES = 50

const broker = (nodes: number, nodeHour: number, storage: number): number =>
  nodes * nodeHour * PRICES.hoursPerMonth.value + storage

/** USD a month, by millions of messages a month. */
const MONTHLY: Readonly<Record<Platform, (millions: number) => number>> = {
  'amazon-mq-rabbitmq': () =>
    broker(
      RABBITMQ_NODES,
      PRICES.rabbitmqNodeHour.value,
      RABBITMQ_NODES * AMAZON_MQ.rabbitmqClusterGigabytes.value * PRICES.brokerGigabyteMonth.value,
    ),
  'amazon-mq-activemq': () =>
    broker(ACTIVEMQ_NODES, PRICES.activemqNodeHour.value, ACTIVEMQ_GIGABYTES * PRICES.efsGigabyteMonth.value),
  'sqs-standard': (millions) => millions * REQUESTS * PRICES.sqsMillion.value,
  'sqs-fifo': (millions) => millions * REQUESTS * PRICES.sqsFifoMillion.value,
  'sns-sqs': (millions) =>
    millions * PRICES.snsMillion.value + millions * REQUESTS_BEHIND_TOPIC * PRICES.sqsMillion.value,
}

/**
 * USD a month for this load, in messages of at most 64 KB. Brokers: the smallest size meant for production, highly
 * available, whatever the load. The free million of an account is left out. A list-price estimate in order to compare, not a quote.
 */
export function monthlyCost(platform: Platform, messagesPerSecond: number): number {
  return MONTHLY[platform]((messagesPerSecond * SECONDS_PER_MONTH) / 1e6)
}
