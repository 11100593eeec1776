import type {Body} from '../model/artefact.ts'
import {valueOf} from '../model/facts.ts'
import {destinationId, parseId} from '../model/id.ts'
import type {Client, Inventory} from '../model/inventory.ts'
import type {Move, Plan} from '../model/plan.ts'
import type {Flow, Party} from '../model/switching.ts'
import {queuesBehind} from './flows.ts'
import {buildGraph, type Graph} from './graph.ts'
import {Groups} from './groups.ts'

/** The parts of the estate that the plan moves, each with everything that must be switched with it. Pure. */
export function flowsOf(plan: Body<Plan>, inventory: Body<Inventory>): Flow[] {
  const graph = buildGraph(inventory)
  const groups = new Groups()
  const drained = plan.moves.filter(({tap}) => tap === undefined)
  joinByBindings(inventory, groups)
  joinByTarget(drained, groups)
  joinDeadLetters(graph, inventory, groups)
  const moves = Map.groupBy(drained, ({source}) => groups.root(source))
  const ids = new Set([...inventory.destinations.map(({id}) => id), ...drained.map(({source}) => source)])
  const members = Map.groupBy([...ids].toSorted(), (id) => groups.root(id))
  const flows = [...moves].map(([root, own]) => flowOf({ids: members.get(root) ?? [], moves: own}, inventory))
  return [...withOrder(flows, graph), ...plan.moves.flatMap((move) => tappedFlow(move, graph, inventory))]
}

/** A tap copies: what it is bound to stays where it is, with its own consumers, who are to move to the topic. */
function tappedFlow(move: Move, graph: Graph, {clients}: Body<Inventory>): Flow[] {
  if (move.tap === undefined) return []
  const {exchange} = move.tap
  return [
    {
      id: move.source,
      exchanges: [exchange],
      queues: [move.source],
      moves: [move],
      ordered: false,
      producers: partiesOf(clients, [exchange], 'publishes'),
      consumers: partiesOf(clients, queuesBehind(graph, exchange), 'consumes'),
      after: [],
    },
  ]
}

/** An exchange that only ever routes to the default one is not a neighbour of everything. */
const isDefault = (id: string): boolean => id.startsWith('exchange:') && parseId(id).name === ''

function joinByBindings({bindings, destinations}: Body<Inventory>, groups: Groups): void {
  for (const {source, destination} of bindings) if (!isDefault(source)) groups.join(source, destination)
  for (const {id, vhost, facts} of destinations) {
    const alternate = valueOf(facts.alternateExchange) ?? ''
    if (alternate !== '') groups.join(id, destinationId('exchange', vhost, alternate))
  }
}

/** What waits goes on into the work queue's target, so both move together. */
function joinByTarget(moves: readonly Move[], groups: Groups): void {
  for (const same of Map.groupBy(moves, ({target}) => target).values())
    for (const move of same) groups.join(same[0]?.source ?? move.source, move.source)
}

/** Dead letters of one flow only, that nobody else publishes to, belong to that flow. */
function joinDeadLetters(graph: Graph, inventory: Body<Inventory>, groups: Groups): void {
  const published = new Set(
    inventory.clients?.flatMap(({publishes}) => publishes).map((id) => groups.root(id)),
  )
  for (const [taker, feeders] of feeding(graph, (id) => groups.root(id))) {
    const [only, ...others] = feeders
    if (only !== undefined && others.length === 0 && !published.has(taker)) groups.join(taker, only)
  }
}

/** Group of a dead-letter queue → the other groups whose messages end there. */
function feeding(graph: Graph, groupOf: (id: string) => string): Map<string, Set<string>> {
  const feeders = new Map<string, Set<string>>()
  for (const {id, kind} of graph.destinations.values()) {
    if (kind !== 'queue') continue
    for (const end of graph.deadLetterQueues(id) ?? []) {
      const [from, to] = [groupOf(id), groupOf(end)]
      if (from === to) continue
      feeders.set(to, (feeders.get(to) ?? new Set()).add(from))
    }
  }
  return feeders
}

interface Members {
  readonly ids: readonly string[]
  readonly moves: readonly Move[]
}

function flowOf({ids, moves}: Members, {clients}: Body<Inventory>): Flow {
  const exchanges = ids.filter((id) => id.startsWith('exchange:') && !isDefault(id))
  const queues = ids.filter((id) => !id.startsWith('exchange:'))
  return {
    id: exchanges[0] ?? queues[0] ?? '',
    exchanges,
    queues,
    moves,
    ordered: moves.some(({order}) => order === 'strict'),
    producers: partiesOf(clients, [...exchanges, ...defaultsOf(exchanges, queues)], 'publishes'),
    consumers: partiesOf(clients, queues, 'consumes'),
    after: [],
  }
}

/** Who publishes to a queue by its name is only seen to publish to the default exchange. */
const defaultsOf = (exchanges: readonly string[], queues: readonly string[]): string[] =>
  exchanges.length > 0
    ? []
    : [...new Set(queues.map((id) => destinationId('exchange', parseId(id).vhost, '')))]

function partiesOf(
  clients: readonly Client[] | null,
  ids: readonly string[],
  does: 'publishes' | 'consumes',
): Party[] {
  const own = new Set(ids)
  return (clients ?? [])
    .map((client) => ({client, touches: client[does].filter((id) => own.has(id))}))
    .filter(({touches}) => touches.length > 0)
}

function withOrder(flows: readonly Flow[], graph: Graph): Flow[] {
  const flowAt = new Map(flows.flatMap(({id, queues}) => queues.map((queue) => [queue, id] as const)))
  const feeders = feeding(graph, (id) => flowAt.get(id) ?? '')
  return flows.map((flow) => ({
    ...flow,
    after: [...(feeders.get(flow.id) ?? [])].filter((id) => id !== '').toSorted(),
  }))
}
