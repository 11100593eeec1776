import {z} from 'zod'

/** One answer or acceptance in decisions.yaml. Ids are stable, so an answer survives a new plan. */
export const Decision = z.object({
  /** Id of a question, of a loss, or of a rule (accepts that rule's loss for every subject). */
  id: z.string(),
  answer: z.string(),
  by: z.string(),
  at: z.string(),
  why: z.string().optional(),
})
export type Decision = z.infer<typeof Decision>
export const Decisions = z.array(Decision)
export type Decisions = z.infer<typeof Decisions>

/** The answer word that accepts a loss. */
export const ACCEPT = 'accept'

/** A broker that is a target: what it is (or is to be), where, and how to reach it. Passwords are never in a file of ours. */
export const TargetBroker = z.strictObject({
  /** `amqps://user@host:5671`. Undefined = there is none yet: it is planned and described in files, nothing moves. */
  address: z.string().optional(),
  /** RabbitMQ: base URL of its API. ActiveMQ: `ssl://host:61617`, over which scratch queues are deleted. */
  management: z.string().optional(),
  caFile: z.string().optional(),
  /** `major.minor`, for example `4.2`. */
  version: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
  /** For example `mq.m7g.large`; the smallest that holds the estate when undefined. */
  instance: z.string().optional(),
  deployment: z.enum(['single', 'active-standby', 'cluster']).optional(),
})
export type TargetBroker = z.infer<typeof TargetBroker>

/** How shovels of `migrate --engine shovel` are set up. The broker that runs one must reach the other end. */
export const ShovelConfig = z.strictObject({
  /** The broker that runs them. */
  at: z.enum(['source', 'target']).default('source'),
  /**
   * The other end as the broker that runs them reaches it, when that is not as we do: host, port, and its TLS options as a
   * query (`?cacertfile=…&verify=verify_peer&server_name_indication=…`). User and password are filled in.
   */
  uri: z.string().optional(),
})
export type ShovelConfig = z.infer<typeof ShovelConfig>

/** mqlift.yaml in the migration folder. Flags and MQLIFT_* win over it. */
export const Config = z.object({
  /** Source id or `vhost/name` → target name. */
  names: z.record(z.string(), z.string()).default({}),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .default(''),
  tags: z.record(z.string(), z.string()).default({}),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  /** Destination id or glob → platform, overrides the recommendation. */
  platforms: z.record(z.string(), z.string()).default({}),
  /** Exchanges (id or `vhost/name`) that `migrate --bridge` copies into their topic through an extra queue. */
  taps: z.array(z.string()).default([]),
  /** Brokers that are targets, by platform. */
  brokers: z.partialRecord(z.enum(['amazon-mq-rabbitmq', 'amazon-mq-activemq']), TargetBroker).default({}),
  shovel: ShovelConfig.prefault({}),
  weights: z.record(z.string(), z.number()).default({}),
  /** AWS KMS key for queues and topics; default is SSE-SQS. */
  kmsKey: z.string().optional(),
})
export type Config = z.infer<typeof Config>
