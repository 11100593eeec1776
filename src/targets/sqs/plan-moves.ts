import type {GroupRule} from '../../model/plan.ts'
import type {WaitingRoom} from '../../routing/waiting-room.ts'
import {WAITING_ROOM} from '../../routing/waiting-room.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, addMove, addNotMoved, ask, subjectId} from '../plan-draft.ts'
import {knownOfSource} from '../plan-source.ts'
import {estimateSeconds} from './estimate.ts'
import type {PlannedQueue, PlannedQueues} from './plan-queues.ts'
import {SQS_LIMITS} from './steps.ts'

export interface MoveRequest {
  readonly source: string
  readonly target: PlannedQueue
  readonly group?: GroupRule | undefined
  readonly delay?: number | undefined
}

/** Waiting messages go straight into their queue: through the topic they would fan out a second time. */
export function planMove(draft: Draft, {source, target, group, delay}: MoveRequest): void {
  const known = knownOfSource(draft, source)
  addMove(draft, {
    id: `${source}>${target.step}`,
    source,
    target: target.step,
    platform: target.fifo ? 'sqs-fifo' : 'sqs-standard',
    mode: 'drain',
    order: target.fifo ? 'strict' : 'none',
    ...(group !== undefined && {group}),
    ...(delay !== undefined && delay > 0 && {delay}),
    ...known,
    estimateSeconds: estimateSeconds(known.expected, group),
  })
}

/** A waiting room gets no queue: its messages go on to where they would have gone, with the delay they had. */
export function planWaitingRoom(
  draft: Draft,
  room: WaitingRoom & {readonly id: string},
  planned: PlannedQueues,
  groups: ReadonlyMap<string, GroupRule>,
): void {
  const target = roomTarget(draft, room, planned)
  if (target === undefined) return
  const delay = room.waits === null ? 0 : Math.ceil(room.waits / 1000)
  const most = SQS_LIMITS.delaySeconds.max
  addChange(draft, {
    subject: room.id,
    field: 'waiting room',
    change: 'mapped',
    from: room.waits === null ? 'each message waits its own time' : `messages wait ${delay} s, then go on`,
    to: `no queue: on failure consumers of ${target.name} set the visibility timeout instead (ChangeMessageVisibility, 12 h at most)`,
    undo: `the answer work-queue to ${subjectId(WAITING_ROOM, room.id)}`,
  })
  const lost = lostDelay(room, target)
  if (lost !== null)
    addLoss(draft, {rule: WAITING_ROOM, subject: room.id, field: 'delay', change: 'reset', reason: lost})
  planMove(draft, {
    source: room.id,
    target,
    group: groups.get(target.id),
    delay: target.fifo ? 0 : Math.min(delay, most),
  })
}

function lostDelay(room: WaitingRoom, target: PlannedQueue): string | null {
  if (room.waits === null)
    return 'how long each message still has to wait is not known: they are delivered at once'
  if (target.fifo) return 'a FIFO queue delays no single message: those waiting now are delivered at once'
  const seconds = Math.ceil(room.waits / 1000)
  const {max} = SQS_LIMITS.delaySeconds
  return seconds > max ? `messages wait ${seconds} s, SQS delays at most ${max} s` : null
}

/** Where its messages go on to. A work queue that sends failures here is the one they come from. */
function roomTarget(
  draft: Draft,
  {id, next}: WaitingRoom & {readonly id: string},
  planned: PlannedQueues,
): PlannedQueue | undefined {
  const {graph} = draft.context
  const possible = next.flatMap((queue) => planned.queues.get(queue) ?? [])
  const sender = possible.filter((queue) => graph.deadLetterQueues(queue.id)?.includes(id) ?? false)
  const [only, ...others] = sender.length > 0 ? sender : possible
  if (only === undefined) {
    addNotMoved(draft, {
      subject: id,
      because: `its messages go on to ${next.join(', ')}, which this plan does not move`,
    })
    return undefined
  }
  if (others.length === 0) return only
  const answer = ask(draft, {
    rule: `${WAITING_ROOM}-target`,
    subject: id,
    question: 'When their time is up its messages go to several queues; a move fills one: which?',
    choices: [only, ...others].map(({name}) => name),
    who: 'owner of the consumers',
  })
  if (answer === null)
    addNotMoved(draft, {subject: id, because: 'which queue its messages go on to is an open question'})
  return [only, ...others].find(({name}) => name === answer)
}
