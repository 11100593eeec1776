import {valueOf} from '../model/facts.ts'
import type {Graph} from './graph.ts'

/** A queue as the plan sees it. */
export interface QueueKind {
  readonly id: string
  readonly fifo: boolean
}

/** Id of the FIFO or standard twin of a dead-letter queue whose sources are of both types. */
export const twinId = (id: string): string => `${id}#twin`
/** Id of the dead-letter queue that the plan adds to a queue with a delivery limit and nowhere to go. */
export const ownDeadLetterId = (id: string): string => `${id}#dead-letters`

/** Queues of the plan that a queue's dead letters reach today, itself excluded. Null = no dead-letter exchange. */
export function deadLetterTargets(
  graph: Graph,
  queue: string,
  planned: {has(id: string): boolean},
): readonly string[] | null {
  const reached = graph.deadLetterQueues(queue)
  return reached === null ? null : reached.filter((id) => id !== queue && planned.has(id)).toSorted()
}

/** It gives messages up after some deliveries, and nobody would get them: today they vanish. */
export function needsOwnDeadLetters(graph: Graph, queue: string): boolean {
  const limit = valueOf(graph.destinations.get(queue)?.facts.deliveryLimit)
  const reached = graph.deadLetterQueues(queue) ?? []
  return typeof limit === 'number' && limit >= 0 && reached.length === 0
}

/**
 * Dead-letter queues that should become FIFO: SQS wants one type on both sides (AWS SQS developer guide, dead-letter
 * queues, read 2026-11-22), so one that FIFO queues alone feed is FIFO too.
 */
export function fifoDeadLetterQueues(graph: Graph, queues: readonly QueueKind[]): Set<string> {
  const planned = new Set(queues.map(({id}) => id))
  const sources = new Map<string, boolean[]>()
  for (const {id, fifo} of queues) {
    for (const target of deadLetterTargets(graph, id, planned) ?? [])
      sources.set(target, [...(sources.get(target) ?? []), fifo])
  }
  return new Set([...sources].filter(([, types]) => types.every(Boolean)).map(([id]) => id))
}
