import {contentsOf} from '../archive/contents.ts'
import {ArchiveSource} from '../archive/source.ts'
import {lookAtTaken, Taken} from '../archive/taken.ts'
import {counted} from '../cli/table.ts'
import type {EntryRow, LaneFacts, Ledger, LedgerReader, MoveAccount, Outcome} from '../ledger/ledger.ts'
import {LaneFacts as Facts} from '../ledger/ledger.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import {makeFolder} from '../workspace/files.ts'
import type {Workspace} from '../workspace/workspace.ts'
import {openForward} from './forward-ledger.ts'
import {move, type MoveFlags, type MoveInput} from './mover.ts'
import {type Pending, readPending, writePending} from './pending.ts'
import {TAKEN as BROUGHT_BACK} from './rollback-survey.ts'
import type {Session} from './session.ts'
import type {Targets} from './targets.ts'

const TAKEN = 'retry/taken.log'

interface Seqs {
  has(seq: number): boolean
}

/** What an entry alone does not say: where its message has gone since. */
export interface Gone {
  readonly pending: Pending
  /** Sent by a retry, and acknowledged. */
  readonly taken: Seqs
  /** Sent to the old broker by a rollback: it waits there, and retrying it would make two of it. */
  readonly back: Seqs
}

/** Reads only. */
export async function goneOf(workspace: Workspace): Promise<Gone> {
  const {replayed} = await lookAtTaken(workspace.path(BROUGHT_BACK))
  return {
    pending: await readPending(workspace),
    taken: await lookAtTaken(workspace.path(TAKEN)),
    back: replayed,
  }
}

/**
 * Entries of a move whose message is in the archive and nowhere else: quarantined, or in the middle of a retry that
 * was killed. One in doubt whose message was acknowledged since has gone on as another entry.
 */
export const waitingInArchive = (ledger: LedgerReader, account: MoveAccount, gone: Gone): EntryRow[] =>
  setAside(ledger, account, gone).filter(({seq}) => !gone.back.has(seq))

/** Of those that were set aside, how many a rollback has brought back to the old broker. */
export const broughtBack = (ledger: LedgerReader, account: MoveAccount, gone: Gone): number =>
  setAside(ledger, account, gone).filter(({seq}) => gone.back.has(seq)).length

function setAside(
  ledger: LedgerReader,
  {move: name}: MoveAccount,
  {pending, taken}: Omit<Gone, 'back'>,
): EntryRow[] {
  const known = new Set(pending[name]?.seqs)
  const isOurs = ({seq, state}: EntryRow): boolean =>
    state === 'quarantined' ||
    (known.has(seq) && (state === 'failed' || state === 'doubt') && !taken.has(seq))
  return [...ledger.entries(name)].filter(isOurs)
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
  const pending = await reopened(session, input)
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

async function reopened(session: Session, {only}: MoveInput): Promise<Pending> {
  await using ledger = await openForward(session)
  const gone = await goneOf(session.workspace)
  const {pending: earlier} = gone
  const pending: Pending = {}
  const again = new Map<MoveAccount, EntryRow[]>()
  for (const account of ledger.accounts().filter(({source}) => only(source))) {
    const found = waitingInArchive(ledger, account, gone)
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
    const left = setAside(ledger, account, {pending, taken})
    await written(ledger, {...account, ...noted}, failedOf(left).map(asQuarantined), whole.has(account.move))
    Object.assign(rest, inDoubt(account.move, noted, left))
  }
  await ledger.flush()
  await writePending(session.workspace, rest)
}

const failedOf = (entries: readonly EntryRow[]): EntryRow[] => entries.filter(({state}) => state === 'failed')

function inDoubt(name: string, noted: Pending[string], left: readonly EntryRow[]): Pending {
  const seqs = left.filter(({state}) => state === 'doubt').map(({seq}) => seq)
  return seqs.length === 0 ? {} : {[name]: {...noted, seqs}}
}

/**
 * A retry that was killed left its entries failed, though their messages are in the archive and not at the broker:
 * nobody else may take them for his own. They are quarantined again before anything else is done with the ledger.
 */
export async function setAsideAgain(session: Session, ledger: Ledger): Promise<void> {
  const gone = await goneOf(session.workspace)
  const {pending} = gone
  const rest: Pending = {...pending}
  for (const account of ledger.accounts()) {
    const noted = pending[account.move]
    const left = setAside(ledger, account, gone)
    const failed = failedOf(left)
    if (!noted || failed.length === 0) continue
    await written(ledger, {...account, ...endedAs(account, pending)}, failed.map(asQuarantined))
    delete rest[account.move]
    Object.assign(rest, inDoubt(account.move, noted, left))
    session.talk.say(
      `${account.source}: a retry was killed: ${counted(failed.length, 'message')} of it set aside again, in the archive`,
    )
  }
  await ledger.flush()
  await writePending(session.workspace, rest)
}

/** Before a move: a ledger that no retry was killed in is not even opened. */
export async function afterKilledRetry(session: Session): Promise<void> {
  const pending = await readPending(session.workspace)
  if (Object.keys(pending).length === 0) return
  await using ledger = await openForward(session)
  await setAsideAgain(session, ledger)
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
