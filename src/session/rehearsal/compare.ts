import type {Copy} from './copies.ts'

/** What came out of a scratch target. */
export interface Out {
  /** Null = mqlift did not write it. */
  readonly digest: string | null
  readonly group?: string
}

export interface Difference {
  readonly missing: number
  readonly unexpected: number
  readonly repeated: number
  readonly outOfOrder: number
}

/**
 * V6 (reliability.md 2.10): the multiset of what came out equals the multiset of what was sent, and every group is in
 * its order. `ordered` when one move alone filled a target that keeps an order.
 */
export function compare(copies: readonly Copy[], out: readonly Out[], ordered: boolean): Difference {
  const sent = copies.filter(({refused}) => refused !== true)
  const expected = countOf(sent.map((copy) => copy.digest))
  const found = countOf(out.map((one) => one.digest ?? FOREIGN))
  let [missing, unexpected, repeated] = [0, 0, 0]
  for (const [digest, count] of expected) missing += Math.max(0, count - (found.get(digest) ?? 0))
  for (const [digest, count] of found) {
    const wanted = expected.get(digest) ?? 0
    if (wanted === 0) unexpected += count
    else repeated += Math.max(0, count - wanted)
  }
  return {missing, unexpected, repeated, outOfOrder: ordered ? outOfOrder(sent, out) : 0}
}

/** No digest is this short. */
const FOREIGN = ''

function countOf(digests: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1)
  return counts
}

/** Places at which a group holds something else than was sent to it in that place. */
function outOfOrder(sent: readonly Copy[], out: readonly Out[]): number {
  const groups = Map.groupBy(out, ({group = ''}) => group)
  let wrong = 0
  for (const [group, own] of Map.groupBy(sent, (copy) => copy.group ?? '')) {
    const found = groups.get(group) ?? []
    wrong += own.filter(
      ({digest}, place) => found[place] !== undefined && found[place].digest !== digest,
    ).length
  }
  return wrong
}
