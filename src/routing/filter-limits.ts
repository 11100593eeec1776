import {wildcardPieces} from './filter-match.ts'
import type {Clause, Condition, Filter} from './filter-policy.ts'
import {attributesOf, snsPolicy} from './filter-policy.ts'

/** AWS SNS developer guide, "Filter policy constraints" and wildcard matching, read 2026-11-24. */
export const FILTER_LIMITS = {keys: 5, combinations: 150, stars: 3, points: 100, bytes: 262_144} as const

export interface FilterSize {
  readonly keys: number
  readonly combinations: number
  /** Most `*` in one pattern. */
  readonly stars: number
  /** Complexity points of all wildcards. */
  readonly points: number
  readonly bytes: number
}

/**
 * How a policy counts against the limits. What AWS does not spell out for `$or` is counted the careful way:
 * every attribute name once, the combinations of the alternatives added.
 */
export function filterSize(filter: Filter): FilterSize {
  const clauses = filter ?? []
  const lists = clauses.flatMap((clause) => Object.entries(clause))
  return {
    keys: attributesOf(filter).length,
    combinations: clauses.reduce((sum, clause) => sum + combinations(clause), 0),
    stars: Math.max(0, ...lists.flatMap(([, list]) => list.map(starsOf))),
    points: pointsOf(lists),
    bytes: Buffer.byteLength(JSON.stringify(snsPolicy(clauses))),
  }
}

export function withinLimits(size: FilterSize): boolean {
  return (
    size.keys <= FILTER_LIMITS.keys &&
    size.combinations <= FILTER_LIMITS.combinations &&
    size.stars <= FILTER_LIMITS.stars &&
    size.points <= FILTER_LIMITS.points &&
    size.bytes <= FILTER_LIMITS.bytes
  )
}

/** `anything-but` counts each value it excludes. */
const valuesOf = (condition: Condition): number =>
  typeof condition === 'object' && 'anything-but' in condition ? condition['anything-but'].length : 1

const combinations = (clause: Clause): number =>
  Object.values(clause).reduce(
    (product, list) => product * list.reduce((sum, condition) => sum + valuesOf(condition), 0),
    1,
  )

const starsOf = (condition: Condition): number =>
  typeof condition === 'object' && 'wildcard' in condition ? wildcardPieces(condition.wildcard).length - 1 : 0

/** One `*` is 1 point, several are 3 each; per key the sum times the number of patterns. */
function pointsOf(lists: readonly (readonly [string, readonly Condition[]])[]): number {
  const byKey = Map.groupBy(lists, ([key]) => key)
  let points = 0
  for (const entries of byKey.values()) {
    const stars = entries.flatMap(([, list]) => list.map(starsOf)).filter((count) => count > 0)
    points += stars.reduce((sum, count) => sum + (count === 1 ? 1 : 3 * count), 0) * stars.length
  }
  return points
}
