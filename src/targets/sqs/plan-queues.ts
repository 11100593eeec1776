import {valueOf} from '../../model/facts.ts'
import type {WaitingRoom} from '../../routing/waiting-room.ts'
import {decidedRoom} from '../../routing/waiting-room.ts'
import type {PlanContext, PlanSubject} from '../target.ts'

/** A queue that gets an SQS queue of its own. */
export interface PlannedQueue {
  readonly id: string
  readonly step: string
  readonly name: string
  readonly fifo: boolean
}

/** What the subjects become, looked at once: the SNS folder refers to it too. */
export interface PlannedQueues {
  readonly queues: ReadonlyMap<string, PlannedQueue>
  /** Waiting rooms, which get no queue: their messages go where they would have gone. */
  readonly rooms: ReadonlyMap<string, WaitingRoom>
  /** May be waiting rooms; planned as queues until somebody says so. */
  readonly unclear: ReadonlyMap<string, WaitingRoom>
}

export const queueStep = (name: string): string => `sqs-queue:${name}`

export function plannedQueues(subjects: readonly PlanSubject[], context: PlanContext): PlannedQueues {
  const {graph, observation, decisions} = context
  const queues = new Map<string, PlannedQueue>()
  const rooms = new Map<string, WaitingRoom>()
  const unclear = new Map<string, WaitingRoom>()
  for (const {id} of subjects) {
    if (!id.startsWith('queue:') || isExclusive(context, id)) continue
    const consumers = valueOf(observation?.destinations[id]?.consumers)
    const room = decidedRoom(graph, id, {consumers, decisions})
    const name = context.names[id]
    if (room?.certain === true) rooms.set(id, room)
    else if (name !== undefined) {
      if (room !== null) unclear.set(id, room)
      queues.set(id, {id, name, step: queueStep(name), fifo: name.endsWith('.fifo')})
    }
  }
  return {queues, rooms, unclear}
}

export const isExclusive = ({graph}: PlanContext, id: string): boolean =>
  valueOf(graph.destinations.get(id)?.facts.exclusive) === true
