import {readFileSync} from 'node:fs'

import {describe, expect, test} from 'vitest'

import {filterSize, withinLimits} from '../../src/routing/filter-limits.ts'
import {filterMatches} from '../../src/routing/filter-match.ts'
import type {Filter} from '../../src/routing/filter-policy.ts'
import {filterOf, snsPolicy} from '../../src/routing/filter-policy.ts'
import {routingAttributes} from '../../src/routing/routing-attributes.ts'
import {patternWords, topicClauses, widerPattern} from '../../src/routing/topic-filter.ts'
import {topicMatches} from '../../src/routing/topic.ts'

interface Vector {
  pattern: string
  kind: 'exact' | 'none'
  policy: Record<string, unknown> | null
  matches: string[]
  nonMatches: string[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/rabbitmq/topic-vectors/vectors.json', import.meta.url), 'utf8'),
) as Vector[]

/** One star at an end is a prefix or suffix, which costs no complexity points. */
function cheapest(policy: Record<string, unknown> | null): Record<string, unknown> | null {
  const text = JSON.stringify(policy)
  return JSON.parse(
    text
      .replace(/\{"wildcard":"\*([^*"]*)"\}/g, '{"suffix":"$1"}')
      .replace(/\{"wildcard":"([^*"]*)\*"\}/g, '{"prefix":"$1"}'),
  ) as Record<string, unknown> | null
}

/** Every sequence of the words up to the length, joined. */
function sequences(words: readonly string[], length: number): string[] {
  let level: string[][] = [[]]
  const all: string[][] = [[]]
  for (let step = 0; step < length; step++) {
    level = level.flatMap((start) => words.map((word) => [...start, word]))
    all.push(...level)
  }
  return [...new Set(all.map((sequence) => sequence.join('.')))]
}

const disagreements = (pattern: string, filter: Filter, keys: readonly string[]): string[] =>
  keys.filter((key) => filterMatches(filter, routingAttributes(key)) !== topicMatches(pattern, key))

describe('vectors', () => {
  test.each(vectors)('$pattern: the broker', ({pattern, matches, nonMatches}) => {
    expect(matches.filter((key) => !topicMatches(pattern, key))).toEqual([])
    expect(nonMatches.filter((key) => topicMatches(pattern, key))).toEqual([])
  })

  test.each(vectors.filter(({kind}) => kind === 'exact'))('$pattern: the filter', (vector) => {
    const filter = filterOf(topicClauses(vector.pattern).slice(0, 1))
    expect(filter && snsPolicy(filter)).toEqual(cheapest(vector.policy))
    expect(disagreements(vector.pattern, filter, [...vector.matches, ...vector.nonMatches])).toEqual([])
  })

  test.each(vectors.filter(({kind}) => kind === 'none'))('$pattern: cannot be said', ({pattern}) => {
    expect(topicClauses(pattern)).toEqual([])
  })
})

describe('brute force', () => {
  const keys = sequences(['a', 'b', ''], 6)
  const patterns = sequences(['a', 'b', '*', '#'], 5)

  test('every way to say each of the patterns agrees with the broker on every key, within the limits', () => {
    const wrong: string[] = []
    let exact = 0
    for (const pattern of patterns) {
      const filters = topicClauses(pattern).map((way) => filterOf([way]))
      if (filters.length > 0) exact++
      for (const filter of filters) {
        if (!withinLimits(filterSize(filter))) wrong.push(`${pattern}: over the limits`)
        wrong.push(...disagreements(pattern, filter, keys).map((key) => `${pattern} on '${key}'`))
      }
    }
    expect(wrong).toEqual([])
    expect([patterns.length, exact]).toEqual([1365, 1257])
  })

  test('a wider pattern matches all that the pattern matches, and can be said', () => {
    const few = sequences(['a', 'b', 'c'], 5)
    const wrong = patterns.filter((pattern) => {
      const wider = widerPattern(pattern)
      const missed = few.filter((key) => topicMatches(pattern, key) && !topicMatches(wider, key))
      return topicClauses(wider).length === 0 || missed.length > 0
    })
    expect(wrong).toEqual([])
  })

  test('patterns with empty words are exact too', () => {
    const empty = sequences(['a', ''], 6)
    const wrong = sequences(['a', '', '*', '#'], 4).flatMap((pattern) =>
      topicClauses(pattern).flatMap((way) => disagreements(pattern, filterOf([way]), empty)),
    )
    expect(wrong).toEqual([])
  })
})

test('a word that contains a star or a backslash is compared as it is', () => {
  for (const word of ['a*b', String.raw`a\b`, String.raw`\*`]) {
    const keys = [word, `${word}.q.x`, `${word}.x`, `q.${word}`, 'azb.q.x', 'aXXb', 'azb', 'q.azb.x']
    for (const pattern of [word, `${word}.*.x`, `${word}.#.x`, `#.${word}.#`, `*.${word}.#`]) {
      const ways = topicClauses(pattern)
      expect(ways).not.toEqual([])
      expect(ways.flatMap((way) => disagreements(pattern, filterOf([way]), keys))).toEqual([])
    }
  }
})

test('equal patterns are written alike', () => {
  expect(patternWords('#.#')).toEqual(['#'])
  expect(patternWords('#.*.#.*')).toEqual(['*', '*', '#'])
  expect(patternWords('a.#.*.b')).toEqual(['a', '*', '#', 'b'])
})

test('a hundred hashes do not explode', () => {
  const pattern = Array.from({length: 60}, (_, index) => `w${index}.#`).join('.')
  expect(topicClauses(pattern)).toEqual([])
  expect(topicClauses(widerPattern(pattern)).length).toBeGreaterThan(0)
})
