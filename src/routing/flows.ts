import {valueOf} from '../model/facts.ts'
import type {Binding} from '../model/inventory.ts'
import type {Graph} from './graph.ts'

/** Queues and streams that can be reached from an exchange, whatever the key, through other exchanges too. */
export function queuesBehind(graph: Graph, exchange: string): string[] {
  const queues = new Set<string>()
  const seen = new Set([exchange])
  for (const at of seen) {
    for (const {destination} of graph.bindingsFrom(at)) {
      if (destination.startsWith('exchange:')) seen.add(destination)
      else if (graph.destinations.has(destination)) queues.add(destination)
    }
  }
  return [...queues]
}

/** Exchanges from which a queue can be reached, directly or through other exchanges. */
export function feedersOf(graph: Graph, queue: string): string[] {
  const feeders = new Set<string>()
  for (const {source} of graph.bindingsTo(queue)) feeders.add(source)
  for (const exchange of feeders) {
    for (const {source} of graph.bindingsTo(exchange)) feeders.add(source)
  }
  return [...feeders]
}

/** Routing keys of a direct exchange that more than one queue receives. */
export function sharedKeys(graph: Graph, exchange: string): string[] {
  const queuesOf = new Map<string, Set<string>>()
  for (const {routingKey, destination} of graph.bindingsFrom(exchange)) {
    const queues = queuesOf.get(routingKey) ?? new Set()
    for (const queue of reached(graph, destination)) queues.add(queue)
    queuesOf.set(routingKey, queues)
  }
  return [...queuesOf].filter(([, queues]) => queues.size > 1).map(([key]) => key)
}

const reached = (graph: Graph, destination: string): string[] =>
  destination.startsWith('exchange:') ? queuesBehind(graph, destination) : [destination]

/** Bindings of an exchange, by what they lead to. */
export const bindingsByDestination = (graph: Graph, exchange: string): Map<string, Binding[]> =>
  Map.groupBy(graph.bindingsFrom(exchange), (binding) => binding.destination)

/** The type that decides routing: what a delayed-message exchange wraps, else the type itself. */
export function routingType(graph: Graph, exchange: string): string | undefined {
  const facts = graph.destinations.get(exchange)?.facts
  const type = valueOf(facts?.type)
  return type === 'x-delayed-message' ? (valueOf(facts?.delayedType) ?? undefined) : type
}
