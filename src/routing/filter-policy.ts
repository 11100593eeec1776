/**
 * One condition of an SNS filter policy on message attributes, as far as we write them; the conditions of one
 * attribute are ORed. AWS SNS developer guide, "subscription filter policies", read 2026-11-24.
 */
export type Condition =
  | string
  | {readonly prefix: string}
  | {readonly suffix: string}
  | {readonly wildcard: string}
  | {readonly exists: boolean}
  | {readonly numeric: readonly ['=' | '>=', number]}
  | {readonly 'anything-but': readonly string[]}

/** ANDed by attribute. */
export type Clause = Readonly<Record<string, readonly Condition[]>>

/** ORed. Null = no filter: everything is delivered. */
export type Filter = readonly Clause[] | null

/** Matches everything. */
export const ALWAYS: Clause = {}

export const isAlways = (clause: Clause): boolean => Object.keys(clause).length === 0

/** None at all matches nothing, which no policy can say: callers do not subscribe. */
export function filterOf(clauses: readonly Clause[]): Filter {
  if (clauses.length === 0) throw new RangeError('a filter that matches nothing cannot be written')
  return clauses.some(isAlways) ? null : clauses
}

/** Attribute names that a filter looks at. */
export const attributesOf = (filter: Filter): string[] =>
  [...new Set((filter ?? []).flatMap((clause) => Object.keys(clause)))].toSorted()

/** Same conditions in the same order ⇔ same text. */
export const conditionText = (condition: Condition): string => JSON.stringify(condition)

export function clauseText(clause: Clause): string {
  const keys = Object.keys(clause).toSorted()
  return JSON.stringify(keys.map((key) => [key, (clause[key] ?? []).map(conditionText).toSorted()]))
}

/** A literal inside a `wildcard`: `*` and `\` are escaped there. */
export const wildcardLiteral = (text: string): string => text.replace(/[\\*]/g, String.raw`\$&`)

/** The filter as SNS takes it. */
export function snsPolicy(clauses: readonly Clause[]): Record<string, unknown[]> {
  const [first = ALWAYS] = clauses
  // `$or` needs at least two alternatives.
  if (clauses.length > 1) return {$or: clauses.map((clause) => snsClause(clause))}
  return snsClause(first)
}

const snsClause = (clause: Clause): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(clause).map(([key, list]) => [key, list.map(escaped)]))

/**
 * Attribute filters need `"` and `\` escaped once more than JSON does, or they silently match nothing (AWS SNS
 * developer guide, filter policy constraints, read 2026-11-24).
 */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/["\\]/g, String.raw`\$&`)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]))
}
