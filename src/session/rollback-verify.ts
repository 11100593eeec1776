import {setTimeout as sleep} from 'node:timers/promises'

import {ArchiveSource} from '../archive/source.ts'
import type {Taken} from '../archive/taken.ts'
import {ours} from '../cli/shell.ts'
import {counted} from '../cli/table.ts'
import type {MqliftError} from '../errors.ts'
import type {LedgerReader, MoveAccount} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import type {Body} from '../model/artefact.ts'
import type {VerifiedDestination, Verification} from '../model/verification.ts'
import type {Depth} from '../sources/source.ts'
import type {MigrateOutcome} from '../stages/migrate.ts'
import {verify} from '../stages/verify.ts'
import type {Count} from '../targets/target.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import type {Workspace} from '../workspace/workspace.ts'
import type {CutBack} from './cut-back.ts'
import {type OpenBroker, queueOf} from './old-broker.ts'
import type {Survey} from './rollback-survey.ts'
import type {Session} from './session.ts'
import {failure, notExplained} from './verify.ts'

interface Parts {
  readonly survey: Survey
  readonly open: OpenBroker
  readonly taken: Taken
  readonly cut: CutBack
  readonly folder: Workspace
}

/** The account of the way back, compared with the archive or the queue it came from and with the old broker. */
export async function verifyBack(
  session: Session,
  {survey, open, taken, cut, folder}: Parts,
): Promise<Artefact<'verification'>> {
  const {now, signal} = session
  const {contents} = survey
  const archived = new ArchiveSource({contents, taken, identity: 'entry', counters: true})
  const reads = new Set(cut.ways.map(({source}) => source))
  const depth = (id: string): Promise<Depth | null> =>
    reads.has(id) ? cut.source.depth(id) : archived.depth(id)
  await using ledger = await readLedger(folder.path('ledger.db'))
  const others = new Map<string, string>()
  const count = async (step: string): Promise<Count | null> => {
    const found = await countTwice(session, open, accountsOf(ledger, step), step)
    if (typeof found !== 'string') return found
    others.set(step, found)
    return null
  }
  const body = await verify(
    {earlier: (await folder.previous('verification'))?.destinations ?? []},
    {
      ledger,
      source: {depth},
      count,
    },
    {wait: false, now, sleep: (ms) => sleep(ms, undefined, {signal})},
    signal,
  )
  const destinations = body.destinations.map((one) => explained(one, others, cut))
  return folder.write('verification', {...body, destinations}, ['plan', 'deployment'])
}

const accountsOf = (ledger: LedgerReader, step: string): readonly MoveAccount[] =>
  ledger.accounts().filter(({target}) => target === step)

/** The counters of a queue lag by up to 5 s (rabbitmq.md 1.4). */
const LAG_MS = 6000

/** A count, or why there is none: fewer than were confirmed is looked at twice, more is somebody else's. */
async function countTwice(
  {signal}: Session,
  open: OpenBroker,
  accounts: readonly MoveAccount[],
  step: string,
): Promise<Count | string | null> {
  const resource = {...RESOURCE, step, arn: queueOf(step), address: queueOf(step)}
  const [first] = accounts.toSorted((a, b) => a.start.at.localeCompare(b.start.at))
  const before = first?.start.atTarget ?? null
  const least = accounts.reduce((sum, {accepted}) => sum + accepted, 0)
  const most = accounts.reduce((sum, {possibleDuplicates}) => sum + possibleDuplicates, least)
  let count = await open.count(resource)
  if (!count || before === null) return count
  if (count.visible - before < least) {
    await sleep(LAG_MS, undefined, {signal})
    count = await open.count(resource)
  }
  if (!count) return count
  if (count.visible < before) return 'the counters of the old queue started again: what arrived is not known'
  return count.visible - before > most ? 'others publish to the old queue as well: it proves nothing' : count
}

/** In our words, where the stage has only general ones. */
function explained(
  one: VerifiedDestination,
  others: ReadonlyMap<string, string>,
  cut: CutBack,
): VerifiedDestination {
  const why = others.get(one.target)
  const leftAtSource = one.leftAtSource === null ? null : one.leftAtSource - cut.removed(one.id)
  if (why === undefined) return {...one, leftAtSource}
  const levels = one.levels.map((level) => (level.level === 'V4' ? {...level, because: why} : level))
  const notChecked = one.notChecked.map((text) => (text.startsWith('the target is gone') ? why : text))
  return {...one, leftAtSource, levels, notChecked}
}

const RESOURCE = {
  platform: 'amazon-mq-rabbitmq',
  createdAt: null,
  readyAt: '',
  origin: 'found',
} as const

/** Why the way back must not end with 0. */
export function unfinishedBack(
  session: Session,
  {total, destinations}: Body<Verification>,
  {outcome, lanes}: MigrateOutcome,
): MqliftError | undefined {
  const again = ours(session, 'rollback', '--execute')
  const problem = notExplained(destinations, '', 'rollback/report.md')
  if (problem) return problem
  const left = total.failed + total.quarantined + total.open
  if (left > 0)
    return failure('left-behind', `${counted(left, 'message')} did not come back; none is lost`, [
      'rollback/report.md says why: they are still where they were',
      `settle that, then run again: ${again}`,
    ])
  const lane = outcome === 'complete' ? undefined : lanes.find(({outcome: ended}) => ended !== 'drained')
  return lane && failure('not-drained', `${lane.source}: ${lane.reason}`, [`settle that, then ${again}`])
}
