import type {MoveAccount} from '../../ledger/ledger.ts'
import type {Shovelled} from '../../model/shovels.ts'
import type {Buckets, Level, VerifiedDestination} from '../../model/verification.ts'
import {arrivedBetween, takenBetween} from './reading.ts'

/** One of the two comparisons that counts allow; null = it cannot be made, and why. */
interface Comparison {
  readonly difference: number | null
  readonly says: string
}

/** What counts say of the queues that shovels moved: at most *consistent*. Pure: from the readings in shovels.json. */
export const shovelledDestinations = (
  {moves}: {readonly moves: readonly Shovelled[]},
  accounts: readonly Pick<MoveAccount, 'source' | 'state' | 'start'>[] = [],
): VerifiedDestination[] =>
  moves.map((move, index) => ({...destinationOf(move, index + 1), state: stateOf(move, moves, accounts)}))

/** What one left, a later one may have moved, or mqlift itself: how that ended says whether the queue is done. */
function stateOf(
  {source, state, before}: Shovelled,
  moves: readonly Shovelled[],
  accounts: readonly Pick<MoveAccount, 'source' | 'state' | 'start'>[],
): VerifiedDestination['state'] {
  if (state === 'running') return state
  const isDone = accounts.some(
    (account) =>
      account.source === source && account.state === 'drained' && account.start.at > before.source.at,
  )
  return isDone ? 'drained' : (moves.findLast((move) => move.source === source)?.state ?? state)
}

function destinationOf(move: Shovelled, number: number): VerifiedDestination {
  const counts = countsOf(move)
  const [source, target] = [compareSource(move, counts), compareTarget(counts)]
  const levels = levelsOf(move, source, target)
  return {
    id: move.source,
    move: `shovel ${number}: ${move.move}`,
    target: move.target,
    state: move.state,
    proof: levels.every(({level, outcome}) => outcome === 'passed' || level < 'V3')
      ? 'consistent'
      : 'not-checked',
    levels,
    buckets: bucketsOf(counts, source, target),
    comparisons: {source: source.difference, digests: null, target: target.difference},
    reasons: {},
    leftAtSource: move.after?.source.messages ?? null,
    notChecked: [
      ...[source, target].filter(({difference}) => difference === null).map(({says}) => says),
      'a shovel keeps no account of single messages: bodies, headers and order were not looked at',
    ],
  }
}

interface Counts {
  /** Messages that left the source, and that came to the target; null = not known. */
  readonly taken: number | null
  readonly arrived: number | null
  readonly inHand: number
}

/** The last acks of a channel that closes may never be counted: what is gone here and arrived there was taken, too. */
function countsOf({before, after, inHand}: Shovelled): Counts {
  const counted = after && takenBetween(before.source, after.source)
  const arrived = after && arrivedBetween(before.target, after.target)
  const gone = after ? before.source.messages - after.source.messages : 0
  const taken = counted === null ? null : Math.max(counted, Math.min(gone, arrived ?? 0))
  return {taken, arrived, inHand}
}

function bucketsOf({taken, arrived, inHand}: Counts, source: Comparison, target: Comparison): Buckets {
  const received = taken ?? 0
  const known = source.difference !== null && target.difference !== null
  return {
    received,
    settled: Math.min(received, arrived ?? 0),
    failed: 0,
    doubt: 0,
    quarantined: 0,
    open: 0,
    unexplained: known ? Math.max(source.difference, target.difference) : null,
    possibleDuplicates: Math.max(inHand, (arrived ?? 0) - received),
  }
}

/** Fewer than none arrived: messages went without anybody's ack. */
function compareSource({before, after, others, state}: Shovelled, {taken}: Counts): Comparison {
  if (!after)
    return {
      difference: null,
      says: state === 'running' ? 'a shovel may still be at work' : 'one of the queues is gone',
    }
  if (others > 0)
    return {difference: null, says: `${others} other consumers took part: their acks cannot be told apart`}
  if (taken === null) return {difference: null, says: 'the counters of the source queue could not be read'}
  const arrived = after.source.messages - before.source.messages + taken
  return {
    difference: Math.max(0, -arrived),
    says: `${before.source.messages} at the start, ${Math.max(0, arrived)} arrived, ${taken} acknowledged, ${after.source.messages} left`,
  }
}

function compareTarget({taken, arrived, inHand}: Counts): Comparison {
  if (arrived === null) return {difference: null, says: 'the counters of the target queue could not be read'}
  if (taken === null)
    return {difference: null, says: `${arrived} arrived at the target, of an unknown number`}
  const says = `${arrived} arrived at the target, ${taken} left the source`
  if (arrived > taken + inHand)
    return {
      difference: null,
      says: `${says}: repeated by a shovel, or published by others, and either could hide a loss`,
    }
  return {difference: Math.max(0, taken - arrived), says}
}

function levelsOf({state, others}: Shovelled, source: Comparison, target: Comparison): Level[] {
  const outcome = ({difference}: Comparison): Level['outcome'] => {
    if (difference === null) return 'not-checked'
    return difference === 0 ? 'passed' : 'failed'
  }
  const v3 = others > 0 ? 'failed' : outcome(source)
  return [
    {level: 'V1', outcome: 'not-checked', because: 'a shovel keeps no account of messages'},
    {
      level: 'V2',
      outcome: 'not-checked',
      because: 'the broker that ran the shovel had the confirms, and kept none',
    },
    {
      level: 'V3',
      outcome: v3 === 'passed' && state !== 'drained' ? 'not-checked' : v3,
      because: state === 'drained' ? source.says : `${source.says}; the move is not finished: ${state}`,
    },
    {level: 'V4', outcome: outcome(target), because: target.says},
  ]
}
