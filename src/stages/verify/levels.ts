import type {LedgerEvent, MoveAccount} from '../../ledger/ledger.ts'
import type {Level, Proof} from '../../model/verification.ts'
import type {Comparison} from './compare.ts'
import type {TargetReading} from './readings.ts'

const level = (name: Level['level'], outcome: Level['outcome'], because: string): Level => ({
  level: name,
  outcome,
  because,
})

export function v1({difference, says}: Comparison, {possibleDuplicates}: MoveAccount): Level {
  return level(
    'V1',
    difference === 0 ? 'passed' : 'failed',
    `${says}; at most ${possibleDuplicates} repeated`,
  )
}

/** The target's own checksum, or a broker's word for this very message, is what makes a receipt more than a number. */
export function v2({accepted, withTargetId, withMd5, evidence}: MoveAccount): Level {
  if (accepted === 0) return level('V2', 'passed', 'nothing was sent')
  if (evidence === 'confirm')
    return level('V2', 'passed', `${accepted} messages confirmed one by one by the broker`)
  if (withTargetId < accepted)
    return level('V2', 'failed', `${accepted - withTargetId} receipts have no message id`)
  if (withMd5 < accepted)
    return level('V2', 'not-checked', `${accepted - withMd5} receipts have no checksum of the target`)
  return level('V2', 'passed', `${accepted} receipts with message id and checksum of the target`)
}

export function v3(comparison: Comparison, account: MoveAccount, events: readonly LedgerEvent[]): Level {
  const foreign = events.find(({type}) => type === 'foreign-consumers')
  if (foreign) return level('V3', 'failed', `somebody else consumed during the run: ${foreign.reason}`)
  if (comparison.difference === null) return level('V3', 'not-checked', comparison.says)
  if (comparison.difference > 0) return level('V3', 'failed', comparison.says)
  if (account.state !== 'drained')
    return level('V3', 'not-checked', `the move is not finished: ${account.state}`)
  return level('V3', 'passed', comparison.says)
}

export function v4(comparison: Comparison, reading: TargetReading): Level {
  if (reading.state === 'unread') return level('V4', 'not-checked', reading.because)
  if (reading.state === 'pending') return level('V4', 'pending', reading.because)
  if (comparison.difference === null) return level('V4', 'not-checked', comparison.says)
  return level('V4', comparison.difference === 0 ? 'passed' : 'failed', comparison.says)
}

/** V1, V2 and V3 together prove, under the assumptions; a count alone is at most consistent (reliability.md 2.10). */
export function proofOf(levels: readonly Level[]): Proof {
  const outcome = (name: Level['level']) => levels.find((one) => one.level === name)?.outcome
  if (levels.some((one) => one.outcome === 'failed')) return 'not-checked'
  const proved = outcome('V1') === 'passed' && outcome('V2') === 'passed' && outcome('V3') === 'passed'
  if (proved) return 'proved'
  return outcome('V1') === 'passed' ? 'consistent' : 'not-checked'
}

const STRENGTH: readonly Proof[] = ['not-checked', 'consistent', 'proved']

export function weakest(proofs: readonly Proof[]): Proof {
  const found = STRENGTH.find((proof) => proofs.includes(proof))
  return found ?? 'not-checked'
}
