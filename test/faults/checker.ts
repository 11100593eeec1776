import {createSecretKey} from 'node:crypto'

import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {digest} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'

/**
 * Reliability.md 5, the checker used by every test that moves messages. It knows nothing of the mover: it compares
 * what was published with what is at the source and at the target, by multisets of keyed digests.
 */
export interface Observed {
  /** In the order of publishing. */
  readonly published: readonly Envelope[]
  /** Still at the source, in any order. */
  readonly left: readonly Envelope[]
  /** At the target, in the order of arrival. */
  readonly present: readonly Envelope[]
  readonly account: Account
  /** Strict order: the group of a message. */
  readonly group?: (envelope: Envelope) => string
}

/** What was said of it. */
export type Account = Pick<
  MoveAccount,
  'received' | 'settled' | 'failed' | 'doubt' | 'quarantined' | 'open' | 'possibleDuplicates'
>

export interface Difference {
  /** Gone from the source and not at the target. */
  readonly lost: number
  /** At the target and never published. */
  readonly unexpected: number
  /** More often at the target than published, or at the target and still at the source. */
  readonly duplicated: number
}

export interface Verdict extends Difference {
  readonly reported: number
  /** Messages that are out of order within their group. */
  readonly disordered: number
  /** received − Σ buckets. */
  readonly unaccounted: number
}

const KEY = createSecretKey(Buffer.alloc(32, 7))

/** The checker's own key: it must not trust the mover's. Delivery facts are outside the digest. */
const idOf = (envelope: Envelope): string => digest(KEY, envelope).toString('base64')

/** Where nobody keeps an account: the messages themselves. */
export function compare(
  published: readonly Envelope[],
  present: readonly Envelope[],
  left: readonly Envelope[] = [],
): Difference {
  return difference(published.map(idOf), present.map(idOf), left.map(idOf))
}

/** By what names a message; twins count as often as they are there. */
export function difference(
  published: readonly string[],
  present: readonly string[],
  left: readonly string[] = [],
): Difference {
  const [wanted, there, kept] = [countsOf(published), countsOf(present), countsOf(left)]
  let [lost, unexpected, duplicated] = [0, 0, 0]
  for (const id of new Set([...wanted.keys(), ...there.keys()])) {
    const surplus = of(there, id) + of(kept, id) - of(wanted, id)
    if (!wanted.has(id)) unexpected += of(there, id)
    else if (surplus > 0) duplicated += surplus
    else lost -= surplus
  }
  return {lost, unexpected, duplicated}
}

export function check(observed: Observed): Verdict {
  const {published, left, present, account, group} = observed
  const {received, settled, failed, doubt, quarantined, open, possibleDuplicates} = account
  return {
    ...compare(published, present, left),
    reported: possibleDuplicates,
    disordered: group ? disorderOf(observed, group) : 0,
    unaccounted: received - settled - failed - doubt - quarantined - open.claimed - open.sent,
  }
}

/** Faults in words; empty = the promise was kept. */
export function broken(verdict: Verdict): string[] {
  const {lost, unexpected, duplicated, reported, disordered, unaccounted} = verdict
  return [
    lost > 0 ? `${lost} lost` : '',
    unexpected > 0 ? `${unexpected} unexpected` : '',
    duplicated > reported ? `${duplicated} duplicated, ${reported} reported` : '',
    disordered > 0 ? `${disordered} out of order` : '',
    unaccounted === 0 ? '' : `${unaccounted} unaccounted`,
  ].filter((line) => line !== '')
}

function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, of(counts, id) + 1)
  return counts
}

const of = (counts: ReadonlyMap<string, number>, id: string): number => counts.get(id) ?? 0

/**
 * Order within each group. Messages whose content is unique: first appearances in source order. Twins cannot be told
 * apart, so for all together: what left the source must be a subsequence of what is at the target.
 */
function disorderOf({published, left, present}: Observed, group: (envelope: Envelope) => string): number {
  const kept = countsOf(left.map(idOf))
  const gone = published.toReversed().filter((envelope) => !takeOne(kept, idOf(envelope)))
  const sent = Map.groupBy(gone.toReversed(), group)
  const there = Map.groupBy(present, group)
  let disordered = 0
  for (const [name, wanted] of sent) {
    const ids = (there.get(name) ?? []).map(idOf)
    disordered += Math.max(firstAppearances(wanted.map(idOf), ids), missingInOrder(wanted.map(idOf), ids))
  }
  return disordered
}

function takeOne(counts: Map<string, number>, id: string): boolean {
  const count = of(counts, id)
  if (count > 0) counts.set(id, count - 1)
  return count > 0
}

function firstAppearances(wanted: readonly string[], ids: readonly string[]): number {
  const unique = wanted.filter((id) => wanted.indexOf(id) === wanted.lastIndexOf(id) && ids.includes(id))
  const seen = [...new Set(ids.filter((id) => unique.includes(id)))]
  return unique.filter((id, index) => seen[index] !== id).length > 0 ? 1 : 0
}

/** Messages that are at the target, but not where the order wants them. */
function missingInOrder(wanted: readonly string[], ids: readonly string[]): number {
  const counts = countsOf(ids)
  const present = wanted.filter((id) => takeOne(counts, id))
  let next = 0
  for (const id of ids) if (id === present[next]) next++
  return present.length - next
}
