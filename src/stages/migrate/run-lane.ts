import {setTimeout as sleep} from 'node:timers/promises'

import {MqliftError} from '../../errors.ts'
import type {LaneFacts, LaneStart, LedgerLane} from '../../ledger/ledger.ts'
import type {Resource} from '../../model/deployment.ts'
import type {MigrateEvent} from '../../model/events.ts'
import type {Move} from '../../model/plan.ts'
import type {Depth} from '../../sources/source.ts'
import {withRetry} from '../../targets/retry.ts'
import type {Target} from '../../targets/target.ts'
import {acceptance} from './item.ts'
import type {LaneOutcome, LaneParts} from './lane-parts.ts'
import {Lane} from './lane.ts'
import {limitError, tooOften, windowFor} from './limits.ts'
import {notReady, resourcesOf, sourceRefusal} from './preflight.ts'
import {type Run, tell} from './run.ts'
import {Watch} from './watch.ts'

/** An expected failure of one lane is its outcome; the others go on. */
export async function runLane(run: Run, move: Move, atOnce: number): Promise<LaneOutcome> {
  let outcome: LaneOutcome
  try {
    outcome = await openAndRun(run, move, atOnce)
  } catch (error) {
    if (!(error instanceof MqliftError)) throw error
    // Refused before anything was received; a lane that runs reports its own failure.
    const ended = error.kind === 'refused' ? 'stopped' : 'failed'
    outcome = {...notRun(move, error.message), outcome: ended, error}
  }
  tell(run, {type: 'lane-ended', move: move.id, outcome: outcome.outcome, reason: outcome.reason})
  return outcome
}

async function openAndRun(run: Run, move: Move, atOnce: number): Promise<LaneOutcome> {
  const {ports, signal, input} = run
  if (signal.aborted) return {...notRun(move, 'interrupted before it started'), outcome: 'paused'}
  const resource = resourcesOf(input.deployment).get(move.target)
  const depth = await ports.source.depth(move.source)
  const refusal = sourceRefusal(move, depth)
  if (refusal) throw refusal
  if (!resource) throw new Error(`${move.target} is not deployed`)
  const ledger = await ports.ledger.lane(factsOf(move, resource), () => baseline(run, resource, depth))
  const often = tooOften(move, ledger.interruptions)
  if (often === undefined) return drive(run, {move, resource, depth, ledger, atOnce})
  await ledger.end('stopped', often)
  throw limitError(often)
}

interface Opened {
  readonly move: Move
  readonly resource: Resource
  readonly depth: Depth | null
  readonly ledger: LedgerLane
  readonly atOnce: number
}

async function drive(run: Run, {move, resource, depth, ledger, atOnce}: Opened): Promise<LaneOutcome> {
  const {ports, options} = run
  await using target = await openTarget(run, move, resource).catch(async (error: unknown) => {
    await ledger.end('stopped', 'the target could not be opened')
    throw error
  })
  const window = windowFor(move, atOnce, options.window, target.limits)
  tell(run, {type: 'lane-started', move: move.id, depth: depth?.ready ?? null, window: window.messages})
  const counters = ports.ledger.account(move.id)?.start.counters
  const watch = new Watch(() => ports.source.depth(move.source), ledger, counters?.acked ?? null)
  // Awaited here: the target is closed when this function ends.
  return await new Lane(partsOf(run, {move, target, window, watch}), ledger).run()
}

const notRun = (move: Move, reason: string) => ({move: move.id, source: move.source, reason, held: 0})

type OwnParts = Pick<LaneParts, 'move' | 'target' | 'window' | 'watch'>

function partsOf(run: Run, own: OwnParts): LaneParts {
  const {input, ports, options, signal, flow} = run
  const {source} = ports
  return {
    ...own,
    read: source.read?.bind(source),
    archive: ports.archive,
    flow,
    preparation: {
      move: own.move,
      target: own.target,
      key: ports.ledger.key,
      accepts: acceptance(own.move, input.plan.losses, input.accepted ?? new Set()),
    },
    until: options.until,
    skipFailed: options.skipFailed ?? false,
    quarantine: options.quarantine ?? false,
    signal,
    now: options.now,
    onEvent: (event: MigrateEvent) => tell(run, event),
  }
}

async function openTarget(run: Run, move: Move, resource: Resource): Promise<Target> {
  const {ports, options, pace} = run
  const early = notReady(resource, options.now())
  if (early > 0) {
    tell(run, {
      type: 'throttled',
      move: move.id,
      reason: `AWS needs until ${resource.readyAt} to apply the last change`,
    })
    await sleep(early, undefined, {signal: run.signal}).catch(() => undefined)
    tell(run, {type: 'resumed', move: move.id})
  }
  const opened = await ports.target(move, resource, run.signal)
  return withRetry(opened, {
    pace,
    now: options.now,
    random: options.random,
    onThrottled: (reason) => tell(run, {type: 'throttled', move: move.id, reason}),
    onResumed: () => tell(run, {type: 'resumed', move: move.id}),
  })
}

const factsOf = (move: Move, {address, createdAt, evidence}: Resource): LaneFacts => ({
  move: move.id,
  source: move.source,
  target: move.target,
  address,
  createdAt,
  sourceType: move.sourceType,
  fifo: move.platform === 'sqs-fifo',
  ...(evidence && {evidence}),
})

async function baseline(run: Run, resource: Resource, depth: Depth | null): Promise<LaneStart> {
  const {ports, options, signal} = run
  const count = await ports.count?.(resource, signal)
  return {
    at: new Date(options.now()).toISOString(),
    depth: depth && depth.ready + (depth.unacked ?? 0),
    counters: depth?.counters ?? null,
    atTarget: count ? count.visible + count.inFlight + count.delayed : null,
  }
}
