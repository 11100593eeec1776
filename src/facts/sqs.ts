import {readAt} from './dated.ts'

const DOCS = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest'
/** The service model, API 2012-11-05, as shipped in botocore 1.43.107. */
const api = readAt(`${DOCS}/APIReference/Welcome.html`, '2026-10-01')
const messages = readAt(`${DOCS}/SQSDeveloperGuide/quotas-messages.html`, 'autumn 2026')
const queues = readAt(`${DOCS}/SQSDeveloperGuide/quotas-queues.html`, 'autumn 2026')
const fifo = readAt(`${DOCS}/SQSDeveloperGuide/quotas-fifo.html`, 'autumn 2026')
const policies = readAt(`${DOCS}/SQSDeveloperGuide/quotas-policies.html`, 'autumn 2026')
const metadata = readAt(`${DOCS}/SQSDeveloperGuide/sqs-message-metadata.html`, 'autumn 2026')
const deadLetters = readAt(`${DOCS}/SQSDeveloperGuide/sqs-dead-letter-queues.html`, 'autumn 2026')
const exactlyOnce = readAt(
  `${DOCS}/SQSDeveloperGuide/using-messagededuplicationid-property.html`,
  'autumn 2026',
)

/** What Amazon SQS allows. Defaults; an account may have been given more. */
export const SQS = {
  maxMessageBytes: messages(1_048_576, {note: 'body plus names, types and values of the attributes'}),
  maxBatchBytes: api(1_048_576),
  batchEntries: api(10),
  minBodyCharacters: api(1, {note: 'an empty body is refused'}),
  attributes: metadata(10),
  attributeNameCharacters: metadata(256),
  attributeTypeCharacters: metadata(256),
  numberDigits: metadata(38),
  /** `.fifo` counts. */
  nameCharacters: queues(80),
  namePattern: queues('^[A-Za-z0-9_-]{1,80}$', {status: 'derived'}),
  fifoNamePattern: queues('^[A-Za-z0-9_-]{1,75}\\.fifo$', {status: 'derived'}),
  minRetentionSeconds: api(60),
  maxRetentionSeconds: api(1_209_600, {note: 'a shorter value expires messages already there'}),
  retentionChangeSeconds: api(900),
  attributeChangeSeconds: api(60),
  usableAfterCreateSeconds: api(1),
  recreateWaitSeconds: api(60),
  maxVisibilitySeconds: api(43_200),
  maxDelaySeconds: api(900, {note: 'FIFO: on the queue only'}),
  inFlight: queues(120_000, {note: 'standard and FIFO; FIFO was 20,000'}),
  policyBytes: policies(8192),
  policyStatements: policies(20),
  tags: queues(50),
  tagKeyCharacters: queues(128),
  tagValueCharacters: queues(256),
  minReceiveCount: deadLetters(1),
  maxReceiveCount: deadLetters(1000),
  redriveAllowSources: api(10, {note: 'byQueue; more sources need allowAll'}),
  groupIdCharacters: api(128),
  deduplicationIdCharacters: api(128),
  deduplicationWindowSeconds: exactlyOnce(300),
  fifoCallsPerSecond: fifo(300, {note: 'per API and partition, without high throughput mode'}),
  fifoMessagesPerSecond: fifo(3000, {note: 'with full batches, without high throughput mode'}),
  fifoHighCallsPerSecond: fifo(2400, {note: 'high throughput mode, the least of all Regions'}),
} as const
