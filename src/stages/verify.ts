import {isDeepStrictEqual} from 'node:util'

import {MqliftError} from '../errors.ts'
import type {LedgerReader, MoveAccount} from '../ledger/ledger.ts'
import type {Body} from '../model/artefact.ts'
import type {Buckets, VerifiedDestination, Verification} from '../model/verification.ts'
import type {Depth, Source} from '../sources/source.ts'
import type {Count} from '../targets/target.ts'
import {assumptionsOf} from './verify/assumptions.ts'
import {compareDigests, compareSource, compareTarget, type Comparison, sum} from './verify/compare.ts'
import {proofOf, v1, v2, v3, v4, weakest} from './verify/levels.ts'
import {readTargets, type TargetReading} from './verify/readings.ts'

export interface VerifyInput {
  /** By source id. What is not selected keeps what `earlier` says about it. */
  readonly only?: (source: string) => boolean
  /** The verification before this one: the report accounts for every message, whatever a run was about. */
  readonly earlier?: readonly VerifiedDestination[]
  /** Settings of a source queue that could have removed messages (TTL, length, expiry), named in the result. */
  readonly removers?: ReadonlyMap<string, readonly string[]>
}

export interface VerifyPorts {
  readonly ledger: LedgerReader
  /** Null = from the ledger alone. */
  readonly source: Pick<Source, 'depth'> | null
  /** Messages at a target, by its step id; null = there is none. Without it, from the ledger alone. */
  count?(target: string, signal: AbortSignal): Promise<Count | null>
}

