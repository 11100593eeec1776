import {FILTER_LIMITS} from './filter-limits.ts'
import type {Clause} from './filter-policy.ts'
import {ALWAYS} from './filter-policy.ts'
import type {Atom} from './flatten.ts'
import {bothClauses} from './intersect.ts'
import {topicClauses, widerPattern} from './topic-filter.ts'
import {topicMatches} from './topic.ts'

export interface RouteRules {
  /** Attribute that carries the shard number of this exchange. */
  shardAttribute(exchange: string): string
  /** What matches when nothing of the exchange matches; null = a filter cannot say it. */
  unmatched(exchange: string): readonly Clause[] | null
  /** False for a routing attribute that publishers of this topic have no room for. */
  allowed(attribute: string): boolean
}

export interface CompiledRoute {
  /** ORed; none = the path matches nothing. */
  readonly clauses: readonly Clause[]
  readonly widened: readonly string[]
  /** Exchange whose "no binding matched" cannot be said: the path is left out. */
  readonly lost?: string
}

const NEVER: CompiledRoute = {clauses: [], widened: []}

/** The conditions along one path, ANDed. */
export function compileRoute(atoms: readonly Atom[], rules: RouteRules): CompiledRoute {
  const key = compileKey(atoms, rules)
  let clauses = key.clauses
  const widened = [...key.widened]
  for (const atom of atoms) {
    const more = otherClauses(atom, rules)
    if (more === null) return {...NEVER, lost: atom.by === 'unmatched' ? atom.exchange : ''}
    const both = allBoth(clauses, more.clauses)
    clauses = both.clauses
    widened.push(...more.widened, ...both.widened)
  }
  return {clauses, widened}
}

/** Direct and topic bindings all speak of one routing key. */
function compileKey(atoms: readonly Atom[], rules: RouteRules): CompiledRoute {
  const keys = [...new Set(atoms.flatMap((atom) => (atom.by === 'key' ? [atom.key] : [])))]
  const patterns = [
    ...new Set(atoms.flatMap((atom) => (atom.by === 'pattern' ? [atom.pattern] : []))),
  ].toSorted()
  const [key] = keys
  if (key === undefined) return compilePatterns(patterns, rules)
  if (keys.length > 1 || patterns.some((pattern) => !topicMatches(pattern, key))) return NEVER
  return {clauses: [{rk: [key === '' ? {exists: false} : key]}], widened: []}
}

/** Ways to say all patterns that are tried before one of them is given up. */
const MAX_TRIES = 729

function compilePatterns(patterns: readonly string[], rules: RouteRules): CompiledRoute {
  const widened: string[] = []
  const ways = patterns.map((pattern) => waysToSay(pattern, rules, widened))
  for (let kept = ways.length; kept > 0; kept--) {
    const result = firstTogether(ways.slice(0, kept))
    if (result === null) widened.push(`${patterns[kept - 1] ?? ''} is left out beside ${patterns[0] ?? ''}`)
    else return result === 'never' ? NEVER : {clauses: [result], widened}
  }
  return {clauses: [ALWAYS], widened}
}

function waysToSay(pattern: string, rules: RouteRules, widened: string[]): Clause[] {
  const allowed = (ways: Clause[]): Clause[] =>
    ways.filter((way) => Object.keys(way).every((name) => rules.allowed(name)))
  const exact = allowed(topicClauses(pattern))
  if (exact.length > 0) return exact
  const wider = widerPattern(pattern)
  const ways = allowed(topicClauses(wider))
  widened.push(`${pattern} cannot be said exactly: ${ways.length === 0 ? 'every key' : wider} is let through`)
  return ways.length === 0 ? [ALWAYS] : ways
}

/** The first combination of ways that can be ANDed and fits; the ways are ordered, short ones first. */
function firstTogether(ways: readonly (readonly Clause[])[]): Clause | 'never' | null {
  let tries = 0
  const search = (at: number, soFar: Clause): Clause | 'never' | null => {
    const choices = ways[at]
    if (choices === undefined) return Object.keys(soFar).length <= FILTER_LIMITS.keys ? soFar : null
    for (const choice of choices) {
      if (++tries > MAX_TRIES) return null
      const both = bothClauses(soFar, choice)
      // One exact way that excludes the others is proof enough: no key matches all patterns.
      if (both === 'never') return 'never'
      const found = both === null ? null : search(at + 1, both)
      if (found !== null) return found
    }
    return null
  }
  return search(0, ALWAYS)
}

/** Null = cannot be said. */
function otherClauses(atom: Atom, rules: RouteRules): CompiledRoute | null {
  if (atom.by === 'headers') return atom.filter
  if (atom.by === 'shard')
    return {clauses: [{[rules.shardAttribute(atom.exchange)]: atom.values}], widened: []}
  const clauses = atom.by === 'unmatched' ? rules.unmatched(atom.exchange) : [ALWAYS]
  return clauses === null ? null : {clauses, widened: []}
}

function allBoth(left: readonly Clause[], right: readonly Clause[]): CompiledRoute {
  const widened: string[] = []
  const clauses = left.flatMap((a) =>
    right.flatMap((b) => {
      const both = bothClauses(a, b)
      if (both === 'never') return []
      if (both !== null) return [both]
      widened.push(
        `two conditions on ${Object.keys(a)
          .filter((name) => name in b)
          .join(', ')}: one is left out`,
      )
      return [{...b, ...a}]
    }),
  )
  return {clauses, widened}
}
