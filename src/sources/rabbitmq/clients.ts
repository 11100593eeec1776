import {destinationId} from '../../model/id.ts'
import type {Client} from '../../model/inventory.ts'
import type {Connection} from './api.ts'
import type {Built} from './build-inventory.ts'
import {DEFAULT_VHOST, type Estate} from './estate.ts'

/** Hosts named per application; the count of connections says the rest. */
const MOST_HOSTS = 20

interface Group {
  readonly client: Omit<Client, 'hosts' | 'consumes' | 'publishes' | 'connections'>
  readonly hosts: Set<string>
  readonly consumes: Set<string>
  readonly publishes: Set<string>
  connections: number
}

/** Applications as the broker sees them: connections that differ only in instance, grouped (rabbitmq.md 1.9). */
export function clientsOf(estate: Estate, queues: readonly Built[]): Client[] | null {
  if (!estate.connections) return null
  const consumes = consumedBy(estate, queues)
  const groups = new Map<string, Group>()
  for (const connection of estate.connections) {
    const client = describe(connection)
    const key = JSON.stringify(client)
    const group = groups.get(key) ?? newGroup(client)
    groups.set(key, group)
    group.connections++
    if (connection.peer_host !== undefined) group.hosts.add(connection.peer_host)
    const name = connection.name ?? ''
    for (const id of consumes.get(name) ?? []) group.consumes.add(id)
    for (const id of publishedBy(estate, name)) group.publishes.add(id)
  }
  return [...groups.values()].map(({client, hosts, consumes: ids, publishes, connections}) => ({
    ...client,
    hosts: [...hosts].toSorted().slice(0, MOST_HOSTS),
    connections,
    consumes: [...ids].toSorted(),
    publishes: [...publishes].toSorted(),
  }))
}

const publishedBy = (estate: Estate, connection: string): string[] =>
  (estate.publishes.get(connection) ?? []).map(({vhost, name}) => destinationId('exchange', vhost, name))

const newGroup = (client: Group['client']): Group => ({
  client,
  hosts: new Set(),
  consumes: new Set(),
  publishes: new Set(),
  connections: 0,
})

function describe(connection: Connection): Group['client'] {
  const properties = new Map(Object.entries(connection.client_properties))
  const text = (key: string): string => {
    const value = properties.get(key)
    return typeof value === 'string' ? value : ''
  }
  return {
    vhost: connection.vhost ?? DEFAULT_VHOST,
    user: connection.user ?? '',
    name: pattern(connection.user_provided_name ?? text('connection_name'), connection.peer_host),
    product: text('product'),
    version: text('version') || text('product_version'),
    platform: text('platform'),
    protocol: connection.protocol ?? '',
    tls: connection.ssl ?? null,
  }
}

/** `orders-7f9c4-x2 on 10.0.0.7` and its siblings become one name. */
function pattern(name: string, host: string | undefined): string {
  const withoutHost = host === undefined || host === '' ? name : name.replaceAll(host, '*')
  return withoutHost
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '*')
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{4,}\b/gi, '*')
    .replaceAll(/\d+/g, '*')
    .replaceAll(/\*(?:[.:-]?\*)+/g, '*')
}

function consumedBy(estate: Estate, queues: readonly Built[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map(
    queues.map(({destination}) => [`${destination.vhost}\0${destination.name}`, destination.id]),
  )
  const consumed = new Map<string, string[]>()
  for (const {vhost = DEFAULT_VHOST, queue, channel_details: channel} of estate.consumers ?? []) {
    const id = ids.get(`${vhost}\0${queue}`)
    const connection = channel?.connection_name
    if (id === undefined || connection === undefined) continue
    consumed.set(connection, [...(consumed.get(connection) ?? []), id])
  }
  return consumed
}
