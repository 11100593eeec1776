import {createSecretKey, randomBytes} from 'node:crypto'
import {rm} from 'node:fs/promises'

import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {Ledger} from '../ledger/ledger.ts'
import {openLedger} from '../ledger/open.ts'
import {filesOf} from '../ledger/place.ts'
import {isBroker} from '../model/platform.ts'
import type {RehearsedMove} from '../model/rehearsal.ts'
import {scratchPrefix} from '../model/scratch.ts'
import type {Source} from '../sources/source.ts'
import {targetPlatform} from '../targets/index.ts'
import type {ConnectedPlatform} from '../targets/target.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {openBroker} from './broker.ts'
import {ledgerRun} from './ledger-run.ts'
import {planUnder} from './plan.ts'
import type {MigrateFlags, Prepared} from './prepare.ts'
import {choose, type Seen} from './rehearsal/choose.ts'
import {type Comparable, CopySource} from './rehearsal/copies.ts'
import {keep} from './rehearsal/keep.ts'
import {type Scratching, type ScratchPlan, scratchPlan} from './rehearsal/plan.ts'
import {howToRemove, nothingToRehearse, stillThere} from './rehearsal/problems.ts'
import {type RehearsalPorts, runRehearsal} from './rehearsal/run.ts'
import {parseSample} from './rehearsal/sample.ts'
import {
  FOLDER,
  forget,
  type Left,
  prepareFolder,
  remember,
  remembered,
  removeFolder,
  removeScratch,
  scratchSteps,
} from './rehearsal/scratch.ts'
import type {Session} from './session.ts'
import {openTargets, type Targets} from './targets.ts'

export interface RehearseFlags extends MigrateFlags {
  readonly sample?: string | undefined
}

/** What is rehearsed, and what cannot be. */
export interface ToRehearse extends ScratchPlan {
  readonly sample: string
}

/** Looks at the broker anew: what was safe when it was inspected may not be now. Makes nothing. */
async function prepareRehearsal(
  session: Session,
  {plan, selected}: Prepared,
  flags: RehearseFlags,
  source: Source,
): Promise<ToRehearse> {
  const sample = parseSample(flags.sample)
  refuseFiles(source)
  const moves = plan.moves.filter(({source: id}) => selected(id))
  const {inventory} = await source.inspect(session.signal)
  const facts = new Map(inventory.destinations.map((destination) => [destination.id, destination.facts]))
  const seen = new Map<string, Seen>()
  for (const {source: id} of moves) seen.set(id, {facts: facts.get(id), depth: await source.depth(id)})
  const {chosen, notRehearsed} = choose(moves, seen, sample)
  const prefix = scratchPrefix(session.runId)
  const anew = await planUnder(session, plan, prefix)
  const scratch = scratchPlan({plan, anew, prefix}, chosen, await scratching(plan))
  return {
    ...scratch,
    notRehearsed: [...notRehearsed, ...scratch.notRehearsed],
    sample: sample.text,
  }
}

/** Asked of the folders of the plan, once each. */
async function scratching({steps}: Prepared['plan']): Promise<Scratching> {
  const platforms = [...new Set(steps.map(({platform}) => platform))]
  const folders = new Map(
    await Promise.all(platforms.map(async (platform) => [platform, await targetPlatform(platform)] as const)),
  )
  return {
    step: (step, prefix) => folders.get(step.platform)?.scratch?.(step, prefix),
    // Queues of SQS are planned again under other names; a broker's keep theirs, unless the folder knows better.
    knows(platform) {
      const folder = folders.get(platform)
      return platform !== 'sns-sqs' && (!isBroker(platform) || folder?.scratch !== undefined)
    },
  }
}

/** For a look before anything is made. */
export async function describeRehearsal(
  session: Session,
  prepared: Prepared,
  flags: RehearseFlags,
  given: readonly string[],
): Promise<ToRehearse> {
  await using source = await openBroker(session, flags, given)
  return await prepareRehearsal(session, prepared, flags, source)
}

function refuseFiles(source: Source): void {
  if (source.read) return
  throw new MqliftError('usage', `${source.address} is a file about a broker: it holds no messages to copy`, {
    suggestions: ['name the broker itself: mqlift migrate amqps://user@host/ --rehearse'],
  })
}

