import type {Body} from '../model/artefact.ts'
import {valueOf} from '../model/facts.ts'
import {destinationId, parseId} from '../model/id.ts'
import type {Binding, Destination, Inventory} from '../model/inventory.ts'
import {topicMatches} from './topic.ts'

/** The estate as a graph: who feeds whom. Pure; built once per stage. */
export interface Graph {
  readonly destinations: ReadonlyMap<string, Destination>
  /** Bindings leaving an exchange, bindings arriving at a queue or exchange. */
  bindingsFrom(exchange: string): readonly Binding[]
  bindingsTo(destination: string): readonly Binding[]
  /** Queues and streams that a message published to this exchange with this key reaches (default exchange: name ''). */
  route(vhost: string, exchange: string, routingKey: string): readonly string[]
  /** Where a queue's dead letters go: null = it has no dead-letter exchange, [] = they reach nobody. */
  deadLetterQueues(queue: string): readonly string[] | null
}

type Match = (binding: Binding, routingKey: string) => boolean
const always: Match = () => true
/** Exchange types whose routing by key we know. Unknown and header types are taken to match everything. */
const MATCH: Readonly<Record<string, Match>> = {
  direct: (binding, key) => binding.routingKey === key,
  fanout: always,
  topic: (binding, key) => topicMatches(binding.routingKey, key),
}

export function buildGraph(inventory: Body<Inventory>): Graph {
  const destinations = new Map(inventory.destinations.map((destination) => [destination.id, destination]))
  const from = Map.groupBy(inventory.bindings, (binding) => binding.source)
  const to = Map.groupBy(inventory.bindings, (binding) => binding.destination)

  const queueNamed = (vhost: string, name: string): string | undefined =>
    [destinationId('queue', vhost, name), destinationId('stream', vhost, name)].find((id) =>
      destinations.has(id),
    )

  const typeOf = (exchange: string): string =>
    valueOf(destinations.get(exchange)?.facts.type) ?? predeclaredType(parseId(exchange).name)

  const route = (vhost: string, exchange: string, routingKey: string): string[] => {
    if (exchange === '') return [queueNamed(vhost, routingKey)].filter((id) => id !== undefined)
    const reached = new Set<string>()
    const seen = new Set<string>()
    const visit = (id: string): void => {
      if (seen.has(id)) return
      seen.add(id)
      const matches = MATCH[effectiveType(destinations.get(id), typeOf(id))] ?? always
      for (const binding of from.get(id) ?? []) {
        if (!matches(binding, routingKey)) continue
        if (binding.destination.startsWith('exchange:')) visit(binding.destination)
        else if (destinations.has(binding.destination)) reached.add(binding.destination)
      }
    }
    visit(destinationId('exchange', vhost, exchange))
    return [...reached]
  }

  return {
    destinations,
    bindingsFrom: (exchange) => from.get(exchange) ?? [],
    bindingsTo: (destination) => to.get(destination) ?? [],
    route,
    deadLetterQueues(queue) {
      const facts = destinations.get(queue)?.facts
      const exchange = valueOf(facts?.deadLetterExchange)
      if (exchange === undefined || exchange === null) return null
      const {vhost, name} = parseId(queue)
      const fixed = valueOf(facts?.deadLetterRoutingKey)
      if (fixed !== undefined && fixed !== null) return route(vhost, exchange, fixed)
      // Without a fixed key a dead letter keeps the keys it was published with: those of the queue's bindings,
      // and its own name through the default exchange.
      const keys = new Set([name, ...(to.get(queue) ?? []).map((binding) => binding.routingKey)])
      return [...new Set([...keys].flatMap((key) => route(vhost, exchange, key)))]
    },
  }
}

function effectiveType(exchange: Destination | undefined, type: string): string {
  return type === 'x-delayed-message' ? (valueOf(exchange?.facts.delayedType) ?? type) : type
}

/** amq.* exchanges exist on every broker and are in no definitions file. */
function predeclaredType(name: string): string {
  const type = /^amq\.(direct|fanout|topic|headers|match)$/.exec(name)?.[1]
  return type === 'match' ? 'headers' : (type ?? 'unknown')
}
