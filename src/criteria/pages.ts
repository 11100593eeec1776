import type {Dated} from '../facts/dated.ts'
import type {Source} from './criterion.ts'

/** Where the judgements come from, and the day each page was read. */
const page = (url: string, read = '2026-11-24'): Source => ({url, read})

const rabbitmq = (name: string): Source => page(`https://www.rabbitmq.com/docs/${name}`)
const amazonMq = (name: string): Source =>
  page(`https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/${name}.html`)
const sqs = (name: string): Source =>
  page(`https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/${name}.html`)
const sns = (name: string): Source => page(`https://docs.aws.amazon.com/sns/latest/dg/${name}.html`)

export const PAGES = {
  exchanges: rabbitmq('exchanges'),
  e2e: rabbitmq('e2e'),
  alternateExchange: rabbitmq('ae'),
  queues: rabbitmq('queues'),
  quorum: rabbitmq('quorum-queues'),
  streams: rabbitmq('streams'),
  classicMirroring: page('https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.0.1'),
  rabbitmq43: page('https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.3.0'),
  ttl: rabbitmq('ttl'),
  maxLength: rabbitmq('maxlength'),
  deadLetters: rabbitmq('dlx'),
  priority: rabbitmq('priority'),
  consumers: rabbitmq('consumers'),
  policies: rabbitmq('policies'),
  consistentHash: page(
    'https://github.com/rabbitmq/rabbitmq-server/tree/main/deps/rabbitmq_consistent_hash_exchange',
  ),
  delayedMessages: page('https://github.com/rabbitmq/rabbitmq-delayed-message-exchange'),
  mqRabbitmq4: amazonMq('rabbitmq-4'),
  mqPlugins: amazonMq('rabbitmq-basic-elements-plugins'),
  mqBestPractices: amazonMq('best-practices-rabbitmq'),
  mqArchitecture: amazonMq('rabbitmq-broker-architecture'),
  mqVersions: amazonMq('rabbitmq-version-support'),
  mqProtocols: amazonMq('rabbitmq-supported-protocols'),
  mqActivemqStorage: amazonMq('broker-storage'),
  mqConnect: amazonMq('connect-to-amazonmq'),
  sqsMessages: sqs('quotas-messages'),
  sqsQueues: sqs('quotas-queues'),
  sqsFifo: sqs('quotas-fifo'),
  sqsDeadLetters: sqs('sqs-dead-letter-queues'),
  sqsAccess: sqs('sqs-security-iam'),
  sqsVisibility: sqs('sqs-visibility-timeout'),
  snsFilters: sns('sns-subscription-filter-policies'),
  snsFilterLimits: sns('subscription-filter-policy-constraints'),
  snsFifo: sns('sns-fifo-topics'),
  choosing: page(
    'https://docs.aws.amazon.com/decision-guides/latest/application-integration-on-aws-how-to-choose/application-integration-on-aws-how-to-choose.html',
    '2026-11-22',
  ),
} as const

/** The source of a figure in facts/. */
export const sourceOf = ({url, read}: Dated<unknown>): Source => ({url, read})
