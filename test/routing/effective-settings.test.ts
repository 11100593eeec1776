import {describe, expect, test} from 'vitest'

import type {Fact, StructureFacts} from '../../src/model/facts.ts'
import {effectiveSettings} from '../../src/routing/effective-settings.ts'
import {parseVersion} from '../../src/routing/version.ts'

interface Given {
  readonly type?: string
  readonly version?: string
  readonly args?: Record<string, unknown>
  /** Null = nobody knows which policy applies. */
  readonly policy?: Record<string, unknown> | null
}

function settings({type = 'classic', version = '3.10.8', args = {}, policy = {}}: Given): StructureFacts {
  return effectiveSettings({
    type,
    version: parseVersion(version),
    arguments: new Map(Object.entries(args)),
    argumentsAt: 'queue → arguments',
    policy: policy === null ? undefined : new Map(Object.entries(policy)),
    policyAt: (key) => (key === undefined ? 'policy' : `policy.${key}`),
  })
}

const value = (fact: Fact<unknown> | undefined): unknown =>
  fact === undefined ? 'unknown' : 'value' in fact ? fact.value : `unresolved ${fact.unresolved}`

describe('argument against policy, as queues behaved (rabbitmq.md 1.8)', () => {
  test.each([
    ['messageTtl', 'message-ttl', 'classic', '3.10.8', 5000, 1000, 1000],
    ['messageTtl', 'message-ttl', 'classic', '4.0.5', 1000, 5000, 1000],
    ['maxLength', 'max-length', 'quorum', '3.10.8', 3, 7, 3],
    ['maxLengthBytes', 'max-length-bytes', 'classic', '3.10.8', 9, 7, 7],
    ['expires', 'expires', 'classic', '3.10.8', 3000, 14_000, 3000],
    ['expires', 'expires', 'quorum', '3.10.8', 3000, 14_000, 14_000],
    ['expires', 'expires', 'quorum', '4.0.5', 3000, 14_000, 3000],
    ['overflow', 'overflow', 'classic', '3.10.8', 'drop-head', 'reject-publish', 'drop-head'],
    ['overflow', 'overflow', 'quorum', '4.0.5', 'drop-head', 'reject-publish', 'reject-publish'],
    ['deadLetterExchange', 'dead-letter-exchange', 'quorum', '3.10.8', 'mine', 'theirs', 'mine'],
    ['deliveryLimit', 'delivery-limit', 'quorum', '3.10.8', 20, 5, 5],
    ['deliveryLimit', 'delivery-limit', 'quorum', '4.0.5', 5, 20, 5],
    ['deliveryLimit', 'delivery-limit', 'quorum', '4.0.5', -1, 5, 5],
    ['deliveryLimit', 'delivery-limit', 'quorum', '4.0.5', 5, -1, 5],
    ['deliveryLimit', 'delivery-limit', 'quorum', '3.10.8', -1, 5, 0],
    ['deliveryLimit', 'delivery-limit', 'quorum', '3.10.8', 0, 5, 0],
  ] as const)(
    '%s (%s) on %s of %s: %s and %s → %s',
    (name, key, type, version, argument, policy, effective) => {
      const facts = settings({type, version, args: {[`x-${key}`]: argument}, policy: {[key]: policy}})
      expect(value(facts[name])).toBe(effective)
    },
  )
})

test('dead-letter exchange and routing key combine, each on its own', () => {
  const facts = settings({
    args: {'x-dead-letter-exchange': 'mine'},
    policy: {'dead-letter-exchange': 'theirs', 'dead-letter-routing-key': 'key'},
  })
  expect(facts.deadLetterExchange).toEqual({
    value: 'mine',
    evidence: 'queue → arguments.x-dead-letter-exchange',
  })
  expect(facts.deadLetterRoutingKey).toEqual({value: 'key', evidence: 'policy.dead-letter-routing-key'})
})

test.each([
  ['classic', '4.0.5', null],
  ['quorum', '3.10.8', null],
  ['quorum', '4.0.5', 20],
])('without any limit a %s queue of %s gives up after %s', (type, version, limit) => {
  expect(value(settings({type, version}).deliveryLimit)).toBe(limit)
})

test('−1 alone is unlimited from 4.0', () => {
  const facts = settings({type: 'quorum', version: '4.0.5', args: {'x-delivery-limit': -1}})
  expect(value(facts.deliveryLimit)).toBe(-1)
})

test('an empty dead-letter exchange is the default exchange, not none', () => {
  expect(value(settings({args: {'x-dead-letter-exchange': ''}}).deadLetterExchange)).toBe('')
  expect(value(settings({}).deadLetterExchange)).toBeNull()
})

describe('when nobody knows which policy applies', () => {
  const facts = settings({
    policy: null,
    args: {'x-message-ttl': 1000, 'x-dead-letter-exchange': 'mine', 'x-max-priority': 5},
  })

  test('what only arguments decide is known', () => {
    expect(value(facts.deadLetterExchange)).toBe('mine')
    expect(value(facts.maxPriority)).toBe(5)
    expect(value(facts.singleActiveConsumer)).toBe(false)
  })

  test('an argument that a policy can only lower is said to be an upper bound', () => {
    expect(facts.messageTtl).toEqual({value: 1000, evidence: expect.stringContaining('at most')})
  })

  test('the rest is unknown, not none', () => {
    expect(facts.maxLength).toBeUndefined()
    expect(facts.overflow).toBeUndefined()
    expect(facts.mirrored).toBeUndefined()
  })
})

test.each(['${TTL}', '{{ ttl }}', '<%= ttl %>', '60000', true, null])('a TTL of %j is unresolved', (ttl) => {
  const facts = settings({args: {'x-message-ttl': ttl}, policy: {'message-ttl': 5}})
  expect(facts.messageTtl).toMatchObject({
    unresolved: typeof ttl === 'string' && ttl !== '60000' ? ttl : JSON.stringify(ttl),
  })
})

test('mirroring is of classic queues and of policies', () => {
  expect(value(settings({policy: {'ha-mode': 'all'}}).mirrored)).toBe(true)
  expect(value(settings({type: 'quorum', policy: {'ha-mode': 'all'}}).mirrored)).toBe(false)
  expect(value(settings({}).mirrored)).toBe(false)
})
