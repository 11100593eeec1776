import type {Body} from '../../src/model/artefact.ts'
import type {StructureFacts} from '../../src/model/facts.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Binding, Destination, Inventory} from '../../src/model/inventory.ts'

type Values = Partial<{[K in keyof StructureFacts]: unknown}>

/** Facts of plain values, each with the evidence `test`. */
const facts = (values: Values): StructureFacts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, {value, evidence: 'test'}]))

export function queue(name: string, values: Values = {}, vhost = '/'): Destination {
  const kind = values.type === 'stream' ? 'stream' : 'queue'
  return {
    id: destinationId(kind, vhost, name),
    kind,
    vhost,
    name,
    facts: facts({
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
      ...values,
    }),
  }
}

export function exchange(name: string, type: string, values: Values = {}, vhost = '/'): Destination {
  return {
    id: destinationId('exchange', vhost, name),
    kind: 'exchange',
    vhost,
    name,
    facts: facts({
      type,
      durable: true,
      autoDelete: false,
      internal: false,
      alternateExchange: null,
      ...values,
    }),
  }
}

/** `to`: a queue name, or `exchange:<name>`. */
export function bind(
  from: string,
  to: string,
  routingKey = '',
  args: Record<string, unknown> = {},
  vhost = '/',
): Binding {
  const [, kind = 'queue', name = ''] = /^(?:(exchange|stream):)?(.*)$/s.exec(to) ?? []
  return {
    source: destinationId('exchange', vhost, from),
    destination: destinationId(kind as 'queue', vhost, name),
    routingKey,
    arguments: args,
    evidence: 'test',
  }
}

export function inventory(destinations: Destination[], bindings: Binding[] = []): Body<Inventory> {
  return {
    broker: {
      kind: 'rabbitmq',
      version: '4.0.5',
      clusterName: 'test',
      nodes: ['rabbit@test'],
      plugins: null,
      exchangeTypes: null,
      address: 'amqp://test/',
      listeners: [],
      statistics: true,
    },
    destinations,
    bindings,
    policies: [],
    vhosts: [],
    users: null,
    permissions: null,
    clients: null,
    links: null,
    notRead: [],
    notices: [],
  }
}
