import {valueOf} from '../model/facts.ts'
import {destinationId, parseId} from '../model/id.ts'
import type {Binding} from '../model/inventory.ts'
import type {Graph} from './graph.ts'
import {headersFilter} from './headers-filter.ts'
import type {HeadersFilter} from './headers-filter.ts'

/**
 * All ways from one exchange to queues, through exchange-to-exchange bindings and alternate exchanges. SNS cannot
 * subscribe a topic to a topic, so every path becomes conditions on one topic: ANDed along the path, ORed over paths.
 */

/** One condition on the way. A binding that always matches has none. */
export type Atom =
  | {readonly by: 'key'; readonly key: string}
  | {readonly by: 'pattern'; readonly pattern: string}
  | {readonly by: 'headers'; readonly filter: HeadersFilter}
  /** Publishers choose the shard: a number below the sum of the weights. */
  | {readonly by: 'shard'; readonly exchange: string; readonly values: readonly string[]}
  /** Taken when no binding of the exchange matches: its alternate exchange. */
  | {readonly by: 'unmatched'; readonly exchange: string}

export interface Route {
  readonly queue: string
  readonly atoms: readonly Atom[]
}

export interface Flattened {
  readonly routes: readonly Route[]
  /** Exchanges on the way whose type has routing that we do not know: what they reach is not in `routes`. */
  readonly unknown: readonly string[]
  /** Exchanges on the way that were left out because they lead back to themselves. Cycles add nothing. */
  readonly cycles: readonly string[]
  /** Exchanges on the way, the entry included. */
  readonly through: readonly string[]
  /** There are more paths than anybody could have meant: the result is not complete. */
  readonly truncated: boolean
}

const MAX_ROUTES = 100_000
/** Shards of one exchange; more are scaled down, weights are proportions. */
const MAX_SHARDS = 150

export function flatten(graph: Graph, entry: string): Flattened {
  const routes: Route[] = []
  const unknown = new Set<string>()
  const cycles = new Set<string>()
  const through = new Set<string>()

  const visit = (exchange: string, atoms: readonly Atom[], path: readonly string[]): void => {
    through.add(exchange)
    const edges = edgesOf(graph, exchange)
    if (edges === null) unknown.add(exchange)
    for (const edge of edges ?? []) {
      if (routes.length >= MAX_ROUTES) return
      const next = edge.atom === null ? atoms : [...atoms, edge.atom]
      if (!edge.to.startsWith('exchange:')) routes.push({queue: edge.to, atoms: next})
      else if (path.includes(edge.to)) cycles.add(edge.to)
      else visit(edge.to, next, [...path, edge.to])
    }
  }
  visit(entry, [], [entry])
  return {
    routes,
    unknown: [...unknown].toSorted(),
    cycles: [...cycles].toSorted(),
    through: [...through].toSorted(),
    truncated: routes.length >= MAX_ROUTES,
  }
}

export interface Edge {
  readonly to: string
  /** Null = always taken. */
  readonly atom: Atom | null
}

/** The exchange's own bindings as edges, its alternate exchange last. Null = a type whose routing we do not know. */
export function edgesOf(graph: Graph, exchange: string): Edge[] | null {
  const bindings = graph.bindingsFrom(exchange).filter(({destination}) => exists(graph, destination))
  const type = exchangeType(graph, exchange)
  const own = type === null ? null : ROUTING[type]?.(bindings, exchange)
  if (own === undefined || own === null) return null
  const alternate = alternateOf(graph, exchange)
  return alternate === null ? own : [...own, {to: alternate, atom: {by: 'unmatched', exchange}}]
}

/** Bindings to what an export left out (exclusive queues, internal exchanges) lead nowhere. */
const exists = (graph: Graph, id: string): boolean =>
  graph.destinations.has(id) || (id.startsWith('exchange:') && predeclaredType(parseId(id).name) !== null)

/** The type by which it routes: that of a delayed exchange is the one it delays. Null = not known. */
export function exchangeType(graph: Graph, exchange: string): string | null {
  const facts = graph.destinations.get(exchange)?.facts
  const type = valueOf(facts?.type) ?? predeclaredType(parseId(exchange).name)
  return type === 'x-delayed-message' ? (valueOf(facts?.delayedType) ?? null) : type
}

function predeclaredType(name: string): string | null {
  const type = /^amq\.(direct|fanout|topic|headers|match)$/.exec(name)?.[1]
  return type === 'match' ? 'headers' : (type ?? null)
}

function alternateOf(graph: Graph, exchange: string): string | null {
  const name = valueOf(graph.destinations.get(exchange)?.facts.alternateExchange)
  // The default exchange as an alternate routes by queue name, which no filter can say: planned as a loss.
  if (name === undefined || name === null || name === '') return null
  const id = destinationId('exchange', parseId(exchange).vhost, name)
  return exists(graph, id) ? id : null
}

type Routing = (bindings: readonly Binding[], exchange: string) => Edge[]

const each =
  (atom: (binding: Binding) => Atom | null): Routing =>
  (bindings) =>
    bindings.map((binding) => ({to: binding.destination, atom: atom(binding)}))

const always = each(() => null)

/** Weights become repeated shard numbers, in the order of the bound names, which does not depend on the broker. */
const shards: Routing = (bindings, exchange) => {
  const weights = new Map<string, number>()
  for (const {destination, routingKey} of bindings) {
    // A weight that is not a number is a mistake the broker accepts; such a queue gets one share.
    const weight = /^\d+$/.test(routingKey) ? Number(routingKey) : 1
    weights.set(destination, (weights.get(destination) ?? 0) + weight)
  }
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const scale = total > MAX_SHARDS ? MAX_SHARDS / total : 1
  let next = 0
  return [...weights]
    .filter(([, weight]) => weight > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([to, weight]) => {
      const count = Math.max(1, Math.floor(weight * scale))
      const values = Array.from({length: count}, () => String(next++))
      return {to, atom: {by: 'shard', exchange, values}}
    })
}

/** Random exchanges give each message to one of their queues: the publisher draws the shard. */
const random: Routing = (bindings, exchange) =>
  shards(
    bindings.map((binding) => ({...binding, routingKey: '1'})),
    exchange,
  )

const ROUTING: Readonly<Record<string, Routing>> = {
  direct: each(({routingKey}) => ({by: 'key', key: routingKey})),
  fanout: always,
  topic: each(({routingKey}) => ({by: 'pattern', pattern: routingKey})),
  headers: each((binding) => ({by: 'headers', filter: headersFilter(binding.arguments)})),
  'x-consistent-hash': shards,
  'x-modulus-hash': random,
  'x-random': random,
  'x-local-random': random,
  'x-recent-history': always,
}
