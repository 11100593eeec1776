import {MqliftError} from '../errors.ts'
import {parseId} from '../model/id.ts'

/** Which destinations a command is about, by source id. */
export type Selection = (id: string) => boolean

interface Patterns {
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
}

/** `--only` and `--except`: globs over a destination's id, `vhost/name` or name. No pattern selects all. */
export function selection({only = [], except = []}: Patterns): Selection {
  return (id) => (only.length === 0 || named(id, only)) && !named(id, except)
}

/** The same, among the ids there are: patterns that leave none of them are a typing error, not an empty run. */
export function selectionAmong(ids: readonly string[], patterns: Patterns): Selection {
  const selected = selection(patterns)
  const given = [...(patterns.only ?? []), ...(patterns.except ?? [])]
  if (given.length === 0 || ids.length === 0 || ids.some(selected)) return selected
  throw new MqliftError('usage', `none of ${ids.length} destinations is selected by ${given.join(', ')}`, {
    reason: 'nothing-selected',
    suggestions: [
      `globs are matched with names, vhost/name and ids, for example ${ids[0]}`,
      "quote them, so that the shell leaves them alone: --only 'orders*'",
    ],
  })
}

function named(id: string, patterns: readonly string[]): boolean {
  const names = namesOf(id)
  return patterns.some((pattern) => names.some((name) => globMatches(pattern, name)))
}

function namesOf(id: string): readonly string[] {
  const {vhost, name} = parseId(id)
  return [id, `${vhost}/${name}`, name]
}

/**
 * `*` is any text, `?` one character, all else itself. Steps back to the last star only, so the time is bounded by
 * pattern × text whatever the pattern (SEC-36).
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let next = 0
  while (at < text.length) {
    if (pattern[next] === '*') {
      star = next++
      resume = at
    } else if (pattern[next] === '?' || (next < pattern.length && pattern[next] === text[at])) {
      next++
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[next] === '*') next++
  return next === pattern.length
}
