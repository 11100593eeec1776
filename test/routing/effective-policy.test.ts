import {describe, expect, test} from 'vitest'

import type {Policy} from '../../src/model/inventory.ts'
import {mergeDefinitions, selectPolicy} from '../../src/routing/effective-policy.ts'
import {parseVersion} from '../../src/routing/version.ts'

const old = parseVersion('3.10.8')
const current = parseVersion('4.0.5')

const policy = (name: string, definition: Policy['definition'], more: Partial<Policy> = {}): Policy => ({
  vhost: '/',
  name,
  operator: false,
  pattern: '.*',
  applyTo: 'queues',
  priority: 0,
  definition,
  ...more,
})
const queue = (type: string) => ({kind: 'queue', vhost: '/', name: 'orders', type}) as const
const always = (): boolean => true

const chosenFor = (type: string, policies: Policy[], version = old): string | null | undefined =>
  selectPolicy(queue(type), policies, always, version).chosen?.name ?? null

describe('all or nothing by type (rabbitmq.md 1.8, observed)', () => {
  const low = policy('low', {'max-length': 7})
  test.each([
    ['ha-mode', 'classic', '3.10.8', 'high'],
    ['ha-mode', 'quorum', '3.10.8', 'low'],
    ['queue-mode', 'classic', '3.10.8', 'high'],
    ['queue-mode', 'quorum', '4.0.5', 'low'],
    ['queue-master-locator', 'quorum', '3.10.8', 'low'],
    ['queue-version', 'quorum', '3.10.8', 'high'],
    ['delivery-limit', 'classic', '4.0.5', 'low'],
    ['delivery-limit', 'quorum', '3.10.8', 'high'],
    ['dead-letter-strategy', 'classic', '3.10.8', 'low'],
    ['queue-leader-locator', 'classic', '3.10.8', 'low'],
    ['queue-leader-locator', 'classic', '4.0.5', 'high'],
    ['max-age', 'classic', '4.0.5', 'low'],
    ['max-age', 'quorum', '4.0.5', 'low'],
    ['consumer-timeout', 'classic', '4.0.5', 'high'],
    ['overflow', 'quorum', '3.10.8', 'high'],
  ])('%s on %s of %s: %s wins', (key, type, version, winner) => {
    const high = policy('high', {[key]: 'x', 'dead-letter-exchange': 'dlx'}, {priority: 5})
    expect(chosenFor(type, [low, high], parseVersion(version))).toBe(winner)
  })

  test('both are dropped on a stream', () => {
    const dlx = policy('dlx', {'dead-letter-exchange': 'dlx'}, {priority: 5})
    const selection = selectPolicy(queue('stream'), [low, dlx], always, old)
    expect(selection.chosen).toBeNull()
    expect(selection.inapplicable.map(({policy: {name}, keys}) => [name, keys])).toEqual([
      ['low', ['max-length']],
      ['dlx', ['dead-letter-exchange']],
    ])
  })
})

describe('the candidates', () => {
  test.each([
    ['all', 'queue', 'classic', true],
    ['queues', 'queue', 'stream', true],
    ['exchanges', 'queue', 'classic', false],
    ['exchanges', 'exchange', '', true],
    ['queues', 'exchange', '', false],
    ['classic_queues', 'queue', 'classic', true],
    ['classic_queues', 'queue', 'quorum', false],
    ['quorum_queues', 'queue', 'quorum', true],
    ['streams', 'queue', 'stream', true],
    ['streams', 'exchange', '', false],
  ] as const)('apply-to %s on a %s %s: %s', (applyTo, kind, type, applies) => {
    const one = policy('one', {'alternate-exchange': 'x'}, {applyTo})
    const {chosen} = selectPolicy({kind, vhost: '/', name: 'a', type}, [one], always, current)
    expect(chosen === one).toBe(applies)
  })

  test('are of the same virtual host and match', () => {
    const other = policy('other', {'max-length': 1}, {vhost: 'other'})
    expect(chosenFor('classic', [other])).toBeNull()
    expect(selectPolicy(queue('classic'), [policy('p', {})], () => false, old).chosen).toBeNull()
  })
})

describe('equal priority', () => {
  test('is undefined when the definitions differ', () => {
    const selection = selectPolicy(
      queue('classic'),
      [policy('a', {'max-length': 1}), policy('b', {'max-length': 2})],
      always,
      old,
    )
    expect(selection.chosen).toBeUndefined()
    expect(selection.rivals).toHaveLength(2)
  })

  test('does not matter when they say the same, or when a higher one decides', () => {
    const same = [policy('a', {'max-length': 1}), policy('b', {'max-length': 1})]
    expect(selectPolicy(queue('classic'), same, always, old)).toMatchObject({rivals: [], chosen: {name: 'a'}})
    const deep = [
      policy('a', {nested: {one: 1, two: [{x: 1, y: 2}]}}),
      policy('b', {nested: {two: [{y: 2, x: 1}], one: 1}}),
    ]
    expect(selectPolicy(queue('classic'), deep, always, old)).toMatchObject({rivals: [], chosen: {name: 'a'}})
    const other = [policy('a', {list: [1, 2]}), policy('b', {list: [2, 1]})]
    expect(selectPolicy(queue('classic'), other, always, old)).toMatchObject({rivals: other})
    const higher = policy('c', {'max-length': 9}, {priority: 1})
    expect(
      chosenFor('classic', [policy('a', {'max-length': 1}), policy('b', {'max-length': 2}), higher]),
    ).toBe('c')
  })
})

const matches = (pattern: string): boolean | undefined => (pattern === '(?R)' ? undefined : true)

test('a pattern that nobody could evaluate leaves the choice open, unless it could not win', () => {
  const unknown = policy('unknown', {'max-length': 1}, {pattern: '(?R)', priority: 3})
  const known = policy('known', {'max-length': 2}, {priority: 1})
  const open = selectPolicy(queue('classic'), [unknown, known], matches, old)
  expect(open.chosen).toBeUndefined()
  expect(open.notEvaluated).toEqual([unknown])
  const decided = selectPolicy(queue('classic'), [unknown, {...known, priority: 4}], matches, old)
  expect(decided.chosen?.name).toBe('known')
})

test.each([
  [{'message-ttl': 5000}, {'message-ttl': 1000}, {'message-ttl': 1000}],
  [{'message-ttl': 1000}, {'message-ttl': 5000}, {'message-ttl': 1000}],
  [{'max-length': 7}, {expires: 3}, {'max-length': 7, expires: 3}],
  [{overflow: 'drop-head'}, {overflow: 'reject-publish'}, {overflow: 'reject-publish'}],
  [{'delivery-limit': -1}, {'delivery-limit': 5}, {'delivery-limit': 5}],
  [{'delivery-limit': 9}, {'delivery-limit': 5}, {'delivery-limit': 5}],
  [{}, {'max-length': 1}, {'max-length': 1}],
])('user policy %j and operator policy %j rule as %j', (user, operator, merged) => {
  expect(mergeDefinitions(user, operator)).toEqual(merged)
})
