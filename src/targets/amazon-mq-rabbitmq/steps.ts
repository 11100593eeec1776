import {z} from 'zod'

/**
 * What the steps of this folder say. `plan.ts` writes them, `provision.ts` opens them, nobody else does.
 * Definitions are spelled as RabbitMQ spells them: what is imported is what is in the plan.
 */

const table = z.record(z.string(), z.unknown())

export const DefinedPolicy = z.object({
  vhost: z.string(),
  name: z.string(),
  pattern: z.string(),
  'apply-to': z.string(),
  priority: z.number().int(),
  definition: table,
})
export type DefinedPolicy = z.infer<typeof DefinedPolicy>

export const DefinedQueue = z.object({
  vhost: z.string(),
  name: z.string(),
  durable: z.boolean(),
  auto_delete: z.boolean(),
  /** `x-queue-type` is always among them. */
  arguments: table,
})
export type DefinedQueue = z.infer<typeof DefinedQueue>

export const DefinedExchange = z.object({
  vhost: z.string(),
  name: z.string(),
  type: z.string(),
  durable: z.boolean(),
  auto_delete: z.boolean(),
  internal: z.boolean(),
  arguments: table,
})
export type DefinedExchange = z.infer<typeof DefinedExchange>

export const DefinedBinding = z.object({
  vhost: z.string(),
  source: z.string(),
  destination: z.string(),
  destination_type: z.enum(['queue', 'exchange']),
  routing_key: z.string(),
  arguments: table,
})
export type DefinedBinding = z.infer<typeof DefinedBinding>

/** Everything but policies, which differ before and after the cut-over. No password, and no hash of one. */
export const Definitions = z.object({
  vhosts: z.array(z.object({name: z.string(), default_queue_type: z.string().optional()})),
  users: z.array(z.object({name: z.string(), tags: z.array(z.string())})),
  permissions: z.array(
    z.object({
      user: z.string(),
      vhost: z.string(),
      configure: z.string(),
      write: z.string(),
      read: z.string(),
    }),
  ),
  parameters: z.array(
    z.object({component: z.string(), name: z.string(), vhost: z.string(), value: z.unknown()}),
  ),
  exchanges: z.array(DefinedExchange),
  queues: z.array(DefinedQueue),
  bindings: z.array(DefinedBinding),
})
export type Definitions = z.infer<typeof Definitions>

/**
 * What a queue obeys, by fact name (`messageTtl`, `deadLetterExchange`, …): arguments and policy together, null =
 * none set. A fact that is missing could not be known when planning and is not compared.
 */
export const Effective = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
export type Effective = z.infer<typeof Effective>

export const ExpectedQueue = z.object({
  vhost: z.string(),
  queue: z.string(),
  /**
   * At the target until `apply --cutover`, with limits lifted (nothing that was moved may be dropped or expire before
   * consumers exist, B2), and from then on.
   */
  now: Effective,
  cutover: Effective,
})
export type ExpectedQueue = z.infer<typeof ExpectedQueue>

/** `step.do === 'rabbitmq-definitions'`; `step.name` is the broker's host, or `new-broker`. */
export const RabbitmqDefinitionsSettings = z.object({
  version: z.enum(['3.13', '4.2', '4.3']),
  instance: z.string(),
  deployment: z.enum(['single', 'cluster']),
  definitions: Definitions,
  /**
   * Policies until `apply --cutover`, and from then on. What is in one list and not in the other must not exist
   * then. Names are unique within a virtual host.
   */
  policies: z.object({now: z.array(DefinedPolicy), cutover: z.array(DefinedPolicy)}),
  /** What each queue must obey after the import: read back and compared. */
  expected: z.array(ExpectedQueue),
})
export type RabbitmqDefinitionsSettings = z.infer<typeof RabbitmqDefinitionsSettings>

/** `step.do === 'rabbitmq-queue'`; `step.name` is `<encoded vhost>/<encoded queue>`. Exists once definitions are in. */
export const RabbitmqQueueSettings = z.object({
  vhost: z.string(),
  queue: z.string(),
  type: z.enum(['classic', 'quorum']),
  /** Bytes of the largest message the broker takes (`max_message_size`), as far as the plan knows. */
  maxMessageBytes: z.number().int(),
})
export type RabbitmqQueueSettings = z.infer<typeof RabbitmqQueueSettings>

export const queueStep = (vhost: string, name: string): string =>
  `rabbitmq-queue:${queueStepName(vhost, name)}`

export const queueStepName = (vhost: string, name: string): string =>
  `${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`
