import type {MqliftError} from '../../errors.ts'
import type {LedgerLane} from '../../ledger/ledger.ts'
import type {LaneOutcome, LaneParts} from './lane-parts.ts'

/** Why a lane ended before its queue was empty. `failed`: something broke; `stopped`: a guard said no. */
export interface Stop {
  readonly outcome: 'stopped' | 'failed'
  readonly error: MqliftError
}

interface Ended {
  readonly held: number
  /** Those of them that no bucket tells from messages at the target: in doubt, behind another one, not handed out. */
  readonly unsaid: number
  readonly stop: Stop | undefined
}

const ENDS = {
  empty: 'the queue is empty',
  mark: 'as many messages as there were at the start',
  sentinel: 'everything that waited before the sentinel',
  never: 'the source has no more to give',
} as const

/** Everything is resolved and the source is closed: writes down how the lane ended, and says so. */
export async function endLane(
  {move: {id: move, source}, signal, until}: LaneParts,
  ledger: LedgerLane,
  {held, unsaid, stop}: Ended,
): Promise<LaneOutcome> {
  const done = {move, source, held}
  if (stop) {
    const reason = stop.error.message
    // A ledger that cannot write any more is what stopped the lane: it has said so already.
    await ledger.end('stopped', reason).catch((error: unknown) => {
      if (error !== stop.error) throw error
    })
    return {...done, ...stop, reason}
  }
  if (signal.aborted) {
    const reason = 'interrupted by the operator'
    await ledger.end('interrupted', reason)
    return {...done, outcome: 'paused', reason}
  }
  if (until === 'empty') await ledger.drained()
  if (unsaid > 0) {
    const reason = `${held} ${held === 1 ? 'message' : 'messages'} stayed at the source`
    await ledger.end('stopped', reason)
    return {...done, outcome: 'stopped', reason}
  }
  const reason = ENDS[until]
  await ledger.end('drained', reason)
  return {...done, outcome: 'drained', reason}
}
