import {valueOf} from '../../model/facts.ts'
import {
  deadLetterTargets,
  fifoDeadLetterQueues,
  needsOwnDeadLetters,
  ownDeadLetterId,
  twinId,
} from '../../routing/dead-letters.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, ask} from '../plan-draft.ts'
import type {PlannedQueue, PlannedQueues} from './plan-queues.ts'
import {queueStep} from './plan-queues.ts'
import {SQS_LIMITS} from './steps.ts'

export const DEAD_LETTER = 'dead-letter-exchange'
/** AWS SQS developer guide, dead-letter queues: the console's default, read 2026-11-22. */
const DEFAULT_RECEIVES = 10

export interface DeadLetterQueue extends PlannedQueue {
  /** Whose dead letters it takes: a source id, itself in the inventory. */
  readonly of: string
}

export interface Redrive {
  readonly to: DeadLetterQueue
  readonly maxReceiveCount: number
}

export interface DeadLetters {
  /** By source queue. */
  readonly redrives: ReadonlyMap<string, Redrive>
  /** Queues that the plan adds: twins of the other type, and those for dead letters that had no place to go. */
  readonly added: readonly DeadLetterQueue[]
  /** Source steps by dead-letter step. */
  readonly sources: ReadonlyMap<string, readonly PlannedQueue[]>
  /** Queues that are FIFO because all they hold is dead letters of FIFO queues. */
  readonly fifoSinks: ReadonlySet<string>
}

/** RabbitMQ routes dead letters, SQS moves them to one queue of the same type after so many receives. */
export function planDeadLetters(draft: Draft, planned: PlannedQueues): DeadLetters {
  const redrives = new Map<string, Redrive>()
  for (const queue of planned.queues.values()) {
    // What may be a waiting room has no failures of its own; if it is a work queue the answer says so.
    if (planned.unclear.has(queue.id)) continue
    const redrive = redriveFor(draft, queue, planned)
    if (redrive !== null) redrives.set(queue.id, redrive)
  }
  cutCycles(draft, redrives)
  const added = new Map<string, DeadLetterQueue>()
  const sources = new Map<string, PlannedQueue[]>()
  for (const [id, {to}] of redrives) {
    if (to.id.includes('#')) added.set(to.id, to)
    const queue = planned.queues.get(id)
    if (queue !== undefined) sources.set(to.step, [...(sources.get(to.step) ?? []), queue])
  }
  const fifoSinks = fifoDeadLetterQueues(draft.context.graph, [...planned.queues.values()])
  return {redrives, added: [...added.values()], sources, fifoSinks}
}

function redriveFor(draft: Draft, queue: PlannedQueue, planned: PlannedQueues): Redrive | null {
  const {graph} = draft.context
  const today = graph.deadLetterQueues(queue.id)
  if (needsOwnDeadLetters(graph, queue.id)) return ownDeadLetters(draft, queue)
  if (today === null) return null
  const reached = deadLetterTargets(graph, queue.id, planned.queues) ?? []
  const elsewhere = today.filter((id) => id !== queue.id && !reached.includes(id))
  sayElsewhere(draft, queue, {elsewhere, planned})
  if (today.length === 0) sayNobody(draft, queue)
  const target = reached.length > 1 ? chosenTarget(draft, queue, reached, planned) : reached[0]
  const into = target === undefined ? undefined : planned.queues.get(target)
  if (into === undefined) return null
  const to = sameType(draft, queue, {...into, of: into.id})
  const maxReceiveCount = receivesOf(draft, queue)
  sayRedrive(draft, queue, {to, maxReceiveCount})
  return {to, maxReceiveCount}
}

function sayNobody(draft: Draft, {id}: PlannedQueue): void {
  addChange(draft, {
    subject: id,
    field: 'dead letters',
    change: 'mapped',
    from: 'rejected messages reach no queue: they vanish',
    to: 'no dead-letter queue: consumers delete what they reject',
    undo: 'bind a queue to the dead-letter exchange and plan again',
  })
}

/** Dead letters that go to a waiting room come back by themselves; those to a queue outside the plan are lost. */
function sayElsewhere(
  draft: Draft,
  {id}: PlannedQueue,
  {elsewhere, planned}: {elsewhere: readonly string[]; planned: PlannedQueues},
): void {
  const [rooms, lost] = [
    elsewhere.filter((each) => planned.rooms.has(each)),
    elsewhere.filter((each) => !planned.rooms.has(each)),
  ]
  if (rooms.length > 0)
    addChange(draft, {
      subject: id,
      field: 'retry',
      change: 'mapped',
      from: `failures wait in ${rooms.join(', ')} and come back`,
      to: 'on failure the consumer sets the visibility timeout (ChangeMessageVisibility)',
      undo: 'none needed',
    })
  if (lost.length > 0)
    addLoss(draft, {
      rule: DEAD_LETTER,
      subject: id,
      field: 'dead-letter-exchange',
      change: 'dropped',
      reason: `its dead letters go to ${lost.join(', ')}, which this plan does not move`,
    })
}

