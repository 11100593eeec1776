import {readAt} from './dated.ts'

const DOCS = 'https://docs.aws.amazon.com/sns/latest'
/** The service model, API 2010-03-31, as shipped in botocore 1.43.107. */
const api = readAt(`${DOCS}/api/welcome.html`, '2026-10-01')
const filters = readAt(`${DOCS}/dg/subscription-filter-policy-constraints.html`, 'autumn 2026')
const filterChanges = readAt(`${DOCS}/dg/sns-subscription-filter-policies.html`, 'autumn 2026')
const quotas = readAt('https://docs.aws.amazon.com/general/latest/gr/sns.html', 'autumn 2026')
const attributes = readAt(`${DOCS}/dg/sns-message-attributes.html`, 'autumn 2026')

/** What Amazon SNS allows. Defaults; an account may have been given more. */
export const SNS = {
  defaultMessageBytes: api(262_144, {note: 'until the topic attribute MaximumMessageSize is raised'}),
  maxMessageBytes: api(1_048_576, {status: 'conflict', note: 'the quota page still says 256 KiB'}),
  subscriptionsAboveDefaultSize: api(100),
  batchEntries: api(10),
  topicNameCharacters: api(256),
  fifoTopicNameCharacters: api(256, {note: '.fifo included'}),
  rawAttributes: attributes(10, {note: 'with more the message is discarded'}),
  filterKeys: filters(5),
  filterCombinations: filters(150),
  filterBytes: filters(262_144),
  wildcardsPerPattern: filters(3),
  wildcardPoints: filters(100),
  filterChangeSeconds: filterChanges(900),
  filtersPerTopic: quotas(200),
  filtersPerAccount: quotas(10_000),
  subscriptionsPerTopic: quotas(12_500_000),
  subscriptionsPerFifoTopic: quotas(100),
  /** Standard topics, messages per second and account: the least of all Regions, and us-east-1. */
  minPublishPerSecond: quotas(300),
  maxPublishPerSecond: quotas(30_000),
  fifoPerGroupPerSecond: quotas(300),
} as const
