import {contentsOf} from '../archive/contents.ts'
import {ArchiveSource} from '../archive/source.ts'
import {Taken} from '../archive/taken.ts'
import type {EntryRow, LaneFacts, Ledger, LedgerReader, MoveAccount, Outcome} from '../ledger/ledger.ts'
import {LaneFacts as Facts} from '../ledger/ledger.ts'
import {openLedger} from '../ledger/open.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import {makeFolder} from '../workspace/files.ts'
import {move, type MoveFlags, type MoveInput} from './mover.ts'
import {type Pending, readPending, writePending} from './pending.ts'
import type {Session} from './session.ts'
import type {Targets} from './targets.ts'

const TAKEN = 'retry/taken.log'

/**
 * Entries of a move whose message is in the archive and nowhere else: quarantined, or in the middle of a retry that
 * was killed. One in doubt whose message was acknowledged since has gone on as another entry.
 */
export function waitingInArchive(
  ledger: LedgerReader,
  account: MoveAccount,
  pending: Pending,
  taken: (seq: number) => boolean,
): EntryRow[] {
  const known = new Set(pending[account.move]?.seqs)
  const isOurs = ({seq, state}: EntryRow): boolean =>
    state === 'quarantined' || (known.has(seq) && (state === 'failed' || state === 'doubt') && !taken(seq))
  return [...ledger.entries(account.move)].filter(isOurs)
}

/**
 * Sends quarantined messages from the archive, through the ledger they are in: a quarantined entry becomes a failed one
 * again, its message comes marked as received before, and so it is its entry that is claimed, sent and settled.
 * Whatever fails again goes back into quarantine.
 */
export async function retryFromArchive(
  session: Session,
  input: MoveInput,
  targets: Targets,
  flags: MoveFlags,
): Promise<MigrateOutcome> {
  const {workspace} = session
  await makeFolder(workspace.path('retry'))
  await using taken = await Taken.open(workspace.path(TAKEN))
  const pending = await reopened(session, input, taken)
  const chosen = new Set(Object.values(pending).flatMap(({seqs}) => seqs))
  const contents = await contentsOf(workspace.path('archive'), (seq) => chosen.has(seq))
  const source = new ArchiveSource({contents, taken, identity: 'own', counters: false, received: true})
  const moves = input.plan.moves
    .filter(({source: id, id: name}) => contents.destinations.has(id) && name in pending)
    // An archive gives nobody up, however often it is asked.
    .map((each) => ({...each, deliveryLimit: null}))
  const part = {...input, plan: {...input.plan, moves}}
  let outcome: MigrateOutcome | undefined
  try {
    outcome = await move(session, part, {source, targets}, {...flags, until: 'mark', quarantine: false})
    return outcome
  } finally {
    await settled(session, taken, readToTheEnd(outcome))
  }
}

/** Moves of which everything was offered: nothing broke, whatever was refused again. */
const readToTheEnd = (outcome: MigrateOutcome | undefined): ReadonlySet<string> =>
  new Set(
    outcome?.lanes
      .filter((lane) => lane.error === undefined && lane.outcome !== 'paused')
      .map((lane) => lane.move),
  )

async function reopened(session: Session, {only}: MoveInput, taken: Taken): Promise<Pending> {
  await using ledger = await openForward(session)
  const earlier = await readPending(session.workspace)
  const pending: Pending = {}
  const again = new Map<MoveAccount, EntryRow[]>()
  for (const account of ledger.accounts().filter(({source}) => only(source))) {
    const found = waitingInArchive(ledger, account, earlier, (seq) => taken.has(seq))
    if (found.length === 0) continue
    pending[account.move] = {seqs: found.map(({seq}) => seq), ...endedAs(account, earlier)}
    again.set(
      account,
      found.filter(({state}) => state === 'quarantined'),
    )
  }
  await writePending(session.workspace, {...earlier, ...pending})
  for (const [account, found] of again) await written(ledger, account, found.map(asFailed))
  return pending
}

/** A retry that was killed left the lane interrupted: how it stands with its source was noted before. */
export function endedAs(
  {move: name, state, endReason}: MoveAccount,
  earlier: Pending,
): Pick<MoveAccount, 'state' | 'endReason'> {
  const noted = earlier[name]
  return state === 'interrupted' && noted
    ? {state: noted.state, endReason: noted.endReason}
    : {state, endReason}
}

const asFailed = ({seq, reason}: EntryRow): Outcome => ({
  entry: {seq},
  unknownAttempts: 0,
  outcome: 'refused',
  retryable: true,
  reason: reason ?? 'quarantined',
})

/** What did not go is quarantined again; what went is not pending any more. */
async function settled(session: Session, taken: Taken, whole: ReadonlySet<string>): Promise<void> {
  await using ledger = await openForward(session)
  const pending = await readPending(session.workspace)
  const rest: Pending = {}
  for (const account of ledger.accounts()) {
    const noted = pending[account.move]
    if (!noted) continue
    const left = waitingInArchive(ledger, account, pending, (seq) => taken.has(seq))
    const failed = left.filter(({state}) => state === 'failed')
    const known = {...account, ...noted}
    await written(ledger, known, failed.map(asQuarantined), whole.has(account.move))
    const seqs = left.filter(({state}) => state === 'doubt').map(({seq}) => seq)
    if (seqs.length > 0) rest[account.move] = {...noted, seqs}
  }
  await ledger.flush()
  await writePending(session.workspace, rest)
}

const asQuarantined = ({seq, reason}: EntryRow): Outcome => ({
  entry: {seq},
  outcome: 'quarantined',
  reason: reason ?? 'it could not be sent',
})

const AT_ONCE = 500

/**
 * `whole`: what an earlier retry sent without seeing it acknowledged has been offered again, or was acknowledged. As
 * nothing else of a drained lane is open, that settles it.
 */
async function written(
  ledger: Ledger,
  account: MoveAccount,
  outcomes: readonly Outcome[],
  whole = false,
): Promise<void> {
  const lane = await ledger.lane(factsOf(account), () => Promise.resolve(account.start))
  for (let from = 0; from < outcomes.length; from += AT_ONCE)
    await lane.record(outcomes.slice(from, from + AT_ONCE))
  const {state, endReason} = account
  if (whole && state === 'drained') await lane.drained()
  await lane.end(state === 'drained' || state === 'interrupted' ? state : 'stopped', endReason)
}

const factsOf = (account: MoveAccount): LaneFacts => Facts.parse(account)

async function openForward(session: Session): Promise<Ledger> {
  const {workspace, runId: id, tool, host, command, now} = session
  const at = new Date(now()).toISOString()
  const plan = await workspace.hash('plan')
  const run = {id, at, tool, host, pid: process.pid, command, caller: null, plan, archiving: 'kept'} as const
  return openLedger(workspace.path('ledger.db'), run, {now})
}
