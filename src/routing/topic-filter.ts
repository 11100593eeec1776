import {FILTER_LIMITS} from './filter-limits.ts'
import type {Clause, Condition} from './filter-policy.ts'
import {ALWAYS, wildcardLiteral} from './filter-policy.ts'

/**
 * Topic binding patterns as SNS conditions. In SNS `*` is any characters, dots included; in RabbitMQ it is exactly
 * one word, and `#` is any number of words. The classes and why each is exact: docs/routing.md. Checked by brute
 * force against `topicMatches`.
 */

/** A pattern's words with equal patterns written alike: `#.#` is `#`, and `#.*` is `*.#`. */
export function patternWords(pattern: string): string[] {
  const words = pattern === '' ? [] : pattern.split('.')
  const plain: string[] = []
  let stars = 0
  let hash = false
  const flush = (): void => {
    plain.push(...Array.from({length: stars}, () => '*'), ...(hash ? ['#'] : []))
    stars = 0
    hash = false
  }
  for (const word of words) {
    if (word === '*') stars++
    else if (word === '#') hash = true
    else {
      flush()
      plain.push(word)
    }
  }
  flush()
  return plain
}

interface Shape {
  readonly words: readonly string[]
  readonly stars: number
  readonly hashes: number
  /** Literal words with their position. */
  readonly literals: readonly (readonly [string, number])[]
}

const shapeOf = (words: readonly string[]): Shape => ({
  words,
  stars: words.filter((word) => word === '*').length,
  hashes: words.filter((word) => word === '#').length,
  literals: words.flatMap((word, index) => (word === '*' || word === '#' ? [] : [[word, index] as const])),
})

/**
 * Every exact way we know to say the pattern, the shortest first; they differ in the attributes they use, which
 * matters when conditions have to be ANDed. None = SNS cannot say it.
 */
export function topicClauses(pattern: string): Clause[] {
  const shape = shapeOf(patternWords(pattern))
  if (shape.words.length === 0) return [{rk: [{exists: false}]}, {n: [{numeric: ['=', 0]}]}]
  if (shape.words.length === 1 && shape.hashes === 1) return [ALWAYS]
  const ways = [byKey(shape), byDelimitedKey(shape), byWords(shape)].filter((clause) => clause !== null)
  // A literal `*` or `\` inside a word must be escaped in a wildcard; equality needs no escape.
  if (!shape.literals.some(([word]) => /[\\*]/.test(word))) return ways
  return ways.toSorted((a, b) => Number(usesWildcard(a)) - Number(usesWildcard(b)))
}

const usesWildcard = (clause: Clause): boolean =>
  Object.values(clause).some((list) =>
    list.some((condition) => typeof condition === 'object' && 'wildcard' in condition),
  )

/**
 * A pattern that matches more and can be said: `*` becomes `#`; if that is still too much, only what stands before
 * the second `#` counts.
 */
export function widerPattern(pattern: string): string {
  const words = patternWords(
    patternWords(pattern)
      .map((word) => (word === '*' ? '#' : word))
      .join('.'),
  )
  if (topicClauses(words.join('.')).length > 0) return words.join('.')
  const second = words.indexOf('#', words.indexOf('#') + 1)
  return words.slice(0, second + 1).join('.')
}

const text = (words: readonly string[]): string => words.join('.')
const equals = (count: number): {numeric: ['=', number]} => ({numeric: ['=', count]})
const wild = (words: readonly string[]): string =>
  words.map((word) => (word === '*' ? '*' : wildcardLiteral(word))).join('.')

/** On `rk`, with `n` when `*` is used. */
function byKey(shape: Shape): Clause | null {
  const {words, stars, hashes} = shape
  if (hashes === 0) return stars === 0 ? {rk: [text(words)]} : fixedLength(shape)
  if (hashes > 1 || stars > 0) return null
  const at = words.indexOf('#')
  const before = text(words.slice(0, at))
  const after = text(words.slice(at + 1))
  // One word that is empty is the empty key, which has no words and does not match.
  if (at === words.length - 1) return {rk: [before, {prefix: `${before}.`}].filter((value) => value !== '')}
  if (at === 0) return {rk: [after, {suffix: `.${after}`}].filter((value) => value !== '')}
  return {
    rk: [`${before}.${after}`, {wildcard: `${wildcardLiteral(before)}.*.${wildcardLiteral(after)}`}],
  }
}

