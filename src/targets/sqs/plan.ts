import {valueOf} from '../../model/facts.ts'
import {parseId} from '../../model/id.ts'
import type {GroupRule} from '../../model/plan.ts'
import {ROOM_ANSWERS, WAITING_ROOM} from '../../routing/waiting-room.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, addNotMoved, addStep, ask, newDraft, partOf} from '../plan-draft.ts'
import {tagsFor} from '../tags.ts'
import type {PlanContext, PlanPart, PlanSubject} from '../target.ts'
import type {DeadLetters} from './plan-dead-letters.ts'
import {DEAD_LETTER, planDeadLetters} from './plan-dead-letters.ts'
import {planDirectSends} from './plan-direct-sends.ts'
import {groupFor} from './plan-group.ts'
import {queueLosses} from './plan-losses.ts'
import {planMove, planWaitingRoom} from './plan-moves.ts'
import type {PlannedQueue, PlannedQueues} from './plan-queues.ts'
import {isExclusive, plannedQueues} from './plan-queues.ts'
import {retentionAtCutover} from './plan-retention.ts'
import type {SqsQueueSettings} from './steps.ts'
import {SQS_LIMITS} from './steps.ts'

/** Queues of RabbitMQ as SQS queues. Pure. */
export function plan(subjects: readonly PlanSubject[], context: PlanContext): PlanPart {
  const draft = newDraft(context)
  const planned = plannedQueues(subjects, context)
  const because = new Map(subjects.map((subject) => [subject.id, subject.because]))
  const deadLetters = planDeadLetters(draft, planned)
  const groups = new Map<string, GroupRule>()
  const retention = retentions(draft, planned, deadLetters)
  for (const queue of planned.queues.values()) {
    const group = queue.fifo ? groupFor(draft, queue, deadLetters.fifoSinks.has(queue.id)) : undefined
    if (group !== undefined) groups.set(queue.id, group)
    planQueue(draft, queue, {deadLetters, retention, group, because: because.get(queue.id) ?? []})
    planMove(draft, {source: queue.id, target: queue, group})
  }
  for (const queue of deadLetters.added)
    addQueueStep(draft, queue, {deadLetters, retention, group: undefined, because: [DEAD_LETTER]})
  for (const [id, room] of planned.rooms) planWaitingRoom(draft, {id, ...room}, planned, groups)
  for (const id of [...planned.unclear.keys(), ...planned.rooms.keys()]) askWaitingRoom(draft, id, planned)
  for (const subject of subjects) planOther(draft, subject, planned)
  return partOf(draft)
}

interface QueueContext {
  readonly deadLetters: DeadLetters
  /** Seconds at cutover, by step. */
  readonly retention: ReadonlyMap<string, number>
  readonly group: GroupRule | undefined
  readonly because: readonly string[]
}

/**
 * A standard dead-letter queue keeps the time of the first arrival, so it must keep messages at least as long as
 * its sources (AWS SQS developer guide, read 2026-11-22).
 */
function retentions(
  draft: Draft,
  planned: PlannedQueues,
  {sources}: DeadLetters,
): ReadonlyMap<string, number> {
  const {max} = SQS_LIMITS.retentionSeconds
  // Whether what may be a waiting room expires messages is part of the question about it.
  const own = new Map(
    [...planned.queues.values()].map((queue) => [
      queue.step,
      planned.unclear.has(queue.id) ? max : retentionAtCutover(draft, queue),
    ]),
  )
  // A dead-letter queue may have one of its own: until nothing changes. There are no rings, so this ends.
  for (let changed = true; changed;) {
    changed = false
    for (const [step, feeders] of sources) {
      const longest = Math.max(...feeders.map((feeder) => own.get(feeder.step) ?? max))
      if ((own.get(step) ?? 0) >= longest) continue
      own.set(step, longest)
      changed = true
    }
  }
  return own
}

function planQueue(draft: Draft, queue: PlannedQueue, context: QueueContext): void {
  const facts = draft.context.graph.destinations.get(queue.id)?.facts ?? {}
  addQueueStep(draft, queue, context)
  const {name} = parseId(queue.id)
  if (name !== queue.name)
    addChange(draft, {
      subject: queue.id,
      field: 'name',
      change: 'renamed',
      from: name,
      to: queue.name,
      undo: 'the tag mqlift:source keeps the original; names: in mqlift.yaml chooses another',
    })
  if (valueOf(facts.durable) === false)
    addChange(draft, {
      subject: queue.id,
      field: 'durable',
      change: 'mapped',
      from: 'gone after a broker restart',
      to: 'always durable',
      undo: 'none needed',
    })
  for (const lost of queueLosses({facts, fifo: queue.fifo})) addLoss(draft, {...lost, subject: queue.id})
}

