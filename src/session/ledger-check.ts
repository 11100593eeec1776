import {MqliftError} from '../errors.ts'
import {readLedger} from '../ledger/open.ts'
import {checkLedger, type LedgerCheck} from '../stages/check-ledger.ts'
import type {Session} from './session.ts'

/** The ledger of the folder, with its archive when there is one. */
export async function checkFolder({workspace}: Session): Promise<LedgerCheck & {kind: string}> {
  await using ledger = await readLedger(workspace.path('ledger.db'))
  const archive = (await workspace.has('archive')) ? workspace.path('archive') : null
  return {kind: 'mqlift/ledger-check', ...(await checkLedger(ledger, archive))}
}

export function damaged({sound}: LedgerCheck): MqliftError | undefined {
  if (sound) return undefined
  return new MqliftError('incomplete', 'the ledger and the archive do not agree', {
    reason: 'ledger-damaged',
    suggestions: ['copy the folder before anything else', 'restore it from a backup if there is one'],
  })
}