/** Only `*`: with as many dots as words − 1, no SNS `*` can swallow one. */
function fixedLength({words, stars, literals}: Shape): Clause | null {
  const n = [equals(words.length)]
  const first = literals[0]?.[1]
  const last = literals.at(-1)?.[1]
  if (first === undefined || last === undefined) return {n}
  const short = mergedRuns(words.slice(first, last + 1), first, words.length - 1 - last)
  if (short !== null) return {rk: [short], n}
  return stars <= FILTER_LIMITS.stars ? {rk: [{wildcard: wild(words)}], n} : null
}

/** A run of leading or trailing stars becomes one SNS star, which is exact only while no other star can take its words. */
function mergedRuns(inner: readonly string[], leading: number, trailing: number): Condition | null {
  const innerStars = inner.filter((word) => word === '*').length
  const runs = Number(leading > 0) + Number(trailing > 0)
  if (Math.max(leading, trailing) > 1 && innerStars + runs > 1) return null
  if (runs + innerStars > FILTER_LIMITS.stars) return null
  if (runs === 1 && innerStars === 0)
    return leading > 0 ? {suffix: `.${text(inner)}`} : {prefix: `${text(inner)}.`}
  return {wildcard: `${leading > 0 ? '*.' : ''}${wild(inner)}${trailing > 0 ? '.*' : ''}`}
}

/** On `rkd`: dots on both sides make words comparable, so several `#` can be said, and a second condition on the key. */
function byDelimitedKey({words, stars, hashes}: Shape): Clause | null {
  if (stars > 0) {
    if (hashes > 0 || stars > FILTER_LIMITS.stars) return null
    return {rkd: [{wildcard: `.${wild(words)}.`}], n: [equals(words.length)]}
  }
  // The longest alternative has one star per `#`; without this check there would be 2^hashes of them.
  if (hashes > FILTER_LIMITS.stars) return null
  const alternatives = words.reduce(appendWord, [''])
  const closed = words.at(-1) === '#' ? alternatives : alternatives.map((start) => `${start}.`)
  return {rkd: closed.map(delimitedCondition)}
}

const STAR = '\u0000'

/** Each inner `#` is "nothing" or `.*`; a `#` at an end is `*` alone, for the dot is already there. */
function appendWord(alternatives: string[], word: string, index: number, words: readonly string[]): string[] {
  if (word !== '#') return alternatives.map((start) => `${start}.${word}`)
  if (index === 0) return [STAR]
  if (index === words.length - 1) return alternatives.map((start) => `${start}.${STAR}`)
  return alternatives.flatMap((start) => [start, `${start}.${STAR}`])
}

function delimitedCondition(pattern: string): Condition {
  const pieces = pattern.split(STAR)
  const [first = '', last = ''] = pieces
  if (pieces.length === 1) return pattern
  if (pieces.length === 2 && last === '') return {prefix: first}
  if (pieces.length === 2 && first === '') return {suffix: last}
  return {wildcard: pieces.map(wildcardLiteral).join('*')}
}

/** On `w<i>` left of the `#`, `r<i>` right of it, and the number of words: positions are fixed from both ends. */
function byWords({words, hashes, literals}: Shape): Clause | null {
  if (hashes > 1 || literals.length >= FILTER_LIMITS.keys) return null
  const at = hashes === 0 ? words.length : words.indexOf('#')
  const named = literals.map(([word, index]): [string, Condition[]] => [
    index < at ? `w${index}` : `r${words.length - 1 - index}`,
    // An empty word has no attribute; `n` says that the position exists.
    [word === '' ? {exists: false} : word],
  ])
  const n: Condition = hashes === 0 ? equals(words.length) : {numeric: ['>=', words.length - 1]}
  return {...Object.fromEntries(named), n: [n]}
}
