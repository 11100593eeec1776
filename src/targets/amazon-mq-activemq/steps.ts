import {z} from 'zod'

/**
 * What the steps of this folder say. `plan.ts` writes them, `platform.ts` and `configuration.ts` open them. A step that
 * does `activemq-queue` says it all with its name.
 */

/** What becomes of a binding: a selector on JMS properties; null = everything. */
const Forward = z.object({queue: z.string(), selector: z.string().nullable()})

/** A destination that forwards what it is sent: an exchange, or dead letters that go to several queues. */
export const Composite = z.object({
  kind: z.enum(['topic', 'queue']),
  name: z.string(),
  forwards: z.array(Forward),
})
export type Composite = z.infer<typeof Composite>

export const QueuePolicy = z.object({
  queue: z.string(),
  prioritized: z.boolean(),
  exclusive: z.boolean(),
  /** Null = a queue of its own, `DLQ.<name>`. */
  deadLetterQueue: z.string().nullable(),
})
export type QueuePolicy = z.infer<typeof QueuePolicy>

export const Right = z.object({
  kind: z.enum(['queue', 'topic']),
  name: z.string(),
  read: z.array(z.string()),
  write: z.array(z.string()),
  admin: z.array(z.string()),
})
export type Right = z.infer<typeof Right>

export const BrokerUser = z.object({username: z.string(), groups: z.array(z.string()), for: z.string()})
export type BrokerUser = z.infer<typeof BrokerUser>

/** `step.do === 'activemq-configuration'`: one per broker. What AWS is given as XML, and what it must run on. */
export const ActivemqConfigurationSettings = z.object({
  /** `major.minor`. */
  version: z.string(),
  instance: z.string(),
  deployment: z.enum(['single', 'active-standby']),
  storage: z.enum(['EBS', 'EFS']),
  /** What consumers will speak: with `openwire` the broker must turn AMQP messages into JMS ones. */
  consumers: z.enum(['openwire', 'amqp']),
  queues: z.array(z.string()),
  policies: z.array(QueuePolicy),
  composites: z.array(Composite),
  rights: z.array(Right),
  users: z.array(BrokerUser),
  /** What a reply-to of the source names: virtual host, queue, and what it is called here. Names may be anything. */
  replies: z.array(z.tuple([z.string(), z.string(), z.string()])),
})
export type ActivemqConfigurationSettings = z.infer<typeof ActivemqConfigurationSettings>
