import type {Clause, Condition, Filter} from './filter-policy.ts'

/** Attributes of a message as a filter sees them: String and Number. */
export type Attributes = Readonly<Record<string, string | number>>

/** What SNS does with a policy. Ours, so that tests do not trust an emulator (peers.md, pain 28). */
export function filterMatches(filter: Filter, attributes: Attributes): boolean {
  if (filter === null) return true
  // A message without any attribute matches no policy, not even `exists: false`.
  if (Object.keys(attributes).length === 0) return false
  return filter.some((clause) => clauseMatches(clause, attributes))
}

export function clauseMatches(clause: Clause, attributes: Attributes): boolean {
  return Object.entries(clause).every(([key, conditions]) =>
    conditions.some((condition) => conditionMatches(condition, attributes[key])),
  )
}

export function conditionMatches(condition: Condition, value: string | number | undefined): boolean {
  if (typeof condition === 'string') return value === condition
  if ('exists' in condition) return condition.exists === (value !== undefined)
  if (value === undefined) return false
  if ('numeric' in condition) return numericMatches(condition.numeric, value)
  if (typeof value === 'number') return false
  if ('prefix' in condition) return value.startsWith(condition.prefix)
  if ('suffix' in condition) return value.endsWith(condition.suffix)
  if ('wildcard' in condition) return wildcardMatches(condition.wildcard, value)
  return !condition['anything-but'].includes(value)
}

function numericMatches([operator, wanted]: readonly ['=' | '>=', number], value: string | number): boolean {
  if (typeof value !== 'number') return false
  return operator === '=' ? value === wanted : value >= wanted
}

/** Literal pieces between the stars, escapes resolved. */
export function wildcardPieces(pattern: string): string[] {
  const pieces = ['']
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? ''
    if (character === '*') pieces.push('')
    else {
      if (character === '\\') at++
      pieces[pieces.length - 1] += pattern[at] ?? ''
    }
  }
  return pieces
}

/** `*` is any run of characters, also none, also dots. Greedy search of the pieces: linear, no backtracking. */
function wildcardMatches(pattern: string, value: string): boolean {
  const pieces = wildcardPieces(pattern)
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (pieces.length === 1) return value === first
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length)
    return false
  const inner = value.slice(first.length, value.length - last.length)
  let at = 0
  for (const piece of pieces.slice(1, -1)) {
    const found = inner.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return true
}
