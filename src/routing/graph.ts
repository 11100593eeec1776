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
  /**
   * Where a queue's dead letters go: null = it has no dead-letter exchange, [] = they reach nobody. Where their key
   * cannot be told (published to a fanout, a pattern), the queues they may reach, 64 at most.
   */
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
  const exact = Map.groupBy(
    bindings.filter((binding) => !selects(binding)),
    (binding) => binding.routingKey,
  )
  const patterns = Map.groupBy(bindings.filter(selects), ({routingKey}) => anchorOf(routingKey))
  return {
    matching: (key) => [
      ...(exact.get(key) ?? []),
      ...anchorsIn(key)
        .flatMap((anchor) => patterns.get(anchor) ?? [])
        .filter((binding) => topicMatches(binding.routingKey, key)),
    ],
  }
}

/** No key has this word: RabbitMQ splits at dots. */
const ANYWHERE = '.'

/** A word that every matching key contains: only keys that do are compared. */
const anchorOf = (pattern: string): string =>
  pattern.split('.').find((word) => word !== '*' && word !== '#') ?? ANYWHERE

const anchorsIn = (key: string): string[] => [...new Set(key.split('.')), ANYWHERE]

/** Keys that messages of a queue can have been published with: some exactly, some as a pattern (`#` is any). */
function keysInto(
  name: string,
  bindings: readonly Binding[],
  typeOf: (exchange: string) => string,
): {exact: string[]; patterns: string[]} {
  const exact = new Set([name])
  const patterns = new Set<string>()
  for (const {source, routingKey} of bindings) {
    const type = typeOf(source)
    if (type === 'direct' || (type === 'topic' && !/[*#]/.test(routingKey))) exact.add(routingKey)
    else patterns.add(type === 'topic' ? routingKey : '#')
  }
  return {exact: [...exact], patterns: patterns.has('#') ? ['#'] : [...patterns]}
}

/** That many possible ends are as good as "somewhere", and thousands for each of thousands would fill memory. */
const SOMEWHERE = 64
/** More bindings than this are taken to match all: ten thousand patterns times ten thousand keys take minutes. */
const COMPARE_AT_MOST = 64

/** Bindings that a key of this pattern may match. Two patterns are taken to have a key in common. */
function mayMatch(type: string, bindings: readonly Binding[], pattern: string): readonly Binding[] {
  if (pattern === '#' || bindings.length > COMPARE_AT_MOST) return bindings
  if (type !== 'direct' && type !== 'topic') return bindings
  return bindings.filter(
    ({routingKey}) => (type === 'topic' && /[*#]/.test(routingKey)) || topicMatches(pattern, routingKey),
  )
}

const unique = (ids: readonly string[]): string[] => [...new Set(ids)]

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

  const routingTypeOf = (exchange: string): string =>
    effectiveType(destinations.get(exchange), typeOf(exchange))

  const routes = new Map<string, Routes>()
  const routesFrom = (id: string): Routes => {
    const known = routes.get(id)
    if (known !== undefined) return known
    const made = routesOf(routingTypeOf(id), from.get(id) ?? [])
    routes.set(id, made)
    return made
  }

  /** A set can be added to while it is walked: cycles end, and a long chain cannot overflow the stack. */
  const walk = (
    start: string,
    taken: (exchange: string) => readonly Binding[],
    enough = Number.POSITIVE_INFINITY,
  ): string[] => {
    const reached = new Set<string>()
    const exchanges = new Set([start])
    for (const id of exchanges) {
      for (const {destination} of taken(id)) {
        if (reached.size >= enough) return [...reached]
        if (destination.startsWith('exchange:')) exchanges.add(destination)
        else if (destinations.has(destination)) reached.add(destination)
      }
    }
    return [...reached]
  }

  const route = (vhost: string, exchange: string, routingKey: string): string[] =>
    exchange === ''
      ? [queueNamed(vhost, routingKey)].filter((id) => id !== undefined)
      : walk(destinationId('exchange', vhost, exchange), (id) => routesFrom(id).matching(routingKey))

  /** Queues that a message may reach of which only a pattern of its key is known. Asked for again and again. */
  const possibilities = new Map<string, readonly string[]>()
  const possible = (start: string, pattern: string): readonly string[] => {
    const question = `${pattern}\0${start}`
    const known = possibilities.get(question)
    if (known !== undefined) return known
    const made = walk(start, (id) => mayMatch(routingTypeOf(id), from.get(id) ?? [], pattern), SOMEWHERE)
    possibilities.set(question, made)
    return made
  }

  const deadLetters = new Map<string, readonly string[] | null>()
  const deadLettersOf = (queue: string): string[] | null => {
    const facts = destinations.get(queue)?.facts
    const exchange = valueOf(facts?.deadLetterExchange)
    if (exchange === undefined || exchange === null) return null
    const {vhost, name} = parseId(queue)
    const fixed = valueOf(facts?.deadLetterRoutingKey)
    if (fixed !== undefined && fixed !== null) return route(vhost, exchange, fixed)
    // Without a fixed key a dead letter keeps the key it was published with: one of the queue's bindings, or its
    // own name through the default exchange.
    const {exact, patterns} = keysInto(name, to.get(queue) ?? [], routingTypeOf)
    const start = destinationId('exchange', vhost, exchange)
    return unique([
      ...exact.flatMap((key) => route(vhost, exchange, key)),
      ...(exchange === '' ? [] : patterns.flatMap((pattern) => possible(start, pattern))),
    ])
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
