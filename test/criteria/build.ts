import type {Body} from '../../src/model/artefact.ts'
import type {Facts} from '../../src/model/facts.ts'
import {type DestinationKind, destinationId} from '../../src/model/id.ts'
import type {Binding, Client, Destination, Inventory, Observation} from '../../src/model/inventory.ts'

/** Plain values instead of facts: `{durable: true}`; `{unresolved: '${TTL}'}` stays a placeholder. */
export type Values = Partial<Record<keyof Facts, unknown>>

const isPlaceholder = (value: unknown): value is {unresolved: string} =>
  typeof value === 'object' && value !== null && 'unresolved' in value

export const facts = (values: Values): Facts =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isPlaceholder(value)
        ? {...value, evidence: `file → ${name}`}
        : {value, evidence: `GET /api/x → ${name}`},
    ]),
  )

/** A durable queue with nothing special, everything about it known. */
const PLAIN_QUEUE: Values = {
  type: 'classic',
  durable: true,
  autoDelete: false,
  exclusive: false,
  messageTtl: null,
  expires: null,
  maxLength: null,
  maxLengthBytes: null,
  overflow: null,
  deadLetterExchange: null,
  deadLetterRoutingKey: null,
  deliveryLimit: null,
  maxPriority: null,
  singleActiveConsumer: false,
  mirrored: false,
  arguments: {},
}

const PLAIN_EXCHANGE: Values = {
  durable: true,
  autoDelete: false,
  internal: false,
  alternateExchange: null,
  arguments: {},
}

export function destination(kind: DestinationKind, name: string, values: Values = {}): Destination {
  const plain = kind === 'exchange' ? PLAIN_EXCHANGE : PLAIN_QUEUE
  return {
    id: destinationId(kind, '/', name),
    kind,
    vhost: '/',
    name,
    facts: facts({...plain, ...values}),
  }
}

export const queue = (name: string, values: Values = {}): Destination => destination('queue', name, values)
export const stream = (name: string, values: Values = {}): Destination =>
  destination('stream', name, {type: 'stream', ...values})
export const exchange = (name: string, type: string, values: Values = {}): Destination =>
  destination('exchange', name, {type, ...values})

export const binding = (
  from: Destination | string,
  to: Destination | string,
  routingKey = '',
  given: Record<string, unknown> = {},
): Binding => ({
  source: typeof from === 'string' ? from : from.id,
  destination: typeof to === 'string' ? to : to.id,
  routingKey,
  arguments: given,
  evidence: `bindings: ${routingKey}`,
})

export const client = (values: Partial<Client>): Client => ({
  vhost: '/',
  user: 'app',
  name: 'orders-service',
  product: 'RabbitMQ',
  version: '5.20.0',
  platform: 'Java',
  protocol: 'AMQP 0-9-1',
  tls: true,
  hosts: ['10.0.0.7'],
  connections: 1,
  consumes: [],
  publishes: [],
  ...values,
})

export const inventory = (
  destinations: readonly Destination[],
  bindings: readonly Binding[] = [],
  more: Partial<Body<Inventory>> = {},
): Body<Inventory> => ({
  broker: {
    kind: 'rabbitmq',
    version: '3.13.7',
    clusterName: 'rabbit@corp',
    nodes: [],
    plugins: null,
    exchangeTypes: null,
    address: 'amqp://rabbit.corp',
    listeners: [],
    statistics: null,
  },
  destinations: [...destinations],
  bindings: [...bindings],
  policies: [],
  vhosts: [{name: '/', defaultQueueType: null, tracing: false, limits: {}}],
  users: null,
  permissions: null,
  clients: null,
  links: null,
  notRead: [],
  notices: [],
  ...more,
})

/** Depths and rates by destination. */
export const observation = (values: Readonly<Record<string, Values>>): Observation => ({
  at: '2026-11-24T12:00:00Z',
  destinations: Object.fromEntries(Object.entries(values).map(([id, of]) => [id, facts(of)])),
})