/** The plan into scratch targets with copies of messages, compared, measured, and removed whatever happens. */
export async function rehearseMoves(
  session: Session,
  prepared: Prepared,
  flags: RehearseFlags,
  given: readonly string[],
): Promise<Artefact<'rehearsal'>> {
  await using targets = await openTargets(session, prepared.place, flags)
  await prepareFolder(session)
  let nothingLeft = false
  await using end = new AsyncDisposableStack()
  end.defer(async () => {
    if (nothingLeft) await removeFolder(session)
  })
  // The lock of this ledger keeps a second rehearsal from tidying up after a first that still runs.
  await using ledger = await ledgerOf(session, flags)
  await tidyUp(session, targets)
  nothingLeft = true
  await using source = await openBroker(session, flags, given)
  const scratch = await prepareRehearsal(session, prepared, flags, source)
  if (scratch.plan.moves.length === 0) throw nothingToRehearse(scratch.notRehearsed)
  nothingLeft = false
  const steps = scratchSteps(scratch.plan.steps)
  await remember(session, {run: session.runId, ...prepared.place, steps})
  const ports = {source, targets, ledger, accepted: prepared.accepted, archive: flags.archive === 'on'}
  const {moves, left} = await onScratch(session, scratch, ports)
  nothingLeft = left.length === 0
  const {sample, notRehearsed} = scratch
  const {region, endpoint} = prepared.place
  return keep(session, {
    sample,
    region,
    endpoint,
    moves,
    notRehearsed: [...notRehearsed],
    leftBehind: left.map(({name}) => name),
    removedBy: howToRemove(left),
  })
}

interface OnScratch extends Omit<RehearsalPorts, 'copies'> {
  readonly source: Source
}

/** Runs it and removes what it made, also after Ctrl-C and after a failure. */
async function onScratch(
  session: Session,
  scratch: ToRehearse,
  {source, ...ports}: OnScratch,
): Promise<{readonly moves: RehearsedMove[]; readonly left: readonly Left[]}> {
  const wanted = new Map(Array.from(scratch.chosen.values(), ({move, copies}) => [move.source, copies]))
  const copies = new CopySource(source, wanted, {
    key: createSecretKey(randomBytes(32)),
    comparable: await comparables(scratch, ports.targets),
  })
  try {
    const moves = await runRehearsal(session, scratch, {...ports, copies})
    return {moves, left: await removeAll(session, scratch, ports.targets)}
  } catch (error) {
    const left = await removeAll(session, scratch, ports.targets)
    if (left.length === 0) await forget(session)
    throw error
  }
}

/** By source: what of a message its target holds. */
async function comparables({chosen}: ScratchPlan, targets: Targets): Promise<Comparable> {
  const platforms = new Map<string, ConnectedPlatform>()
  for (const {move} of chosen.values()) platforms.set(move.source, await targets.platform(move.platform))
  return (source, envelope) => platforms.get(source)?.comparable?.(envelope) ?? envelope
}

/** Nothing of a ledger that a killed rehearsal left is worth anything: only who holds it now matters. */
async function ledgerOf(session: Session, {archive}: RehearseFlags): Promise<Ledger> {
  const {workspace, now} = session
  const path = workspace.path(`${FOLDER}/ledger.db`)
  const archiving = archive === 'on' ? 'fresh' : 'off'
  const run = ledgerRun(session, {plan: await workspace.hash('plan'), archiving})
  try {
    return await openLedger(path, run, {now})
  } catch (error) {
    if (!(error instanceof MqliftError) || error.reason !== 'ledger-damaged') throw error
    for (const file of filesOf(path)) await rm(file, {force: true})
    return openLedger(path, run, {now})
  }
}

/** What an earlier rehearsal left because it was killed. */
async function tidyUp(session: Session, targets: Targets): Promise<void> {
  const {workspace, talk} = session
  await rm(workspace.path(`${FOLDER}/archive`), {recursive: true, force: true})
  const before = await remembered(session)
  if (before === undefined) return
  const same = before.region === targets.region && before.endpoint === targets.endpoint
  if (!same) {
    throw new MqliftError(
      'refused',
      `an earlier rehearsal may have left ${counted(before.steps.length, 'scratch resource')} in ${before.region ?? 'another place'}`,
      {
        reason: 'scratch-elsewhere',
        suggestions: [
          'rehearse with the --region and --endpoint of that run: it removes them first',
          `or remove them by hand, and then ${workspace.path(FOLDER)}: ${before.steps.map(({name}) => name).join(', ')}`,
        ],
      },
    )
  }
  const left = await removeScratch(before.steps, targets)
  if (left.length > 0) throw stillThere(left, workspace.path(FOLDER))
  talk.say(`removed what an earlier rehearsal left: ${counted(before.steps.length, 'scratch resource')}`)
}

/** Says what it could not remove; the next rehearsal tries again. */
async function removeAll(session: Session, {plan}: ScratchPlan, targets: Targets): Promise<readonly Left[]> {
  const left = await removeScratch(scratchSteps(plan.steps), targets)
  for (const {name, because} of left)
    session.talk.warn(`scratch resource ${name} may still be there: ${because}`)
  return left
}
