import {MqliftError} from '../../errors.ts'
import type {Config, Decisions} from '../../model/decisions.ts'
import {valueOf} from '../../model/facts.ts'
import {parseId} from '../../model/id.ts'
import type {Observation} from '../../model/inventory.ts'
import {isBroker} from '../../model/platform.ts'
import type {QueueKind} from '../../routing/dead-letters.ts'
import {
  deadLetterTargets,
  fifoDeadLetterQueues,
  needsOwnDeadLetters,
  ownDeadLetterId,
  twinId,
} from '../../routing/dead-letters.ts'
import {flatten} from '../../routing/flatten.ts'
import type {Graph} from '../../routing/graph.ts'
import type {NameRequest} from '../../routing/names.ts'
import {chooseNames} from '../../routing/names.ts'
import {decidedRoom} from '../../routing/waiting-room.ts'
import type {PlanSubject} from '../../targets/target.ts'

export interface Naming {
  readonly graph: Graph
  readonly observation: Observation | undefined
  readonly decisions: Decisions
  readonly config: Config
  readonly pinned: Readonly<Record<string, string>>
}

/** A name for every queue and topic that may be made on AWS, `.fifo` where it is due. A broker keeps its names. */
export function nameTargets(
  subjects: readonly PlanSubject[],
  naming: Naming,
): Readonly<Record<string, string>> {
  const named = subjects.filter(({platform}) => !isBroker(platform))
  const queues = queueKinds(named, naming)
  const requests = [
    ...queues.map((queue) => request(queue, 'queue')),
    ...addedQueues(queues, naming.graph),
    ...topics(named, queues, naming.graph),
  ]
  const {config, pinned} = naming
  const {names, problems} = chooseNames(requests, {prefix: config.prefix, overrides: config.names, pinned})
  const [first] = problems
  if (first === undefined) return names
  throw new MqliftError('input', `a name cannot be used: ${first.because} (${first.id})`, {
    suggestions: problems.slice(0, 5).map(({id, because}) => `mqlift.yaml: ${id}: ${because}`),
  })
}

function request({id, fifo}: QueueKind, space: NameRequest['space']): NameRequest {
  const {vhost, name} = parseId(id)
  return {id, vhost, name, space, fifo}
}

/** Queues that get one of their own, and which of them are FIFO. */
function queueKinds(subjects: readonly PlanSubject[], {graph, observation, decisions}: Naming): QueueKind[] {
  const queues = subjects.filter(({id}) => {
    if (!id.startsWith('queue:') || valueOf(graph.destinations.get(id)?.facts.exclusive) === true)
      return false
    const consumers = valueOf(observation?.destinations[id]?.consumers)
    return decidedRoom(graph, id, {consumers, decisions})?.certain !== true
  })
  const kinds = queues.map(({id, platform}) => ({id, fifo: platform === 'sqs-fifo'}))
  const fifoSinks = fifoDeadLetterQueues(graph, kinds)
  return kinds.map(({id, fifo}) => ({id, fifo: fifo || fifoSinks.has(id)}))
}

/** Twins of dead-letter queues whose sources are of the other type, and queues for dead letters without a place. */
function addedQueues(queues: readonly QueueKind[], graph: Graph): NameRequest[] {
  const fifoOf = new Map(queues.map(({id, fifo}) => [id, fifo]))
  const planned = new Set(fifoOf.keys())
  const added = new Map<string, NameRequest>()
  for (const queue of queues) {
    if (needsOwnDeadLetters(graph, queue.id)) {
      const own = request(queue, 'queue')
      added.set(ownDeadLetterId(queue.id), {
        ...own,
        id: ownDeadLetterId(queue.id),
        name: `${own.name}-dead-letters`,
      })
    }
    for (const target of deadLetterTargets(graph, queue.id, planned) ?? []) {
      if (fifoOf.get(target) === queue.fifo) continue
      added.set(twinId(target), {...request({id: target, fifo: queue.fifo}, 'queue'), id: twinId(target)})
    }
  }
  return [...added.values()]
}

/** A topic that feeds a FIFO queue must be FIFO (AWS SNS developer guide, FIFO topics, read 2026-11-22). */
function topics(subjects: readonly PlanSubject[], queues: readonly QueueKind[], graph: Graph): NameRequest[] {
  const fifoQueues = new Set(queues.filter(({fifo}) => fifo).map(({id}) => id))
  return subjects
    .filter(({id, platform}) => id.startsWith('exchange:') && platform === 'sns-sqs')
    .map(({id}) =>
      request({id, fifo: flatten(graph, id).routes.some(({queue}) => fifoQueues.has(queue))}, 'topic'),
    )
}