export interface VerifyOptions {
  /** Read the targets until their counts have settled. */
  readonly wait: boolean
  /** Between two readings; SQS needs 60 s. */
  readonly intervalMs?: number
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

const INTERVAL_MS = 60_000
/** The counters of a queue lag by up to 5 s (rabbitmq.md 1.4): a difference is looked at again. */
const LAG_MS = 6000

/** Compares what the ledger says with both ends. Reads only, and may be run again at any time. */
export async function verify(
  input: VerifyInput,
  ports: VerifyPorts,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<Body<Verification>> {
  const {ledger} = ports
  const all = ledger.accounts()
  const kept = keptFrom(input, all)
  const accounts = all.filter(({move}) => !kept.has(move))
  const targets = [...new Set(accounts.map(({target}) => target))]
  const readings = await readTargets(ports.count ? targets : [], {
    count: (target) => unlessUnreachable(async () => (await ports.count?.(target, signal)) ?? null),
    wait: options.wait,
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    sleep: options.sleep,
  })
  const sources = await readSources(accounts, ports, options)
  const destinations = all.map(
    (account) =>
      kept.get(account.move) ??
      destinationOf(account, {
        depth: sources.get(account.move),
        reading: readings.get(account.target) ?? NOT_ASKED,
        sharing: all.filter(({target}) => target === account.target),
        tells: account === accounts.find(({target}) => target === account.target),
        events: ledger.events(account.move),
        removers: input.removers?.get(account.source) ?? [],
      }),
  )
  return verificationOf(new Date(options.now()).toISOString(), destinations)
}

/** What destinations come to together. */
export const verificationOf = (
  at: string,
  destinations: readonly VerifiedDestination[],
): Body<Verification> => ({
  at,
  proof: weakest(destinations.map(({proof}) => proof)),
  total: totalOf(destinations.map(({buckets}) => buckets)),
  destinations: [...destinations],
  assumptions: assumptionsOf(destinations),
})

/** Entries of the earlier verification that were not selected now, and whose account is still the one they are of. */
function keptFrom(
  {only, earlier = []}: VerifyInput,
  accounts: readonly MoveAccount[],
): ReadonlyMap<string, VerifiedDestination> {
  const before = new Map(earlier.map((destination) => [destination.move, destination]))
  const kept = accounts.flatMap((account) => {
    const known = before.get(account.move)
    const isSelected = !only || only(account.source)
    return known === undefined || isSelected || !isOf(known, account) ? [] : [known]
  })
  return new Map(kept.map((destination) => [destination.move, destination]))
}

const isOf = ({buckets}: VerifiedDestination, account: MoveAccount): boolean =>
  isDeepStrictEqual(bucketsOf(account, buckets.unexplained), buckets)

const NOT_ASKED: TargetReading = {state: 'unread', because: 'the target was not asked'}

interface Found {
  readonly depth: Depth | null | undefined
  readonly reading: TargetReading
  /** Every account with the same target, this one included. */
  readonly sharing: readonly MoveAccount[]
  /** The first of them that is looked at now: the difference of their target is its own. */
  readonly tells: boolean
  readonly events: ReturnType<LedgerReader['events']>
  readonly removers: readonly string[]
}

function destinationOf(account: MoveAccount, found: Found): VerifiedDestination {
  const source = compareSource(account, found.depth, found.events)
  const digests = compareDigests(account)
  const target = targetOf(found)
  const levels = [
    v1(digests, account),
    v2(account),
    v3(source, account, found.events),
    v4(target, found.reading),
  ]
  const {depth} = found
  return {
    id: account.source,
    move: account.move,
    target: account.target,
    state: account.state,
    proof: proofOf(levels),
    levels,
    buckets: bucketsOf(account, worst([source, digests, target])),
    comparisons: {source: source.difference, digests: digests.difference, target: target.difference},
    reasons: {...account.reasons},
    leftAtSource: depth ? depth.ready + (depth.unacked ?? 0) : null,
    notChecked: [
      ...[source, digests, target].filter(({difference}) => difference === null).map(({says}) => says),
      ...found.removers.map(
        (setting) => `${setting} may have removed messages, and no counter says how many`,
      ),
    ],
  }
}

/** A difference of a target that several moves fill is counted once, with the first of them that is looked at. */
function targetOf({reading, sharing, tells}: Found): Comparison {
  if (reading.state !== 'settled') return {difference: null, says: reading.because}
  const comparison = compareTarget(sharing, reading.messages)
  if (tells || !comparison.difference) return comparison
  return {difference: 0, says: `${comparison.says}; the difference is counted with another move into it`}
}

function worst(comparisons: readonly Comparison[]): number | null {
  return comparisons.reduce<number | null>(
    (most, {difference}) => (most === null || difference === null ? null : Math.max(most, difference)),
    0,
  )
}

function bucketsOf(account: MoveAccount, unexplained: number | null): Buckets {
  const {received, settled, failed, doubt, quarantined, open, possibleDuplicates} = account
  return {
    received,
    settled,
    failed,
    doubt,
    quarantined,
    open: open.claimed + open.sent,
    unexplained,
    possibleDuplicates,
  }
}

function totalOf(buckets: readonly Buckets[]): Buckets {
  const of = (name: Exclude<keyof Buckets, 'unexplained'>): number => sum(buckets.map((one) => one[name]))
  const unexplained = buckets.map((one) => one.unexplained)
  return {
    received: of('received'),
    settled: of('settled'),
    failed: of('failed'),
    doubt: of('doubt'),
    quarantined: of('quarantined'),
    open: of('open'),
    unexplained: unexplained.includes(null) ? null : sum(unexplained.map((one) => one ?? 0)),
    possibleDuplicates: of('possibleDuplicates'),
  }
}

/** Twice where the first answer leaves a difference: counters lag behind. */
async function readSources(
  accounts: readonly MoveAccount[],
  {source, ledger}: VerifyPorts,
  {sleep}: VerifyOptions,
): Promise<Map<string, Depth | null | undefined>> {
  if (!source) return new Map()
  const found = new Map<string, Depth | null | undefined>()
  const read = async (account: MoveAccount): Promise<void> => {
    found.set(account.move, await unlessUnreachable(() => source.depth(account.source), undefined))
  }
  for (const account of accounts) await read(account)
  const again = accounts.filter((account) => {
    const depth = found.get(account.move)
    const events = ledger.events(account.move)
    return depth?.counters && compareSource(account, depth, events).difference !== 0
  })
  if (again.length > 0) await sleep(LAG_MS)
  for (const account of again) await read(account)
  return found
}

/** What cannot be read is listed, never taken for nothing. */
async function unlessUnreachable<T, Otherwise>(
  read: () => Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise>
async function unlessUnreachable<T>(read: () => Promise<T>): Promise<T | null>
async function unlessUnreachable(read: () => Promise<unknown>, otherwise: unknown = null): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof MqliftError && error.kind === 'unreachable') return otherwise
    throw error
  }
}
