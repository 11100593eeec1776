import {z} from 'zod'

/**
 * What we read of the management API, of definitions files and of `rabbitmqctl --formatter json`: one shape for
 * all, since they differ in spelling only. Loose on purpose: versions 3.6 to 4.3 disagree about what is absent,
 * null, `""`, `[]` or `"undefined"` (rabbitmq.md 1.5). Unknown fields are ignored.
 */
const number = z.number().optional().catch(undefined)
const text = z.string().optional().catch(undefined)
const flag = z.boolean().optional().catch(undefined)
/** A boolean, or a template's placeholder. */
const switchable = z.unknown().optional()

/**
 * An AMQP table. Empty ones arrive as `[]`; rabbitmqctl writes `[["x-max-length","long",5]]`; lists of policies
 * from rabbitmqctl hold JSON in a string. Not copied through zod: a key may be `__proto__` (SEC-35).
 */
export function toTable(value: unknown): Record<string, unknown> {
  if (typeof value === 'string' && value.startsWith('{')) return parsedTable(value)
  if (Array.isArray(value)) return Object.fromEntries(value.flatMap(tableEntry))
  return isRecord(value) ? value : {}
}

function parsedTable(value: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value)
    return isRecord(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

function tableEntry(entry: unknown): [string, unknown][] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return []
  const [name, ...rest]: [string, ...unknown[]] = [entry[0], ...(entry.slice(1) as unknown[])]
  return [[name, rest.at(-1)]]
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const table = z.unknown().optional().transform(toTable)
/** Absent is not empty: a queue without this key has not told its policy yet. */
export const tableIfTold = z
  .unknown()
  .optional()
  .transform((value) => (value === undefined || value === null ? undefined : toTable(value)))
/** `''` and `null` are "none", absent is "not told". */
const nameIfTold = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((value) => (value === '' ? null : value))
const words = z
  .union([z.array(z.string()), z.string().transform((value) => value.split(',').filter(Boolean))])
  .optional()
  .catch(undefined)

const rate = z.object({rate: number}).optional().catch(undefined)

export const Queue = z.object({
  name: z.string(),
  vhost: text,
  type: text,
  durable: switchable,
  auto_delete: switchable,
  exclusive: switchable,
  arguments: z
    .unknown()
    .optional()
    .transform((value) => (value === undefined ? undefined : toTable(value))),
  policy: nameIfTold,
  operator_policy: nameIfTold,
  effective_policy_definition: tableIfTold,
  state: text,
  messages: number,
  messages_ready: number,
  messages_unacknowledged: number,
  message_bytes: number,
  consumers: number,
  idle_since: text,
  head_message_timestamp: z.union([z.number(), z.string()]).nullish().catch(undefined),
  /** A number, or "unlimited"; from 4.0. */
  delivery_limit: z.union([z.number(), z.string()]).optional().catch(undefined),
  slave_nodes: words,
  message_stats: z
    .object({
      publish: number,
      publish_details: rate,
      ack: number,
      deliver_get: number,
      deliver_get_details: rate,
      redeliver: number,
      redeliver_details: rate,
    })
    .optional()
    .catch(undefined),
})
export type Queue = z.infer<typeof Queue>

export const Exchange = z.object({
  name: z.string(),
  vhost: text,
  type: text,
  durable: switchable,
  auto_delete: switchable,
  internal: switchable,
  arguments: z
    .unknown()
    .optional()
    .transform((value) => (value === undefined ? undefined : toTable(value))),
  policy: nameIfTold,
  message_stats: z.object({publish_in_details: rate, publish_out_details: rate}).optional().catch(undefined),
})
export type Exchange = z.infer<typeof Exchange>

export const Binding = z.preprocess(
  (value) => (isRecord(value) && 'source_name' in value ? respelled(value) : value),
  z.object({
    source: z.string(),
    vhost: text,
    destination: z.string(),
    destination_type: z.enum(['queue', 'exchange']).catch('queue'),
    routing_key: z.string().catch(''),
    arguments: table,
  }),
)
export type Binding = z.infer<typeof Binding>

/** `rabbitmqctl list_bindings` has its own names for the same things. */
function respelled(value: Record<string, unknown>): Record<string, unknown> {
  return {
    ...value,
    source: value['source_name'],
    destination: value['destination_name'],
    destination_type: value['destination_kind'],
  }
}

export const Policy = z.object({
  vhost: text,
  name: z.string(),
  pattern: z.string(),
  'apply-to': z.string().catch('all'),
  definition: table,
  priority: z.number().catch(0),
})
export type Policy = z.infer<typeof Policy>

export const Parameter = z.object({
  component: z.string(),
  name: z.string(),
  vhost: text,
  /** Not always an object: a federation-upstream-set is a list. */
  value: z.unknown().optional(),
})
export type Parameter = z.infer<typeof Parameter>

export const Vhost = z
  .object({
    name: z.string(),
    default_queue_type: text,
    metadata: z.unknown().optional().transform(toTable),
    tracing: flag,
    limits: table,
  })
  .transform(({metadata, default_queue_type: told, ...rest}) => ({
    ...rest,
    defaultQueueType: queueType(told ?? metadata['default_queue_type']),
  }))
export type Vhost = z.infer<typeof Vhost>

/** `"undefined"` when unset (3.10). */
export function queueType(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value !== 'undefined' ? value : null
}

export const VhostLimits = z.object({vhost: z.string(), value: table})

export const User = z
  .object({name: text, user: text, tags: words})
  .transform(({name, user, tags}) => ({name: name ?? user ?? '', tags: tags ?? []}))

export const Permission = z.object({
  user: text,
  vhost: text,
  configure: z.string(),
  write: z.string(),
  read: z.string(),
})

const channelDetails = z
  .object({name: text, connection_name: text, peer_host: text, user: text})
  .optional()
  .catch(undefined)

export const Consumer = z
  .object({
    queue: z.object({name: z.string(), vhost: text}).optional().catch(undefined),
    queue_name: text,
    vhost: text,
    consumer_tag: z.string().catch(''),
    ack_required: z.boolean().catch(true),
    exclusive: z.boolean().catch(false),
    channel_pid: text,
    channel_details: channelDetails,
  })
  .transform(({queue, queue_name, vhost, channel_pid, ...rest}) => ({
    ...rest,
    queue: queue?.name ?? queue_name ?? '',
    vhost: queue?.vhost ?? vhost,
    channel: rest.channel_details?.name ?? channel_pid ?? '',
  }))
export type Consumer = z.infer<typeof Consumer>

export const Connection = z.object({
  name: text,
  vhost: text,
  user: text,
  protocol: z
    .union([z.string(), z.array(z.unknown()).transform((parts) => parts.join('-'))])
    .optional()
    .catch(undefined),
  ssl: flag,
  peer_host: text,
  user_provided_name: text,
  client_properties: z.unknown().optional().transform(toTable),
})
export type Connection = z.infer<typeof Connection>

export const Channel = z.object({
  name: z.string(),
  connection_details: z.object({name: text}).optional().catch(undefined),
  message_stats: z.object({publish: number}).optional().catch(undefined),
})

/** `GET /channels/<name>`, with `rates_mode` detailed: where a channel publishes to. */
export const ChannelDetail = z.object({
  publishes: z
    .array(z.object({exchange: z.object({name: z.string(), vhost: text}).optional().catch(undefined)}))
    .catch([]),
})

export const Shovel = z.object({
  name: z.string(),
  vhost: text,
  type: text,
  state: text,
  src_uri: text,
  dest_uri: text,
  src_queue: text,
  src_exchange: text,
  dest_queue: text,
  dest_exchange: text,
})
export type Shovel = z.infer<typeof Shovel>

export const FederationLink = z.object({
  vhost: text,
  upstream: text,
  type: text,
  exchange: text,
  queue: text,
  status: text,
  uri: text,
})
export type FederationLink = z.infer<typeof FederationLink>

export const Overview = z.object({
  rabbitmq_version: text,
  cluster_name: text,
  rates_mode: text,
  disable_stats: flag,
  exchange_types: z
    .array(z.object({name: z.string()}))
    .optional()
    .catch(undefined),
  object_totals: z
    .object({queues: number, consumers: number, connections: number})
    .optional()
    .catch(undefined),
  listeners: z
    .array(z.object({protocol: z.string(), port: z.number(), ssl_opts: z.unknown().optional(), tls: flag}))
    .optional()
    .catch(undefined),
  node: text,
})
export type Overview = z.infer<typeof Overview>

export const ClusterNode = z.object({
  name: z.string(),
  enabled_plugins: z.array(z.string()).optional().catch(undefined),
})
export type ClusterNode = z.infer<typeof ClusterNode>

export const WhoAmI = z.object({name: z.string(), tags: words})
