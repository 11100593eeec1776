import {readFileSync} from 'node:fs'

import {expect, test} from 'vitest'

import {compilePattern, matchPatterns, matchPolicies} from '../../src/routing/policy-pattern.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/rabbitmq/policy-patterns/vectors.json', import.meta.url), 'utf8'),
) as {names: string[]; matches: Record<string, string[] | null>; classes: Record<string, string>}

/** Taken by the broker, not by us: said, never guessed. */
const NOT_EVALUATED = new Set(['(?>a+)b', 'a++b', '(?R)?x', '\\R'])

test.each(Object.entries(vectors.matches))(
  '%j matches what the broker matches',
  async (pattern, expected) => {
    const result = (await matchPatterns(new Map([[pattern, new Set(vectors.names)]]))).get(pattern)
    const outcome = result?.evaluated ? [...result.names] : result?.problem
    expect(outcome).toEqual(NOT_EVALUATED.has(pattern) ? 'unsupported' : (expected ?? 'invalid'))
  },
)

test.each(Object.entries(vectors.classes))(
  '%s holds the bytes that the broker thinks it does',
  (pattern, hex) => {
    const compiled = compilePattern(pattern)
    const bytes = Array.from({length: 256}, (_, byte) => String.fromCharCode(byte))
    const matched = compiled.by === 'linear' ? bytes.filter((byte) => compiled.matches(byte)) : []
    expect(Buffer.from(matched.join(''), 'latin1').toString('hex')).toBe(hex)
  },
)

test.each(['^(a+)+$', '(a+)+$', '^(a|a)*$', '(x+x+)+y', '^(?!amq\\.)(a+)+$', '(a?){30}a{30}$'])(
  'the hostile pattern %s is answered in linear time',
  async (pattern) => {
    const names = new Set([`${'a'.repeat(30)}!`, `${'x'.repeat(200)}z`])
    await matchPatterns(new Map([[pattern, names]]))
    const started = performance.now()
    const result = (await matchPatterns(new Map([[pattern, names]]))).get(pattern)
    expect(performance.now() - started).toBeLessThan(50)
    expect(result?.evaluated).toBe(true)
  },
)

test('a hostile pattern without a linear-time engine is killed, and the next one still works', async () => {
  const names = new Set([`${'a'.repeat(31)}!`, 'orders'])
  const started = performance.now()
  const results = await matchPatterns(
    new Map([
      ['^(?=(a+)+$)', names],
      ['^(?=orders)', names],
    ]),
  )
  expect(performance.now() - started).toBeLessThan(2000)
  expect(results.get('^(?=(a+)+$)')).toMatchObject({evaluated: false, problem: 'too-slow'})
  expect(results.get('^(?=orders)')).toEqual({evaluated: true, names: new Set(['orders'])})
})

test.each(['^(?!amq\\.).*', '^orders\\.', '.*', '', '^(a+)+$', '^(?!(amq\\.|celery@)).+'])(
  'the usual pattern %j needs no worker',
  (pattern) => {
    expect(compilePattern(pattern).by).toBe('linear')
  },
)

test.each([
  ['nested deeply', '('.repeat(5000)],
  ['very long', 'a'.repeat(100_000)],
  ['repeating much', '((a{100}){100}){100}'],
])('a pattern that is %s is refused or bounded', async (_, pattern) => {
  const started = performance.now()
  const result = (await matchPatterns(new Map([[pattern, new Set(['a'])]]))).get(pattern)
  expect(performance.now() - started).toBeLessThan(1000)
  expect(result).toBeDefined()
})

test('a policy is run against the names of its own virtual host', async () => {
  const matched = await matchPolicies(
    [
      {vhost: 'a', pattern: '^o'},
      {vhost: 'b', pattern: '^o'},
      {vhost: 'a', pattern: '.*'},
    ],
    [
      {vhost: 'a', name: 'orders'},
      {vhost: 'b', name: 'offers'},
      {vhost: 'c', name: 'others'},
    ],
  )
  expect(matched.get('^o')).toEqual({evaluated: true, names: new Set(['orders', 'offers'])})
  expect(matched.get('.*')).toEqual({evaluated: true, names: new Set(['orders'])})
})
