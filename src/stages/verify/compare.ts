import type {LedgerEvent, MoveAccount} from '../../ledger/ledger.ts'
import type {Depth} from '../../sources/source.ts'

/** One of the three comparisons behind `unexplained`; null = a part of it could not be read, and why. */
export type Comparison =
  | {readonly difference: number; readonly says: string}
  | {readonly difference: null; readonly says: string}

const unread = (says: string): Comparison => ({difference: null, says})

export interface Bounds {
  readonly least: number
  readonly most: number
}

const outside = (value: number, {least, most}: Bounds): number => Math.max(0, least - value, value - most)

/** Messages that our acks removed: seen to be applied, and those that may have been when a run was cut short. */
export function acksOf({settled, settledByAbsence, quarantined, open}: MoveAccount): Bounds {
  const least = settled - settledByAbsence + quarantined
  return {least, most: least + settledByAbsence + open.sent}
}

const removedBy = ({acked, deliveredWithoutAck}: NonNullable<Depth['counters']>): number =>
  acked + deliveredWithoutAck

/** What was there at the start and is there now, or why that says nothing. */
function readings(
  {start}: MoveAccount,
  depth: Depth | null | undefined,
  events: readonly LedgerEvent[],
): {readonly before: number; readonly depth: Depth} | string {
  const shared = events.find(({type}) => type === 'shared')
  if (shared) return `its own consumers went on beside the bridge: ${shared.reason}`
  if (depth === undefined) return 'the source was not asked'
  if (depth === null) return 'the queue is gone'
  return start.depth === null ? 'the depth at the start was not readable' : {before: start.depth, depth}
}

/**
 * (a) The source against itself and against the ledger. Arrivals are Δmessages + Δacked (rabbitmq.md 4.1): less than
 * none means that messages went without anybody's ack; more acks than ours means that somebody else consumed.
 */
export function compareSource(
  account: MoveAccount,
  depth: Depth | null | undefined,
  events: readonly LedgerEvent[] = [],
): Comparison {
  const read = readings(account, depth, events)
  if (typeof read === 'string') return unread(read)
  const {
    before,
    depth: {ready, unacked, counters},
  } = read
  const {start, countersReset} = account
  const now = ready + (unacked ?? 0)
  if (start.counters === null || counters === null || countersReset)
    return withoutCounters(account, before - now)
  // Our sentinels were acknowledged like messages, and are none.
  const sentinels = events.filter(({type}) => type === 'sentinel').length
  const acked = removedBy(counters) - removedBy(start.counters) - sentinels
  // Fewer than we saw applied: the broker was restarted since and counts from zero again.
  if (acked < acksOf(account).least) return withoutCounters(account, before - now)
  return withCounters(account, {before, now, acked})
}

interface Counted {
  readonly before: number
  readonly now: number
  readonly acked: number
}

function withCounters(account: MoveAccount, {before, now, acked}: Counted): Comparison {
  const ours = acksOf(account)
  // The last acks of a connection that was cut may never be counted (seen on 3.10.8, 2026-11-24).
  const removed = Math.max(acked, ours.most)
  const vanished = Math.max(0, before - now - removed)
  const elsewhere = outside(acked, ours)
  const uncounted = removed > acked ? `, up to ${removed - acked} more not counted` : ''
  const arrived = Math.max(0, now - before + acked)
  return {
    difference: Math.max(vanished, elsewhere),
    says: `${before} at the start, ${arrived} arrived, ${acked} acknowledged${uncounted}, ${now} left`,
  }
}

/** Arrivals cannot be read: only a loss larger than what we acked can be seen. */
function withoutCounters(account: MoveAccount, gone: number): Comparison {
  const {least, most} = acksOf(account)
  if (gone < least)
    return unread(`messages arrived during the run, and the broker's counters could not be read`)
  return {difference: Math.max(0, gone - most), says: `${gone} fewer at the source, ${least} acknowledged`}
}

/** (b) What was received against the buckets, by number and by the sum of digests. */
export function compareDigests({
  received,
  settled,
  failed,
  doubt,
  quarantined,
  open,
  digests,
}: MoveAccount): Comparison {
  const inBuckets = settled + failed + doubt + quarantined + open.claimed + open.sent
  const missing = Math.abs(received - inBuckets)
  const different = digests.received === digests.buckets ? 0 : 1
  return {
    difference: Math.max(missing, different),
    says:
      missing === 0 && different === 1
        ? 'the digests differ'
        : `${received} received, ${inBuckets} in buckets`,
  }
}

/** (c) What the target took against what is there. All moves into one target are compared together. */
export function compareTarget(accounts: readonly MoveAccount[], atTarget: number): Comparison {
  const before = baselineOf(accounts)
  if (before === null)
    return unread('the number of messages at the target before the first send is not known')
  const least = sum(accounts.map(({accepted}) => accepted))
  const most = least + sum(accounts.map(({possibleDuplicates}) => possibleDuplicates))
  const there = atTarget - before
  return {
    difference: outside(there, {least, most}),
    says: `${there} at the target, ${least} accepted${most > least ? `, up to ${most - least} repeated` : ''}`,
  }
}

/** The first lane that started saw the target as it was before. */
function baselineOf(accounts: readonly MoveAccount[]): number | null {
  const [first] = accounts.toSorted((a, b) => a.start.at.localeCompare(b.start.at))
  return first?.start.atTarget ?? null
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
