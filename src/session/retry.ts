import {type Selection, selectionAmong} from '../cli/selection.ts'
import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {MoveAccount} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {partOf} from './apply.ts'
import {acceptedIds, withAcceptances} from './decide.ts'
import {execute, stopped} from './migrate.ts'
import {placeSaid} from './place.ts'
import {type MigrateFlags, prepare} from './prepare.ts'
import {writeReport} from './report.ts'
import {broughtBack, endedAs, goneOf, retryFromArchive, waitingInArchive} from './retry-archive.ts'
import type {Session} from './session.ts'
import {openTargets} from './targets.ts'
import {incomplete, verifyMoves} from './verify.ts'

/** What of one queue did not reach its target, and where it is now. */
export interface Retryable {
  readonly id: string
  readonly target: string
  /** Still at the broker, or given back to it. */
  readonly atSource: number
  /** In the archive, and nowhere else. */
  readonly inArchive: number
  /** The move ran to its end; one that did not goes on at the broker first. */
  readonly drained: boolean
  /** Why → how many. */
  readonly reasons: Readonly<Record<string, number>>
}

export interface DescribedRetry {
  readonly kind: 'mqlift/retry'
  readonly executed: boolean
  readonly destinations: readonly Retryable[]
  /** Set aside, and brought back to the old broker by a rollback since: not retried. */
  readonly broughtBack: number
}

/** Reads only. */
export async function describeRetry(session: Session, flags: MigrateFlags): Promise<DescribedRetry> {
  const {workspace} = session
  await using ledger = await readLedger(workspace.path('ledger.db'))
  const gone = await goneOf(workspace)
  const all = ledger.accounts()
  const selected = selectionAmong(
    all.map(({source}) => source),
    flags,
  )
  const accounts = all.filter(({source}) => selected(source))
  const destinations = accounts.map((account) => {
    const found = waitingInArchive(ledger, account, gone)
    const ours = found.filter(({state}) => state === 'failed').length
    const {state} = endedAs(account, gone.pending)
    const where = {inArchive: found.length, atSource: account.failed - ours}
    return retryable(account, {...where, drained: state === 'drained'})
  })
  return {
    kind: 'mqlift/retry',
    executed: false,
    destinations: destinations.filter(
      ({atSource, inArchive, drained}) => atSource + inArchive > 0 || !drained,
    ),
    broughtBack: accounts.reduce((sum, account) => sum + broughtBack(ledger, account, gone), 0),
  }
}

const retryable = (
  {source: id, target, reasons}: MoveAccount,
  where: Pick<Retryable, 'atSource' | 'inArchive' | 'drained'>,
): Retryable => ({id, target, ...where, reasons})

export interface Retried {
  readonly described: DescribedRetry
  readonly verification: Artefact<'verification'>
  readonly report: Artefact<'report'>
  readonly problem: MqliftError | undefined
}

/** First what the broker still has, which is `migrate` again; then what is in the archive alone. Then the account. */
export async function runRetry(
  session: Session,
  flags: MigrateFlags,
  given: readonly string[],
): Promise<Retried> {
  const {talk} = session
  const described = await describeRetry(session, flags)
  const outcomes: MigrateOutcome[] = []
  const fromSource = idsOf(described, ({atSource, drained}) => atSource > 0 || !drained)
  const fromArchive = idsOf(described, ({inArchive}) => inArchive > 0)
  // Writes the decisions that were given, and says what still stands in the way, before anything is sent.
  const prepared = await prepare(
    session,
    {...flags, only: [...fromSource, ...fromArchive], except: undefined},
    given,
  )
  if (prepared.refusal) throw prepared.refusal
  if (fromSource.length > 0) {
    talk.say(`${counted(fromSource.length, 'queue')}: from the broker, as mqlift migrate does`)
    const selected: Selection = (id) => fromSource.includes(id)
    outcomes.push(await execute(session, {...prepared, selected}, flags, given))
    session.signal.throwIfAborted()
  }
  if (fromArchive.length > 0) {
    talk.say(
      `${counted(fromArchive.length, 'queue')}: from the archive, in which the messages were set aside`,
    )
    outcomes.push(await archivePart(session, (id) => fromArchive.includes(id), flags))
    session.signal.throwIfAborted()
  }
  const verification = await verifyMoves(session, flags, given)
  const report = await writeReport(session)
  const error = outcomes.find((outcome) => outcome.error)?.error
  const halted = outcomes.map(stopped).find((problem) => problem !== undefined)
  return {
    described: {...described, executed: true},
    verification,
    report,
    problem: error ?? incomplete(verification) ?? halted,
  }
}

const idsOf = ({destinations}: DescribedRetry, test: (one: Retryable) => boolean): string[] =>
  destinations.filter(test).map(({id}) => id)

async function archivePart(
  session: Session,
  selected: Selection,
  flags: MigrateFlags,
): Promise<MigrateOutcome> {
  const {workspace} = session
  if (!(await workspace.has('archive'))) throw noArchive(workspace.path('archive'))
  const deployment = await workspace.read('deployment')
  const decisions = await readDecisions(workspace)
  const plan = withAcceptances(await workspace.read('plan'), decisions)
  await using targets = await openTargets(session, placeSaid(session, flags, deployment), flags)
  const input = {plan: partOf(plan, selected), deployment, only: selected, accepted: acceptedIds(decisions)}
  return await retryFromArchive(session, input, targets, flags)
}

const noArchive = (folder: string): MqliftError =>
  new MqliftError('input', `quarantined messages are in the archive, and there is none at ${folder}`, {
    reason: 'no-archive',
    file: folder,
    suggestions: ['restore the migration folder from a copy'],
  })
