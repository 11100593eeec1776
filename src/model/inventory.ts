import {z} from 'zod'

import {artefact} from './artefact.ts'
import {ObservedFacts, StructureFacts} from './facts.ts'
import {DestinationKind} from './id.ts'

export const Destination = z.object({
  id: z.string(),
  kind: DestinationKind,
  vhost: z.string(),
  name: z.string(),
  facts: StructureFacts,
})
export type Destination = z.infer<typeof Destination>

export const Binding = z.object({
  /** Ids. `source` is always an exchange; `destination` a queue, stream or exchange, which may not exist. */
  source: z.string(),
  destination: z.string(),
  routingKey: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  evidence: z.string(),
})
export type Binding = z.infer<typeof Binding>

export const Policy = z.object({
  vhost: z.string(),
  name: z.string(),
  operator: z.boolean(),
  /** As the broker has it: hostile input (SEC-36), evaluated only by routing/policy-pattern.ts. */
  pattern: z.string(),
  applyTo: z.string(),
  priority: z.number(),
  definition: z.record(z.string(), z.unknown()),
})
export type Policy = z.infer<typeof Policy>

export const Vhost = z.object({
  name: z.string(),
  defaultQueueType: z.string().nullable(),
  tracing: z.boolean(),
  limits: z.record(z.string(), z.number()),
})
export type Vhost = z.infer<typeof Vhost>

export const User = z.object({name: z.string(), tags: z.array(z.string())})
export type User = z.infer<typeof User>

export const Permission = z.object({
  user: z.string(),
  vhost: z.string(),
  configure: z.string(),
  write: z.string(),
  read: z.string(),
})
export type Permission = z.infer<typeof Permission>

/** One application as the broker sees it: connections grouped by user, vhost, name pattern and product. */
export const Client = z.object({
  vhost: z.string(),
  user: z.string(),
  /** connection_name with digits, hex, uuid and host parts replaced by `*`; '' when the client gave none. */
  name: z.string(),
  product: z.string(),
  version: z.string(),
  platform: z.string(),
  protocol: z.string(),
  tls: z.boolean().nullable(),
  hosts: z.array(z.string()),
  connections: z.number(),
  /** Ids of the queues it consumes from and of the exchanges it publishes to, as far as visible. */
  consumes: z.array(z.string()),
  publishes: z.array(z.string()),
})
export type Client = z.infer<typeof Client>

/** A shovel or federation link. URIs are redacted when parsed: no user, password or query. */
export const Link = z.object({
  kind: z.enum(['shovel', 'federation']),
  vhost: z.string(),
  name: z.string(),
  from: z.string(),
  to: z.string(),
  state: z.string(),
  /** Ids of local destinations it reads from or writes to, as far as known. */
  touches: z.array(z.string()),
})
export type Link = z.infer<typeof Link>

/** Something asked for and not obtained: rendered under "not checked", never as OK. */
export const NotRead = z.object({
  what: z.string(),
  endpoint: z.string(),
  missingRight: z.string(),
  /** What the administrator can type to grant it, or how else to supply it. */
  command: z.string(),
})
export type NotRead = z.infer<typeof NotRead>

/** Lists that can be refused as a whole: their counts are unknown then, and not 0. */
export const UnreadList = z.enum(['queues', 'exchanges', 'bindings', 'policies'])
export type UnreadList = z.infer<typeof UnreadList>

/** Something inspect saw that a reader must know: a repaired file, two definitions of one id, a policy tie. */
export const Notice = z.object({
  rule: z.string(),
  subjects: z.array(z.string()),
  because: z.string(),
  evidence: z.array(z.string()),
})
export type Notice = z.infer<typeof Notice>

export const Broker = z.object({
  kind: z.enum(['rabbitmq', 'activemq', 'artemis', 'mqtt', 'stomp']),
  /** Null when a file does not say. */
  version: z.string().nullable(),
  clusterName: z.string().nullable(),
  nodes: z.array(z.string()),
  plugins: z.array(z.string()).nullable(),
  exchangeTypes: z.array(z.string()).nullable(),
  /** Address without credentials, or the file names. */
  address: z.string(),
  listeners: z.array(z.object({protocol: z.string(), port: z.number(), tls: z.boolean()})),
  statistics: z.boolean().nullable(),
})
export type Broker = z.infer<typeof Broker>

/**
 * What there is: the structure of the estate. No depths, rates or times, which are observations.
 * `links` and `clients` are left out of the content hash: they change by themselves.
 */
export const Inventory = artefact('inventory', 1, {
  broker: Broker,
  destinations: z.array(Destination),
  bindings: z.array(Binding),
  policies: z.array(Policy),
  vhosts: z.array(Vhost),
  /** Null = not read, which is not the same as none. */
  users: z.array(User).nullable(),
  permissions: z.array(Permission).nullable(),
  clients: z.array(Client).nullable(),
  links: z.array(Link).nullable(),
  notRead: z.array(NotRead),
  /** Of `destinations`, `bindings` and `policies`: what is empty here because nobody could read it. */
  unread: z.array(UnreadList).optional(),
  notices: z.array(Notice),
})
export type Inventory = z.infer<typeof Inventory>

/** One reading of the numbers that move. One line of observations.jsonl. */
export const Observation = z.object({
  /** ISO 8601. */
  at: z.string(),
  destinations: z.record(z.string(), ObservedFacts),
})
export type Observation = z.infer<typeof Observation>
