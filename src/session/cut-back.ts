import type {Taken} from '../archive/taken.ts'
import type {Guard} from '../cli/render/plan.ts'
import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {LedgerReader, MoveAccount} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import type {Resource} from '../model/deployment.ts'
import {destinationId} from '../model/id.ts'
import type {Source} from '../sources/source.ts'
import type {Judgement, Waiting} from '../targets/take-back.ts'
import type {Count} from '../targets/target.ts'
import type {Workspace} from '../workspace/workspace.ts'
import {type PlaceFlags, placeSaid} from './place.ts'
import {digestsOf, Recogniser, RemovedLog} from './recognise.ts'
import type {WayBack} from './rollback-plan.ts'
import type {Survey} from './rollback-survey.ts'
import type {Session} from './session.ts'
import type {TargetBrokerFlags} from './target-brokers.ts'
import {openTargets, type Targets} from './targets.ts'

export interface CutBackFlags extends PlaceFlags, TargetBrokerFlags {
  /** Most messages of others that come back from the targets. */
  readonly 'with-new'?: number | undefined
  readonly 'leave-consumed'?: boolean | undefined
}

/** What waits at the targets, as lanes of the way back. */
export interface CutBack extends AsyncDisposable {
  readonly ways: readonly WayBack[]
  readonly source: Source
  /** Messages that were removed at a target because their record in the archive is back. */
  removed(source: string): number
}

/** As a source: no virtual host has an empty name, so it is never the id of a queue of the old broker. */
export const sourceIdOf = ({arn}: Resource): string => destinationId('queue', '', arn)

type Accounts = readonly MoveAccount[]

/** What a target that was moved into says of what waits there. */
export interface AtTarget {
  readonly resource: Resource
  /** Null = it did not say. */
  readonly count: Count | null
  readonly canTakeBack: boolean
}

/** By step id. Empty without `--with-new`: nobody asks. */
export type AtTargets = ReadonlyMap<string, AtTarget>

export async function lookAtTargets(
  session: Session,
  accounts: Accounts,
  flags: CutBackFlags,
): Promise<AtTargets> {
  if (flags['with-new'] === undefined) return new Map()
  await using targets = await targetsOf(session, flags)
  const found = new Map<string, AtTarget>()
  for (const resource of await resourcesOf(session, accounts)) {
    const platform = await targets.platform(resource.platform)
    const count = await platform.count(resource, session.signal).catch(unlessReachable)
    found.set(resource.step, {resource, count, canTakeBack: platform.takeBack !== undefined})
  }
  return found
}

/** Messages, by step id; null = it did not say. */
export const waitingAt = (targets: AtTargets): ReadonlyMap<string, number | null> =>
  new Map(Array.from(targets, ([step, {count}]) => [step, waitingIn(count)]))

const waitingIn = (count: Count | null): number | null =>
  count && count.visible + count.inFlight + count.delayed

function unlessReachable(error: unknown): null {
  if (error instanceof MqliftError && error.kind === 'unreachable') return null
  throw error
}

async function targetsOf(session: Session, flags: CutBackFlags): Promise<Targets> {
  const deployment = await session.workspace.read('deployment')
  return openTargets(session, placeSaid(session, flags, deployment), flags)
}

async function resourcesOf({workspace}: Session, accounts: Accounts): Promise<Resource[]> {
  const {resources} = await workspace.read('deployment')
  const steps = new Set(accounts.map(({target}) => target))
  return resources.filter(({step}) => steps.has(step))
}

/** What stands in the way of taking messages from the targets. */
export async function cutBackGuards(
  session: Session,
  {all}: Pick<Survey, 'all'>,
  targets: AtTargets,
): Promise<Guard[]> {
  if (targets.size === 0) return []
  const before = await earlierLanes(session)
  const found: (Guard | undefined)[] = []
  for (const {resource, count, canTakeBack} of targets.values()) {
    if (!canTakeBack) found.push(unreadable(resource))
    found.push(shared(resource, all))
    // What our own last run held is in flight for a while.
    if (!before.has(sourceIdOf(resource))) found.push(consumed(resource, count?.inFlight ?? 0))
  }
  return found.filter((guard) => guard !== undefined)
}

