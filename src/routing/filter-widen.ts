import {FILTER_LIMITS, filterSize, withinLimits} from './filter-limits.ts'
import {wildcardPieces} from './filter-match.ts'
import {mergeClauses} from './filter-merge.ts'
import type {Clause, Condition, Filter} from './filter-policy.ts'
import {ALWAYS, filterOf} from './filter-policy.ts'

export interface Fitted {
  readonly filter: Filter
  /** Empty = exact. What the policy lets through in addition, in words, in the order it was given up. */
  readonly widened: readonly string[]
}

/**
 * Makes a policy that SNS accepts: exactly if it fits, else the nearest wider one. A filter must never be narrower
 * than the bindings: what it lets through in excess the consumer can drop, what it holds back is gone.
 */
export function fitToLimits(clauses: readonly Clause[]): Fitted {
  const widened: string[] = []
  let current = mergeClauses(clauses)
  for (const step of STEPS) {
    if (fits(current)) break
    const next = step(current)
    if (next === null) continue
    if (next.said !== '') widened.push(next.said)
    current = mergeClauses(next.clauses)
  }
  if (fits(current)) return {filter: filterOf(current), widened}
  return {filter: null, widened: [...widened, 'no filter at all: what is left is still too large']}
}

const fits = (clauses: readonly Clause[]): boolean => withinLimits(filterSize(filterOf(clauses)))

/** '' = nothing was given up. Null = this step has nothing to do. */
type Step = (clauses: readonly Clause[]) => {clauses: Clause[]; said: string} | null

/** Exact: a word at position i already says that there are more than i words. */
const withoutImplied: Step = (clauses) => ({
  said: '',
  clauses: clauses.map((clause) => {
    const {n, ...rest} = clause
    const [only] = n ?? []
    if (n?.length !== 1 || typeof only !== 'object' || !('numeric' in only) || only.numeric[0] !== '>=')
      return clause
    return only.numeric[1] <= wordsImplied(rest) ? rest : clause
  }),
})

function wordsImplied(clause: Clause): number {
  const positions = Object.entries(clause).flatMap(([key, list]) => {
    const at = /^[wr](\d+)$/.exec(key)?.[1]
    return at !== undefined && list.every((each) => typeof each === 'string') ? [Number(at) + 1] : []
  })
  return Math.max(0, ...positions)
}

/** Too many values of one attribute: neighbours are folded into the prefix they share. */
const foldValues: Step = (clauses) => {
  const size = filterSize(filterOf(clauses))
  if (size.combinations <= FILTER_LIMITS.combinations && size.bytes <= FILTER_LIMITS.bytes) return null
  const budget = Math.max(1, Math.floor(FILTER_LIMITS.combinations / clauses.length))
  const said: string[] = []
  const folded = clauses.map((clause) => {
    const [longest] = Object.entries(clause).toSorted(([, a], [, b]) => b.length - a.length)
    if (longest === undefined) return clause
    const [key, list] = longest
    const others = Object.entries(clause).reduce(
      (product, [name, each]) => product * (name === key ? 1 : each.length),
      1,
    )
    const room = Math.max(1, Math.floor(budget / others))
    if (list.length <= room) return clause
    const shorter = foldList(list, room)
    said.push(`${key}: ${list.length} values became ${shorter?.length ?? 0} values and prefixes`)
    if (shorter !== null) return {...clause, [key]: shorter}
    const {[key]: _, ...rest} = clause
    return rest
  })
  return said.length === 0 ? null : {clauses: folded, said: said.join('; ')}
}

/** Null = nothing but "any value" is left. */
function foldList(list: readonly Condition[], room: number): Condition[] | null {
  const values = list.filter((each) => typeof each === 'string').toSorted()
  const others = list.filter((each) => typeof each !== 'string')
  const budget = room - others.length
  if (budget < 1 || values.length === 0) return null
  // The neighbours that share most are folded first, so the least is let through in excess.
  const shared = values.slice(1).map((value, index) => sharedLength(values[index] ?? '', value))
  const foldCount = Math.max(0, values.length - budget)
  const order = shared
    .map((_, index) => index)
    .toSorted((a, b) => (shared[b] ?? 0) - (shared[a] ?? 0) || a - b)
  const fold = new Set(order.slice(0, foldCount))
  const groups: string[][] = []
  for (const [index, value] of values.entries()) {
    if (index > 0 && fold.has(index - 1)) groups.at(-1)?.push(value)
    else groups.push([value])
  }
  const folded = groups.map((group): Condition => {
    const [first = ''] = group
    return group.length === 1 ? first : {prefix: first.slice(0, sharedLength(first, group.at(-1) ?? ''))}
  })
  return folded.some((each) => typeof each === 'object' && 'prefix' in each && each.prefix === '')
    ? null
    : [...folded, ...others]
}

function sharedLength(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  // Never half a surrogate pair.
  return at > 0 && /[\uD800-\uDBFF]/.test(a[at - 1] ?? '') ? at - 1 : at
}

/** Wildcards cost points; the longer of their two ends does not. */
const plainWildcards: Step = (clauses) => {
  const size = filterSize(filterOf(clauses))
  if (size.points <= FILTER_LIMITS.points && size.stars <= FILTER_LIMITS.stars) return null
  return {
    clauses: clauses.map((clause) =>
      Object.fromEntries(Object.entries(clause).map(([key, list]) => [key, list.map(withoutWildcard)])),
    ),
    said: `wildcards (${size.points} complexity points) became prefixes and suffixes`,
  }
}

function withoutWildcard(condition: Condition): Condition {
  if (typeof condition !== 'object' || !('wildcard' in condition)) return condition
  const pieces = wildcardPieces(condition.wildcard)
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)]
  if (first === '' && last === '') return {exists: true}
  return first.length >= last.length ? {prefix: first} : {suffix: last}
}

const weight = (key: string, count: number): number => (key === 'n' ? 0 : count)

/** Too many attributes: the one that the fewest clauses use goes, the word count first. */
const fewerKeys: Step = (clauses) => {
  const uses = new Map<string, number>()
  for (const key of clauses.flatMap((clause) => Object.keys(clause))) uses.set(key, (uses.get(key) ?? 0) + 1)
  const surplus = uses.size - FILTER_LIMITS.keys
  if (surplus <= 0) return null
  const dropped = [...uses]
    .toSorted(([a, x], [b, y]) => weight(a, x) - weight(b, y) || (a < b ? -1 : 1))
    .slice(0, surplus)
    .map(([key]) => key)
  return {
    clauses: clauses.map((clause) =>
      Object.fromEntries(Object.entries(clause).filter(([key]) => !dropped.includes(key))),
    ),
    said: `${dropped.join(', ')} not looked at (${uses.size} attributes, ${FILTER_LIMITS.keys} allowed)`,
  }
}

/** Too many alternatives: only the attribute that all of them have is looked at. */
const foldClauses: Step = (clauses) => {
  if (clauses.length < 2) return null
  const [first = ALWAYS, ...rest] = clauses
  const common = Object.keys(first).filter((key) => rest.every((clause) => clause[key] !== undefined))
  return {
    clauses: clauses.map((clause) => Object.fromEntries(common.map((key) => [key, clause[key] ?? []]))),
    said:
      common.length === 0
        ? `${clauses.length} alternatives have no attribute in common`
        : `${clauses.length} alternatives are told apart by ${common.join(', ')} only`,
  }
}

/** What costs least first; folding alternatives may leave values that have to be folded again. */
const STEPS: readonly Step[] = [
  withoutImplied,
  foldValues,
  plainWildcards,
  fewerKeys,
  foldClauses,
  foldValues,
]
