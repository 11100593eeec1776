import {setTimeout as sleep} from 'node:timers/promises'

import {selectionAmong} from '../cli/selection.ts'
import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {MoveAccount} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import type {Body} from '../model/artefact.ts'
import {type Facts, valueOf} from '../model/facts.ts'
import type {VerifiedDestination, Verification} from '../model/verification.ts'
import type {Source} from '../sources/source.ts'
import {verificationOf, verify, type VerifyPorts} from '../stages/verify.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {knownAddresses, openBroker, type SourceFlags} from './broker.ts'
import {earlierLanes, sourceIdOf} from './cut-back.ts'
import {defined} from './defined.ts'
import {type PlaceFlags, placeSaid} from './place.ts'
import {sentinelsLeft} from './sentinels.ts'
import type {Session} from './session.ts'
import {shovelledDestinations} from './shovel/verified.ts'
import type {TargetBrokerFlags} from './target-brokers.ts'
import {openTargets, type Targets} from './targets.ts'

interface VerifyFlags extends PlaceFlags, SourceFlags, TargetBrokerFlags {
  readonly wait?: boolean
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
}

/** The embedded services of the demo count exactly and at once; SQS itself needs a minute (reliability.md 2.10). */
const EMBEDDED_INTERVAL_MS = 20

/** Compares the ledger with both ends as far as they can be reached, and writes verification.json. */
export async function verifyMoves(
  session: Session,
  flags: VerifyFlags,
  given: readonly string[] = [],
): Promise<Artefact<'verification'>> {
  const {workspace, signal} = session
  const deployment = await workspace.read('deployment')
  const embedded = session.broker !== undefined
  await using ledger = await readLedger(workspace.path('ledger.db'))
  await using source = await reachable(session, flags, given)
  await using targets = await openTargets(session, placeSaid(session, flags, deployment), flags)
  const only = selectionAmong(
    ledger.accounts().map(({source: id}) => id),
    flags,
  )
  if (flags.wait && !embedded)
    session.talk.say('reading the counts of SQS, a minute apart, until they have settled')
  // The folder accounts for every message, also after a run that was about some of them.
  const earlier = (await workspace.previous('verification'))?.destinations ?? []
  const body = await verify(
    {only, earlier, removers: await removers(session)},
    {ledger, source, count: counter(deployment, targets, await cutBackFrom(session, deployment))},
    {
      wait: flags.wait ?? embedded,
      ...defined({intervalMs: embedded ? EMBEDDED_INTERVAL_MS : undefined}),
      now: session.now,
      sleep: (ms) => sleep(ms, undefined, {signal}),
    },
    signal,
  )
  const whole = await withShovels(session, await withSentinels(session, body), ledger.accounts())
  return workspace.write('verification', whole, ['plan', 'deployment'])
}

/** A sentinel that a run left in its queue is no message: it must not be looked for among them. */
async function withSentinels({workspace}: Session, body: Body<Verification>): Promise<Body<Verification>> {
  const left = await sentinelsLeft(workspace)
  if (left.length === 0) return body
  const destinations = body.destinations.map((destination) => {
    const own = left.filter(({source}) => source === destination.id)
    const said = own.map(
      ({id, at}) => `a sentinel of ours, ${id} of ${at}, may be in the queue: the next migrate takes it out`,
    )
    return {...destination, notChecked: [...destination.notChecked, ...said]}
  })
  return {...body, destinations}
}

/** What shovels moved, as it was counted when they ended. */
async function withShovels(
  {workspace}: Session,
  body: Body<Verification>,
  accounts: readonly MoveAccount[],
): Promise<Body<Verification>> {
  const shovels = await workspace.previous('shovels')
  if (!shovels) return body
  return verificationOf(body.at, [...body.destinations, ...shovelledDestinations(shovels, accounts)])
}

/** Null, and said, when there is no broker to ask: the ledger can be verified alone, years later. */
async function reachable(
  session: Session,
  flags: SourceFlags,
  given: readonly string[],
): Promise<Source | null> {
  const asked = session.broker !== undefined || (await knownAddresses(session, given)).length > 0
  if (!asked) session.talk.say('no broker is known: verifying from the ledger and AWS')
  try {
    return asked ? await openBroker(session, flags, given) : null
  } catch (error) {
    if (!(error instanceof MqliftError) || error.kind !== 'unreachable') throw error
    session.talk.warn(`${error.message}: verifying without the broker`)
    return null
  }
}

