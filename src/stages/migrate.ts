import {MqliftError} from '../errors.ts'
import {sharedPace} from '../targets/retry.ts'
import {Flow} from './migrate/flow.ts'
import type {LaneOutcome} from './migrate/lane-parts.ts'
import {type MigrateInput, refusalsOf, selectedMoves} from './migrate/preflight.ts'
import {runLane} from './migrate/run-lane.ts'
import {type MigrateOptions, type MigratePorts, type Run, tell} from './migrate/run.ts'

export type {MigrateInput} from './migrate/preflight.ts'
export type {LaneOutcome} from './migrate/lane-parts.ts'
export type {MigrateOptions, MigratePorts} from './migrate/run.ts'
export {describeMigration} from './migrate/preflight.ts'

export interface MigrateOutcome {
  readonly outcome: 'complete' | 'incomplete' | 'interrupted'
  readonly lanes: readonly LaneOutcome[]
  /** The first error that stopped a lane. */
  readonly error?: MqliftError
}

const LANES = 8
const PAUSE_POLL_MS = 500

/** Moves what waits in the queues of the plan. Safe to interrupt, to kill, and to run again: it resumes. */
export async function migrate(
  input: MigrateInput,
  ports: MigratePorts,
  options: MigrateOptions,
  signal: AbortSignal,
): Promise<MigrateOutcome> {
  refuse(input, ports)
  const pace = sharedPace(options.now, options.requests)
  const flow = new Flow({pace, now: options.now, rate: () => options.rate?.() ?? null})
  const run: Run = {input, ports, options, signal, pace, flow}
  const poll = setInterval(() => void lookForPause(run), PAUSE_POLL_MS).unref()
  try {
    await lookForPause(run)
    return outcomeOf(await runLanes(run), signal)
  } finally {
    clearInterval(poll)
    flow.close()
  }
}

function refuse(input: MigrateInput, {source}: MigratePorts): void {
  if (!input.deployment) {
    throw new MqliftError('input', 'there is no deployment.json: nothing to move into', {
      reason: 'not-applied',
      suggestions: ['mqlift apply --execute'],
    })
  }
  if (!source.read) {
    throw new MqliftError('usage', `${source.address} is a file about a broker: it holds no messages`, {
      suggestions: ['name the broker itself: mqlift migrate amqps://user@host/ --execute'],
    })
  }
  const refusals = refusalsOf(input)
  const [first] = refusals
  if (!first) return
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : ''
  throw new MqliftError('refused', `${first.because}${more}`, {
    reason: first.reason,
    suggestions: [...new Set(refusals.map(({suggestion}) => suggestion))].slice(0, 5),
  })
}

/**
 * So many at once, in the order of the plan. A fault of ours in one of them ends the others as Ctrl-C would, and is
 * told when they have ended: the caller then closes ledger and archive.
 */
async function runLanes(run: Run): Promise<LaneOutcome[]> {
  const moves = selectedMoves(run.input)
  const atOnce = Math.max(1, Math.min(run.options.lanes ?? LANES, moves.length))
  const fault = new AbortController()
  const guarded = {...run, signal: AbortSignal.any([run.signal, fault.signal])}
  const outcomes: LaneOutcome[] = []
  const queue = moves.values()
  const worker = async (): Promise<void> => {
    for (const move of queue) outcomes.push(await runLane(guarded, move, atOnce))
  }
  const ended = await Promise.allSettled(
    Array.from({length: atOnce}, () =>
      worker().catch((error: unknown) => {
        fault.abort()
        throw error
      }),
    ),
  )
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return outcomes
}

/** A control file that cannot be read now changes nothing: it is read again half a second later. */
async function lookForPause(run: Run): Promise<void> {
  const {ports, flow, input} = run
  const before = flow.pausedBecause
  const reason = await Promise.resolve(ports.paused?.() ?? null).catch(() => before)
  if (reason === before) return
  flow.setPaused(reason)
  for (const {id: move} of selectedMoves(input)) {
    tell(run, reason === null ? {type: 'resumed', move} : {type: 'throttled', move, reason})
  }
}

function outcomeOf(lanes: readonly LaneOutcome[], signal: AbortSignal): MigrateOutcome {
  const error = lanes.find((lane) => lane.error)?.error
  const complete = lanes.every(({outcome, held}) => outcome === 'drained' && held === 0)
  const incomplete = signal.aborted ? 'interrupted' : 'incomplete'
  return {outcome: complete ? 'complete' : incomplete, lanes, ...(error && {error})}
}
