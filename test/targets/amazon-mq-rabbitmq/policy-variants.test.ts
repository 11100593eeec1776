import {expect, test} from 'vitest'

import {same} from '../../../src/targets/amazon-mq-rabbitmq/policy-variants.ts'

test('definitions are the same whatever the order of their keys, however deep', () => {
  expect(same({a: 1, b: {c: 1, d: [2]}}, {b: {d: [2], c: 1}, a: 1})).toBe(true)
})

test('a value, or a key, that differs makes them differ', () => {
  expect(same({a: {b: 1}}, {a: {b: 2}})).toBe(false)
  expect(same({a: 1}, {a: 1, b: 2})).toBe(false)
  expect(same({a: [1, 2]}, {a: [2, 1]})).toBe(false)
})
