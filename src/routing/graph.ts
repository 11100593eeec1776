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

/**
 * Bindings of one exchange, ready to be asked for a key: an exchange with ten thousand bindings is asked ten
 * thousand times when it is everybody's dead-letter exchange.
 */
interface Routes {
  matching(routingKey: string): readonly Binding[]
}

/** Unknown and header types are taken to match everything. */
function routesOf(type: string, bindings: readonly Binding[]): Routes {
  if (type !== 'direct' && type !== 'topic') return {matching: () => bindings}
  const selects = (binding: Binding): boolean => type === 'topic' && /[*#]/.test(binding.routingKey)
  const patterns = bindings.filter(selects)
  const exact = Map.groupBy(
    bindings.filter((binding) => !selects(binding)),
    (binding) => binding.routingKey,
  )
  return {
    matching: (key) => [
      ...(exact.get(key) ?? []),
      ...patterns.filter((binding) => topicMatches(binding.routingKey, key)),
    ],
  }
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

  const routes = new Map<string, Routes>()
  const routesFrom = (id: string): Routes => {
    const known = routes.get(id)
    if (known !== undefined) return known
    const made = routesOf(effectiveType(destinations.get(id), typeOf(id)), from.get(id) ?? [])
    routes.set(id, made)
    return made
  }

  const route = (vhost: string, exchange: string, routingKey: string): string[] => {
    if (exchange === '') return [queueNamed(vhost, routingKey)].filter((id) => id !== undefined)
    const reached = new Set<string>()
    // A set can be added to while it is walked: cycles end, and a long chain cannot overflow the stack.
    const exchanges = new Set([destinationId('exchange', vhost, exchange)])
    for (const id of exchanges) {
      for (const binding of routesFrom(id).matching(routingKey)) {
        if (binding.destination.startsWith('exchange:')) exchanges.add(binding.destination)
        else if (destinations.has(binding.destination)) reached.add(binding.destination)
      }
    }
    return [...reached]
  }

  const deadLetters = new Map<string, readonly string[] | null>()
  const deadLettersOf = (queue: string): string[] | null => {
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
  }

  return {
    destinations,
    bindingsFrom: (exchange) => from.get(exchange) ?? [],
    bindingsTo: (destination) => to.get(destination) ?? [],
    route,
    deadLetterQueues(queue) {
      if (!deadLetters.has(queue)) deadLetters.set(queue, deadLettersOf(queue))
      return deadLetters.get(queue) ?? null
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