const unreadable = ({step}: Resource): Guard => ({
  reason: 'target-not-readable',
  because: `messages cannot be taken back from ${step}: what was moved cannot be told from what is new there`,
  suggestion: 'leave it out with --except, or bring back the archive alone: without --with-new',
})

function shared({step}: Resource, all: Accounts): Guard | undefined {
  const into = all.filter(({target}) => target === step)
  if (into.length < 2) return undefined
  return {
    reason: 'shared-target',
    because: `${counted(into.length, 'queue')} were moved into ${step}: which of them a new message belongs to is not known`,
    suggestion: `leave them out with --except, or take ${step} back by hand`,
  }
}

function consumed({step}: Resource, inFlight: number): Guard | undefined {
  if (inFlight === 0) return undefined
  return {
    reason: 'consumers',
    because: `${counted(inFlight, 'message')} of ${step} are being received: its consumers still run`,
    suggestion: 'stop the applications that read from it, wait for its visibility timeout, then run again',
  }
}

/** Source ids of lanes that a rollback has had. */
export async function earlierLanes({workspace}: Session): Promise<ReadonlySet<string>> {
  if (!(await workspace.has('rollback/ledger.db'))) return new Set()
  await using ledger = await readLedger(workspace.path('rollback/ledger.db'))
  return new Set(ledger.accounts().map(({source}) => source))
}

interface CutParts {
  readonly forward: LedgerReader
  readonly survey: Survey
  readonly taken: Taken
  readonly folder: Workspace
}

/** Ready to be read; nothing is taken before. Without `--with-new` there is nothing in it. */
export async function openCutBack(session: Session, parts: CutParts, flags: CutBackFlags): Promise<CutBack> {
  const most = flags['with-new']
  if (most === undefined) return NOTHING
  const {forward, survey, taken, folder} = parts
  await using stack = new AsyncDisposableStack()
  const removed = stack.use(await RemovedLog.open(folder.path('removed.jsonl')))
  const targets = stack.use(await targetsOf(session, flags))
  const back = await digestsOf(survey.contents.folder, forward.key, taken.replayed)
  const removable = removableIn(survey, flags)
  const recogniser = new Recogniser({key: forward.key, back, removed, most, removable})
  const sources = new Map<string, Source>()
  const ways: WayBack[] = []
  for (const resource of await resourcesOf(session, survey.accounts)) {
    const account = survey.accounts.find(({target}) => target === resource.step)
    const platform = await targets.platform(resource.platform)
    if (!account || !platform.takeBack) continue
    const id = sourceIdOf(resource)
    const judge = (waiting: Waiting): Promise<Judgement> => recogniser.judge(waiting, id)
    sources.set(id, stack.use(platform.takeBack(resource, {source: account.source, judge})))
    ways.push({source: id, queue: account.source, messages: null, bytes: null})
  }
  const open = stack.move()
  return {
    ways,
    source: joined(sources, (id) => removed.from(id)),
    removed: (id) => removed.from(id),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/**
 * A copy is removed only where the archive answers for every message that left: then each comes back once, from one
 * of the two. Where it does not, everything that waits is taken, and some may come back twice.
 */
function removableIn({destinations}: Survey, flags: CutBackFlags): (source: string) => boolean {
  if (flags['leave-consumed']) return () => false
  const whole = new Set(destinations.filter(({notArchived}) => notArchived === 0).map(({id}) => id))
  return (source) => whole.has(source)
}

const NOTHING: CutBack = {
  ways: [],
  source: joined(new Map(), () => 0),
  removed: () => 0,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/**
 * Many queues as one source. What was removed without being sent is no arrival and no acknowledgement: it is told as
 * if it still waited, so that the account of the others can be compared.
 */
function joined(sources: ReadonlyMap<string, Source>, removed: (id: string) => number): Source {
  const of = (id: string): Source => {
    const source = sources.get(id)
    if (!source) throw new RangeError(`${id} is not taken back from`)
    return source
  }
  return {
    address: 'the targets',
    inspect: () => Promise.reject(new Error('targets are not inspected')),
    async depth(id) {
      const depth = await of(id).depth(id)
      return depth && {...depth, ready: depth.ready + removed(id)}
    },
    read(id, options, signal) {
      const reading = of(id).read?.(id, options, signal)
      if (!reading) throw new RangeError(`${id} cannot be read`)
      return reading
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
