import {conditionMatches, wildcardPieces} from './filter-match.ts'
import type {Clause, Condition} from './filter-policy.ts'
import {conditionText, wildcardLiteral} from './filter-policy.ts'

/**
 * Two clauses ANDed. Different attributes simply stand side by side; two conditions on the same one need an
 * intersection, which SNS cannot always say. `never`: no message satisfies both. Null: cannot be said.
 */
export function bothClauses(a: Clause, b: Clause): Clause | 'never' | null {
  const merged: Record<string, readonly Condition[]> = {...a}
  for (const [key, conditions] of Object.entries(b)) {
    const present = merged[key]
    const list = present === undefined ? conditions : bothLists(present, conditions)
    if (list === null) return null
    if (list.length === 0) return 'never'
    merged[key] = list
  }
  return merged
}

function bothLists(a: readonly Condition[], b: readonly Condition[]): Condition[] | null {
  const all = new Map<string, Condition>()
  for (const left of a) {
    for (const right of b) {
      const list = both(left, right)
      if (list === null) return null
      for (const condition of list) all.set(conditionText(condition), condition)
    }
  }
  return [...all.values()]
}

const none: readonly Condition[] = []
const kindOf = (condition: Condition): string =>
  typeof condition === 'string' ? 'equals' : (Object.keys(condition)[0] ?? '')

/** Empty = nothing satisfies both, null = cannot be said. */
function both(a: Condition, b: Condition): readonly Condition[] | null {
  if (conditionText(a) === conditionText(b)) return [a]
  const [first, second] = ORDER.indexOf(kindOf(a)) <= ORDER.indexOf(kindOf(b)) ? [a, b] : [b, a]
  if (typeof first === 'string') return conditionMatches(second, first) ? [first] : none
  if ('exists' in first) return withExists(first.exists, second)
  return typeof second === 'string' || 'exists' in second ? null : withPatterns(first, second)
}

/** The simpler one first, so that each pair is judged in one place. */
const ORDER = ['equals', 'exists', 'numeric', 'prefix', 'suffix', 'wildcard', 'anything-but']

function withExists(exists: boolean, other: Condition): readonly Condition[] {
  const otherNeedsValue = typeof other === 'string' || !('exists' in other) || other.exists
  return exists === otherNeedsValue ? [other] : none
}

type Pattern = Exclude<Condition, string | {readonly exists: boolean}>

function withPatterns(first: Pattern, second: Pattern): readonly Condition[] | null {
  if ('numeric' in first) return 'numeric' in second ? numbers(first.numeric, second.numeric) : none
  if ('anything-but' in second && !('anything-but' in first))
    return withExclusion(first, second['anything-but'])
  if ('prefix' in first) return withPrefix(first.prefix, second)
  if ('suffix' in first) return withSuffix(first.suffix, second)
  if ('anything-but' in first && 'anything-but' in second)
    return [{'anything-but': [...new Set([...first['anything-but'], ...second['anything-but']])]}]
  return null
}

/** What is excluded may not be what the pattern takes, then nothing is excluded. */
const withExclusion = (pattern: Pattern, excluded: readonly string[]): readonly Condition[] | null =>
  excluded.some((value) => conditionMatches(pattern, value)) ? null : [pattern]

type Numeric = readonly ['=' | '>=', number]

function numbers(a: Numeric, b: Numeric): readonly Condition[] {
  if (a[0] === '>=' && b[0] === '>=') return [{numeric: ['>=', Math.max(a[1], b[1])]}]
  const [exact, other] = a[0] === '=' ? [a, b] : [b, a]
  const fits = other[0] === '=' ? exact[1] === other[1] : exact[1] >= other[1]
  return fits ? [{numeric: exact}] : none
}

function withPrefix(prefix: string, other: Pattern): readonly Condition[] | null {
  if ('prefix' in other) {
    if (other.prefix.startsWith(prefix)) return [other]
    return prefix.startsWith(other.prefix) ? [{prefix}] : none
  }
  if ('suffix' in other) return prefixAndSuffix(prefix, other.suffix)
  if ('wildcard' in other) return headOf(other.wildcard).startsWith(prefix) ? [other] : null
  return null
}

function withSuffix(suffix: string, other: Pattern): readonly Condition[] | null {
  if ('suffix' in other) {
    if (other.suffix.endsWith(suffix)) return [other]
    return suffix.endsWith(other.suffix) ? [{suffix}] : none
  }
  if ('wildcard' in other) return tailOf(other.wildcard).endsWith(suffix) ? [other] : null
  return null
}

const headOf = (wildcard: string): string => wildcardPieces(wildcard)[0] ?? ''
const tailOf = (wildcard: string): string => wildcardPieces(wildcard).at(-1) ?? ''

/** `p…s`, and the words in which the end of p is the beginning of s: finitely many, so they are listed. */
function prefixAndSuffix(prefix: string, suffix: string): readonly Condition[] {
  const overlapping = new Set<string>()
  for (let shared = 1; shared <= Math.min(prefix.length, suffix.length); shared++)
    if (prefix.endsWith(suffix.slice(0, shared))) overlapping.add(prefix + suffix.slice(shared))
  return [...overlapping, {wildcard: `${wildcardLiteral(prefix)}*${wildcardLiteral(suffix)}`}]
}
