import {conditionMatches} from './filter-match.ts'
import type {Clause, Condition} from './filter-policy.ts'
import {ALWAYS, clauseText, conditionText, isAlways} from './filter-policy.ts'

/**
 * ORed clauses with what says the same said once. Exact: clauses that differ in one attribute become one with both
 * values, and what another clause already covers is left out.
 */
export function mergeClauses(clauses: readonly Clause[]): Clause[] {
  let merged = unique(clauses)
  if (merged.some(isAlways)) return [ALWAYS]
  for (let before = -1; before !== merged.length;) {
    before = merged.length
    const keys = [...new Set(merged.flatMap((clause) => Object.keys(clause)))].toSorted()
    for (const key of keys) merged = mergeOn(key, merged)
  }
  return withoutCovered(merged.map(tidy))
}

const unique = (clauses: readonly Clause[]): Clause[] => [
  ...new Map(clauses.map((clause) => [clauseText(clause), clause])).values(),
]

/** Clauses equal in everything but this attribute: one clause with the union of its conditions. */
function mergeOn(key: string, clauses: readonly Clause[]): Clause[] {
  const groups = Map.groupBy(clauses, (clause) => {
    const {[key]: mine, ...rest} = clause
    return `${mine === undefined ? 'without' : 'with'} ${clauseText(rest)}`
  })
  return [...groups.values()].map((group) => {
    const [first = ALWAYS] = group
    if (group.length === 1 || first[key] === undefined) return first
    const union = new Map(
      group.flatMap((clause) => clause[key] ?? []).map((each) => [conditionText(each), each]),
    )
    return {...first, [key]: [...union.values()]}
  })
}

/** Values that a prefix, suffix or wildcard of the same list already covers go. Sorted, so that plans compare. */
function tidy(clause: Clause): Clause {
  return Object.fromEntries(
    Object.entries(clause)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, list]) => [key, tidyList(list)]),
  )
}

function tidyList(list: readonly Condition[]): Condition[] {
  const patterns = list.filter((each) => typeof each !== 'string')
  const kept = list.filter(
    (each) =>
      !patterns.some((pattern) =>
        typeof each === 'string'
          ? conditionMatches(pattern, each)
          : each !== pattern && narrower(each, pattern),
      ),
  )
  return kept.toSorted((a, b) => rank(a) - rank(b) || (conditionText(a) < conditionText(b) ? -1 : 1))
}

const rank = (condition: Condition): number => (typeof condition === 'string' ? 0 : 1)

const narrower = (a: Condition, b: Condition): boolean => {
  if (typeof a === 'string' || typeof b === 'string') return false
  if ('prefix' in a && 'prefix' in b) return a.prefix.startsWith(b.prefix)
  return 'suffix' in a && 'suffix' in b && a.suffix.endsWith(b.suffix)
}

/** Quadratic, so only for lists that a policy could hold. */
const COMPARE_AT_MOST = 200

function withoutCovered(clauses: Clause[]): Clause[] {
  if (clauses.length > COMPARE_AT_MOST) return clauses
  return clauses.filter(
    (clause, index) =>
      !clauses.some(
        (other, at) => at !== index && covers(other, clause) && !(covers(clause, other) && at > index),
      ),
  )
}

/** Every condition of `wide` contains the one of `narrow` on the same attribute. */
function covers(wide: Clause, narrow: Clause): boolean {
  return Object.entries(wide).every(([key, list]) => {
    const texts = new Set(list.map(conditionText))
    return (
      narrow[key]?.every(
        (each) =>
          texts.has(conditionText(each)) ||
          (typeof each === 'string' && list.some((pattern) => conditionMatches(pattern, each))),
      ) ?? false
    )
  })
}