const NO_DEAD_LETTERS = 'none'

function chosenTarget(
  draft: Draft,
  queue: PlannedQueue,
  reached: readonly string[],
  planned: PlannedQueues,
): string | undefined {
  const byName = new Map(reached.map((id) => [planned.queues.get(id)?.name ?? id, id]))
  const answer = ask(draft, {
    rule: DEAD_LETTER,
    subject: queue.id,
    question: `Its dead letters go to ${reached.length} queues, SQS has one dead-letter queue per queue: which one?`,
    choices: [...byName.keys(), NO_DEAD_LETTERS],
    who: 'owner of the consumers',
  })
  if (answer === null) return undefined
  const kept = byName.get(answer)
  addLoss(draft, {
    rule: DEAD_LETTER,
    subject: queue.id,
    field: 'dead-letter-exchange',
    change: 'dropped',
    reason: `no copy of its dead letters for ${reached.filter((id) => id !== kept).join(', ')}`,
  })
  return kept
}

/** Both must be of one type (AWS SQS developer guide, read 2026-11-22). */
function sameType(draft: Draft, queue: PlannedQueue, into: DeadLetterQueue): DeadLetterQueue {
  if (into.fifo === queue.fifo) return into
  const id = twinId(into.id)
  const name = draft.context.names[id]
  if (name === undefined) throw new RangeError(`no name was chosen for ${id}`)
  addChange(draft, {
    subject: into.id,
    field: 'type',
    change: 'mapped',
    from: 'one dead-letter queue',
    to: `two, because SQS wants it of its source's type: ${into.name} and ${name}`,
    undo: 'read both; or plan all of its sources as one type',
  })
  return {id, name, step: queueStep(name), fifo: queue.fifo, of: into.id}
}

/** A limit of N is N + 1 deliveries (rabbitmq.md 1.8). */
function receivesOf(draft: Draft, {id}: PlannedQueue): number {
  const limit = valueOf(draft.context.graph.destinations.get(id)?.facts.deliveryLimit)
  if (limit === undefined || limit === null || limit < 0) return DEFAULT_RECEIVES
  const {max} = SQS_LIMITS.maxReceiveCount
  if (limit + 1 > max) {
    addLoss(draft, {
      rule: 'delivery-limit',
      subject: id,
      field: 'delivery-limit',
      change: 'truncated',
      reason: `${limit + 1} deliveries, SQS counts to ${max}`,
    })
  }
  return Math.min(max, limit + 1)
}

function sayRedrive(draft: Draft, queue: PlannedQueue, {to, maxReceiveCount}: Redrive): void {
  addChange(draft, {
    subject: queue.id,
    field: 'dead letters',
    change: 'mapped',
    from: 'reject without requeue, or the delivery limit, dead-letters a message',
    to: `${maxReceiveCount} receives without a delete move it to ${to.name}; to set one aside at once, send it there`,
    undo: 'change maxReceiveCount of the redrive policy',
  })
  if (to.of !== queue.id && to.id === to.of) {
    addChange(draft, {
      subject: to.id,
      field: 'redrive to source',
      change: 'mapped',
      from: 'messages can be shovelled back',
      to: 'those moved here have no source in SQS: name a custom destination when you redrive them',
      undo: 'StartMessageMoveTask with DestinationArn',
    })
  }
}

/** Today the broker drops the message; in SQS it would come back until its retention ends. */
function ownDeadLetters(draft: Draft, queue: PlannedQueue): Redrive {
  const id = ownDeadLetterId(queue.id)
  const name = draft.context.names[id]
  if (name === undefined) throw new RangeError(`no name was chosen for ${id}`)
  const maxReceiveCount = receivesOf(draft, queue)
  addChange(draft, {
    subject: queue.id,
    field: 'delivery limit',
    change: 'mapped',
    from: `given up and dropped after ${maxReceiveCount} deliveries`,
    to: `kept in ${name}, a queue of its own`,
    undo: `delete ${name}; then a message that always fails comes back until its retention ends`,
  })
  const to = {id, name, step: queueStep(name), fifo: queue.fifo, of: queue.id}
  return {to, maxReceiveCount}
}

/** A ring of redrive policies would turn messages round for ever, and no queue of it could be created first. */
function cutCycles(draft: Draft, redrives: Map<string, Redrive>): void {
  for (const start of [...redrives.keys()].toSorted()) {
    const seen = new Set<string>()
    let at = start
    while (!seen.has(at)) {
      seen.add(at)
      const next = redrives.get(at)
      if (next === undefined) break
      if (next.to.id === start) {
        redrives.delete(at)
        addLoss(draft, {
          rule: 'dead-letter-cycle',
          subject: at,
          field: 'dead-letter-exchange',
          change: 'dropped',
          reason: `its dead letters come back to it through ${start}; it gets no dead-letter queue`,
        })
        break
      }
      at = next.to.id
    }
  }
}
