import {z} from 'zod'

/** What the steps of the SNS folder say. `plan.ts` writes them, `provision.ts` opens them, nobody else does. */

/** SNS limits, AWS API reference and developer guide, read 2026-11-22. */
export const SNS_LIMITS = {
  maximumMessageSize: {min: 1024, default: 262_144, max: 1_048_576},
  /** Above the default message size a topic takes no more subscriptions than this. */
  subscriptionsOfLargeTopic: 100,
  subscriptionsOfFifoTopic: 100,
  filterPoliciesPerTopic: 200,
} as const

/** `step.do === 'sns-topic'`; `step.name` is the topic name, `.fifo` included. */
export const SnsTopicSettings = z.object({
  fifo: z.boolean(),
  maximumMessageSize: z
    .number()
    .int()
    .min(SNS_LIMITS.maximumMessageSize.min)
    .max(SNS_LIMITS.maximumMessageSize.max),
  /** Null = not encrypted at rest by a key of ours. */
  kmsKey: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
})
export type SnsTopicSettings = z.infer<typeof SnsTopicSettings>

/**
 * `step.do === 'sns-subscription'`; `step.name` is `<topic name>><queue name>`. One per topic and queue: SNS
 * refuses a second one, and a queue that is reached twice gets two copies.
 */
export const SnsSubscriptionSettings = z.object({
  topicStep: z.string(),
  queueStep: z.string(),
  /** Always raw: consumers get the body the publisher sent. */
  raw: z.literal(true),
  /** Null = everything. As SNS takes it (routing/filter-policy.ts). A change takes up to 15 minutes (AWS, 2026-11-22). */
  filterPolicy: z.record(z.string(), z.array(z.unknown())).nullable(),
  scope: z.literal('MessageAttributes'),
  /** Dead-letter queue of failed *deliveries*; null = none. A step id, `sqs-queue:<name>`. */
  redrive: z.object({deadLetterStep: z.string()}).nullable(),
})
export type SnsSubscriptionSettings = z.infer<typeof SnsSubscriptionSettings>
