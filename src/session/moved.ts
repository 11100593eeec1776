import {type Contents, contentsOf} from '../archive/contents.ts'
import {SeqSet} from '../archive/seq-set.ts'
import type {LedgerReader} from '../ledger/ledger.ts'
import {LEFT_STATES, type LeftState} from '../model/rollback.ts'

/** What left the broker, by the state of its entry: whatever failed or is in doubt was never acknowledged. */
export type Left = Readonly<Record<LeftState, SeqSet>>

export async function leftOf(ledger: LedgerReader): Promise<Left> {
  const left = {settled: new SeqSet(), sent: new SeqSet(), quarantined: new SeqSet()}
  for await (const {seq} of ledger.folded()) left.settled.add(seq)
  for (const {move} of ledger.accounts())
    for (const state of LEFT_STATES) for (const {seq} of ledger.entries(move, state)) left[state].add(seq)
  return left
}

/** What an archive holds of it. */
export const archivedOf = (folder: string, left: Left): Promise<Contents> =>
  contentsOf(folder, (seq) => LEFT_STATES.some((state) => left[state].has(seq)))
