import type {Ledger} from '../ledger/ledger.ts'
import {openLedger, readLedger} from '../ledger/open.ts'
import {ledgerRun} from './ledger-run.ts'
import type {Session} from './session.ts'

/**
 * The ledger of the folder, for a command that moves nothing with it: held until it is disposed, and refused while a
 * mover has it. What a crash left behind in it is settled by opening it.
 */
export async function openForward(session: Session): Promise<Ledger> {
  const {workspace, now} = session
  const path = workspace.path('ledger.db')
  // Says what to do where there is none; opening it for writing would make one.
  await using reader = await readLedger(path)
  const plan = reader.runs().at(-1)?.plan ?? ''
  const archiving = (await workspace.has('archive')) ? 'kept' : 'off'
  return await openLedger(path, ledgerRun(session, {plan, archiving}), {now})
}
