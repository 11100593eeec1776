import type {Decisions} from '../model/decisions.ts'
import {valueOf} from '../model/facts.ts'
import {destinationId, parseId} from '../model/id.ts'
import type {Graph} from './graph.ts'

export interface WaitingRoom {
  /** False: it may also be a work queue, somebody has to say. */
  readonly certain: boolean
  /** Queues that messages go to when their time is up, itself excluded. */
  readonly next: readonly string[]
  /** Milliseconds that every message waits; null = each message brings its own time, or it is not known. */
  readonly waits: number | null
}

/**
 * A queue that nobody reads: messages expire in it and are dead-lettered to a work queue, which is how RabbitMQ
 * delays and retries. As an SQS queue it would keep them for ever. Null = it is a work queue.
 */
export function waitingRoom(graph: Graph, queue: string, consumers: number | undefined): WaitingRoom | null {
  const facts = graph.destinations.get(queue)?.facts
  const next = (graph.deadLetterQueues(queue) ?? []).filter((id) => id !== queue)
  if (next.length === 0 || (consumers ?? 0) > 0) return null
  const ttl = valueOf(facts?.messageTtl) ?? null
  const looks =
    ttl === null ? withoutTime(graph, queue, next) : withTime(graph, {queue, next, ttl, consumers})
  return looks === 'work' ? null : {certain: looks === 'waits', next, waits: ttl}
}

/** The pattern's id (patterns/delayed-retry-loop.ts), and of the question and the loss about it. */
export const WAITING_ROOM = 'delayed-retry-loop'
export const ROOM_ANSWERS = ['waiting-room', 'work-queue'] as const

/** The same, after somebody may have answered `delayed-retry-loop:<queue id>`. */
export function decidedRoom(
  graph: Graph,
  queue: string,
  known: {readonly consumers: number | undefined; readonly decisions: Decisions},
): WaitingRoom | null {
  const room = waitingRoom(graph, queue, known.consumers)
  if (room === null) return null
  const id = `${WAITING_ROOM}:${queue}`
  const answer = known.decisions.findLast((decision) => decision.id === id)?.answer
  const [yes, no] = ROOM_ANSWERS
  if (answer === no) return null
  return answer === yes ? {...room, certain: true} : room
}

type Looks = 'waits' | 'unclear' | 'work'

/** A longer time to live is rather a limit for everything that lies about: half a day is the longest retry in SQS. */
const LONGEST_WAIT = 43_200_000

interface Timed {
  readonly queue: string
  readonly next: readonly string[]
  readonly ttl: number
  readonly consumers: number | undefined
}

function withTime(graph: Graph, {queue, next, ttl, consumers}: Timed): Looks {
  if (next.some((id) => graph.deadLetterQueues(id)?.includes(queue) ?? false)) return 'waits'
  if (next.every((id) => isSink(graph, id))) return 'work'
  const fed = graph.bindingsTo(queue).length > 0
  // Published to, expiring into a work queue: a delay if we saw that nobody reads it.
  return ttl <= LONGEST_WAIT && (!fed || consumers === 0) ? 'waits' : 'unclear'
}

/** Without a time of its own each message may bring one (`expiration`), which no declaration shows. */
function withoutTime(graph: Graph, queue: string, next: readonly string[]): Looks {
  if (graph.bindingsTo(queue).length > 0) return 'work'
  const toDefault = valueOf(graph.destinations.get(queue)?.facts.deadLetterExchange) === ''
  const back = next.filter((id) => graph.deadLetterQueues(id)?.includes(queue) ?? false)
  const waitsThere = back.some(
    (id) => typeof valueOf(graph.destinations.get(id)?.facts.messageTtl) === 'number',
  )
  // In a loop the one with the time is the waiting room.
  if (waitsThere) return 'work'
  return back.length > 0 || (toDefault && !next.every((id) => isSink(graph, id))) ? 'unclear' : 'work'
}

/** Where dead letters end: fed by dead-letter exchanges alone, and dead-lettering nowhere itself. */
export function isSink(graph: Graph, queue: string): boolean {
  if (graph.deadLetterQueues(queue) !== null) return false
  const {vhost} = parseId(queue)
  const bindings = graph.bindingsTo(queue)
  return bindings.length > 0 && bindings.every(({source}) => deadLetterExchanges(graph, vhost).has(source))
}

const cache = new WeakMap<Graph, Map<string, ReadonlySet<string>>>()

/** Ids of the exchanges of a virtual host that some queue dead-letters to. */
function deadLetterExchanges(graph: Graph, vhost: string): ReadonlySet<string> {
  const known = cache.get(graph) ?? exchangesByVhost(graph)
  cache.set(graph, known)
  return known.get(vhost) ?? new Set()
}

function exchangesByVhost(graph: Graph): Map<string, ReadonlySet<string>> {
  const byVhost = new Map<string, Set<string>>()
  for (const {vhost, facts} of graph.destinations.values()) {
    const exchange = valueOf(facts.deadLetterExchange)
    if (exchange === undefined || exchange === null || exchange === '') continue
    const ids = byVhost.get(vhost) ?? new Set()
    ids.add(destinationId('exchange', vhost, exchange))
    byVhost.set(vhost, ids)
  }
  return byVhost
}
