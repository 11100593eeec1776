import type {Broker} from '../../model/inventory.ts'
import type {Estate} from './estate.ts'

export function brokerOf(estate: Estate): Broker {
  const {overview} = estate
  return {
    kind: 'rabbitmq',
    version: estate.version,
    clusterName: overview?.cluster_name ?? null,
    nodes: nodeNames(estate),
    plugins: pluginsOf(estate.nodes),
    exchangeTypes: overview?.exchange_types?.map(({name}) => name) ?? null,
    address: estate.address,
    listeners: listenersOf(overview),
    statistics: overview ? overview.disable_stats !== true : null,
  }
}

function nodeNames({nodes, overview}: Estate): string[] {
  if (nodes) return nodes.map(({name}) => name)
  return overview?.node === undefined ? [] : [overview.node]
}

/** With statistics off the nodes do not list their plugins: not known, not none. */
function pluginsOf(nodes: Estate['nodes']): string[] | null {
  const lists = (nodes ?? []).flatMap(({enabled_plugins: names}) => (names ? [names] : []))
  return lists.length === 0 ? null : [...new Set(lists.flat())].toSorted()
}

function listenersOf(overview: Estate['overview']): Broker['listeners'] {
  const all = (overview?.listeners ?? []).map(({protocol, port, ssl_opts: options, tls}) => ({
    protocol,
    port,
    tls: tls === true || protocol.endsWith('/ssl') || (Array.isArray(options) && options.length > 0),
  }))
  return [...new Map(all.map((listener) => [`${listener.protocol} ${listener.port}`, listener])).values()]
}
