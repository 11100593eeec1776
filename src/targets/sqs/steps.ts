import {z} from 'zod'

/**
 * What the steps of the SQS folder say. `plan.ts` writes them, `provision.ts` opens them, nobody else does.
 * Our words and units, not the API's strings: seconds, bytes, step ids instead of ARNs.
 */

/** `now` until `apply --cutover`, `cutover` from then on. Equal when nothing changes. */
export const untilCutover = <T extends z.ZodType>(value: T) => z.object({now: value, cutover: value})

/** SQS limits, AWS API reference SetQueueAttributes, read 2026-11-22. */
export const SQS_LIMITS = {
  retentionSeconds: {min: 60, max: 1_209_600},
  visibilityTimeoutSeconds: {min: 0, max: 43_200},
  delaySeconds: {min: 0, max: 900},
  maximumMessageSize: {min: 1024, max: 1_048_576},
  maxReceiveCount: {min: 1, max: 1000},
  /** `byQueue` of a redrive allow policy takes at most this many sources. */
  redriveAllowSources: 10,
} as const

const within = ({min, max}: {readonly min: number; readonly max: number}) =>
  z.number().int().min(min).max(max)

/** `step.do === 'sqs-queue'`; `step.name` is the queue name, `.fifo` included. */
export const SqsQueueSettings = z.object({
  fifo: z.boolean(),
  /** 14 days now, so that nothing moved expires before consumers exist (reliability.md 4.8). */
  retentionSeconds: untilCutover(within(SQS_LIMITS.retentionSeconds)),
  /** 0 now: a moved message is not delayed a second time. */
  delaySeconds: untilCutover(within(SQS_LIMITS.delaySeconds)),
  visibilityTimeoutSeconds: within(SQS_LIMITS.visibilityTimeoutSeconds),
  maximumMessageSize: within(SQS_LIMITS.maximumMessageSize),
  receiveWaitSeconds: z.number().int().min(0).max(20),
  /** Null = no dead-letter queue. `deadLetterStep` is a step id, `sqs-queue:<name>`, and among `step.needs`. */
  redrive: z
    .object({deadLetterStep: z.string(), maxReceiveCount: within(SQS_LIMITS.maxReceiveCount)})
    .nullable(),
  /**
   * Which queues may use this one as their dead-letter queue. `only` names at most ten steps, which need not exist
   * yet (they need this one first): their ARNs follow from account, Region and name.
   */
  redriveAllow: z.discriminatedUnion('allow', [
    z.object({allow: z.literal('all')}),
    z.object({allow: z.literal('none')}),
    z.object({
      allow: z.literal('only'),
      steps: z.array(z.string()).min(1).max(SQS_LIMITS.redriveAllowSources),
    }),
  ]),
  /** Null = SSE-SQS. A key id, alias or ARN otherwise; excludes SSE-SQS. */
  kmsKey: z.string().nullable(),
  /**
   * FIFO only (`none` otherwise). `queue`: 300 calls/s in all; `group`: high throughput mode, both
   * DeduplicationScope=messageGroup and FifoThroughputLimit=perMessageGroupId. Content-based deduplication is
   * always off: it deletes the second of two equal messages.
   */
  fifoThroughput: z.enum(['none', 'queue', 'group']),
  tags: z.record(z.string(), z.string()),
})
export type SqsQueueSettings = z.infer<typeof SqsQueueSettings>

/**
 * `step.do === 'sqs-policy'`; `step.name` is the queue name. Lets the topics send: principal
 * `sns.amazonaws.com`, action `sqs:SendMessage`, one statement with one `ArnEquals aws:SourceArn` list
 * (20 statements and 8,192 bytes are the limits, AWS SQS quotas, read 2026-11-22).
 */
export const SqsPolicySettings = z.object({
  queueStep: z.string(),
  topicSteps: z.array(z.string()).min(1),
})
export type SqsPolicySettings = z.infer<typeof SqsPolicySettings>
