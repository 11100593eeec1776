import type {LedgerRun} from '../ledger/ledger.ts'
import type {Session} from './session.ts'

interface Given extends Required<Pick<LedgerRun, 'plan' | 'archiving'>> {
  /** AWS identity; unsaid, none was used. */
  readonly caller?: string | null
}

/** What a ledger writes down of the run that opens it. */
export function ledgerRun(
  {runId: id, tool, host, command, now}: Session,
  {plan, archiving, caller = null}: Given,
): LedgerRun {
  return {
    id,
    at: new Date(now()).toISOString(),
    tool,
    host,
    pid: process.pid,
    command,
    caller,
    plan,
    archiving,
  }
}