/** Targets that messages were taken back from: what they hold says nothing about what was moved. */
async function cutBackFrom(
  session: Session,
  {resources}: Artefact<'deployment'>,
): Promise<ReadonlySet<string>> {
  const lanes = await earlierLanes(session)
  const steps = resources.filter((resource) => lanes.has(sourceIdOf(resource))).map(({step}) => step)
  for (const step of steps)
    session.talk.say(`messages were taken back from ${step}: its count proves nothing any more`)
  return new Set(steps)
}

function counter(
  {resources}: Artefact<'deployment'>,
  targets: Targets,
  emptied: ReadonlySet<string>,
): NonNullable<VerifyPorts['count']> {
  const byStep = new Map(resources.map((resource) => [resource.step, resource]))
  return async (target, signal) => {
    const resource = byStep.get(target)
    return resource && !emptied.has(target)
      ? (await targets.platform(resource.platform)).count(resource, signal)
      : null
  }
}

const REMOVERS = [
  'messageTtl',
  'maxLength',
  'maxLengthBytes',
  'expires',
] as const satisfies readonly (keyof Facts)[]

/** Settings that can have removed messages without anybody's doing (A4). */
async function removers({workspace}: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  const inventory = await workspace.previous('inventory')
  return new Map(
    inventory?.destinations.map(({id, facts}) => [
      id,
      REMOVERS.filter((name) => typeof valueOf(facts[name]) === 'number'),
    ]),
  )
}

/** What keeps a run from being complete; undefined = every message is accounted for and where it should be. */
export function incomplete({total, destinations}: Body<Verification>): MqliftError | undefined {
  const {unexplained, failed, quarantined, open} = total
  // What is not known yet does not hide what is.
  const problem = notExplained(destinations, unexplained === null ? 'at least ' : '', 'mqlift report')
  if (problem) return problem
  const left = failed + quarantined + open
  if (left === 0) return unfinished(destinations)
  return failure('left-behind', `${counted(left, 'message')} did not reach the target; none is lost`, [
    'mqlift report says where they are, and why',
    'running migrate again takes up those that stayed at the broker',
    'mqlift retry says what it would try again, from the broker and from the archive',
  ])
}

/** Nothing that was taken is missing, but not everything was taken, or what was given back may be at both ends. */
function unfinished(destinations: readonly VerifiedDestination[]): MqliftError | undefined {
  const ids = destinations.filter(({state}) => state !== 'drained').map(({id}) => id)
  if (ids.length === 0) return undefined
  const more = ids.length > 1 ? ` (and ${ids.length - 1} more)` : ''
  return failure('not-drained', `the move of ${ids[0] ?? ''} did not run to its end${more}`, [
    'mqlift report says how it ended, and why',
    'run migrate --execute again: it resumes',
  ])
}

/** What is known not to be explained. */
const worstKnown = ({comparisons}: VerifiedDestination): number =>
  Math.max(...Object.values(comparisons).map((difference) => difference ?? 0))

/** With the first queue and the comparison of it that does not hold; the report has them all. */
export function notExplained(
  destinations: readonly VerifiedDestination[],
  least: string,
  report: string,
): MqliftError | undefined {
  const known = destinations.reduce((sum, destination) => sum + worstKnown(destination), 0)
  const first = destinations.find((destination) => worstKnown(destination) > 0)
  if (!first) return undefined
  const because = first.levels.find(({outcome}) => outcome === 'failed')?.because
  const where = because === undefined ? first.id : `${first.id}: ${because}`
  return failure('unexplained', `${least}${counted(known, 'message')} cannot be explained (${where})`, [
    `${report} names every queue and comparison that differs`,
  ])
}

export const failure = (reason: string, message: string, suggestions: readonly string[]): MqliftError =>
  new MqliftError('incomplete', message, {reason, suggestions})