function addQueueStep(draft: Draft, queue: PlannedQueue, context: QueueContext): void {
  const {config, graph} = draft.context
  const [source = queue.id] = queue.id.split('#')
  const redrive = context.deadLetters.redrives.get(queue.id)
  const timeout = valueOf(graph.destinations.get(source)?.facts.consumerTimeout)
  const settings: SqsQueueSettings = {
    fifo: queue.fifo,
    retentionSeconds: {
      now: SQS_LIMITS.retentionSeconds.max,
      cutover: context.retention.get(queue.step) ?? SQS_LIMITS.retentionSeconds.max,
    },
    delaySeconds: {now: 0, cutover: 0},
    visibilityTimeoutSeconds: visibility(timeout),
    maximumMessageSize: SQS_LIMITS.maximumMessageSize.max,
    receiveWaitSeconds: 20,
    redrive:
      redrive === undefined
        ? null
        : {deadLetterStep: redrive.to.step, maxReceiveCount: redrive.maxReceiveCount},
    redriveAllow: redriveAllow(context.deadLetters.sources.get(queue.step)),
    kmsKey: config.kmsKey ?? null,
    fifoThroughput: throughput(queue, context.group),
    tags: tagsFor(source, config),
  }
  addStep(draft, {
    id: queue.step,
    platform: queue.fifo ? 'sqs-fifo' : 'sqs-standard',
    do: 'sqs-queue',
    name: queue.name,
    when: 'before',
    settings,
    needs: redrive === undefined ? [] : [redrive.to.step],
    for: [source],
    because: [...new Set([...context.because, ...(redrive === undefined ? [] : [DEAD_LETTER])])],
  })
}

/** SQS's own default; a consumer timeout that somebody chose is taken over. AWS API reference, read 2026-11-22. */
const DEFAULT_VISIBILITY = 30

function visibility(consumerTimeout: number | null | undefined): number {
  if (consumerTimeout === undefined || consumerTimeout === null || consumerTimeout <= 0)
    return DEFAULT_VISIBILITY
  return Math.min(SQS_LIMITS.visibilityTimeoutSeconds.max, Math.ceil(consumerTimeout / 1000))
}

function redriveAllow(sources: readonly PlannedQueue[] | undefined): SqsQueueSettings['redriveAllow'] {
  if (sources === undefined || sources.length > SQS_LIMITS.redriveAllowSources) return {allow: 'all'}
  return {allow: 'only', steps: sources.map(({step}) => step).toSorted()}
}

/** One group is one partition: high throughput would change nothing. */
function throughput({fifo}: PlannedQueue, group: GroupRule | undefined): SqsQueueSettings['fifoThroughput'] {
  if (!fifo) return 'none'
  return group === undefined || group.by === 'constant' ? 'queue' : 'group'
}

/** Open when it is not clear; otherwise told, so that somebody who knows better can say so. */
function askWaitingRoom(draft: Draft, id: string, {rooms}: PlannedQueues): void {
  ask(draft, {
    rule: WAITING_ROOM,
    subject: id,
    question:
      'Do messages only wait in it until they expire and go on (waiting-room), or does somebody consume it (work-queue)?',
    choices: [...ROOM_ANSWERS],
    who: 'owner of the consumers',
    ...(rooms.has(id) && {assumed: 'waiting-room'}),
  })
}

function planOther(draft: Draft, {id, platform}: PlanSubject, planned: PlannedQueues): void {
  if (id.startsWith('stream:'))
    addNotMoved(draft, {
      subject: id,
      because: 'SQS has no replayable log: streams are assessed and not moved',
    })
  else if (isExclusive(draft.context, id))
    addNotMoved(draft, {
      subject: id,
      because:
        'exclusive: it belongs to one connection, and no other may read it. It ends with that connection',
    })
  else if (id.startsWith('exchange:') && platform !== 'sns-sqs')
    planDirectSends(draft, {id, platform}, planned)
}
