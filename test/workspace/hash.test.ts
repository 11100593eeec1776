import {expect, test} from 'vitest'

import {canonicalJson, contentHash} from '../../src/workspace/hash.ts'
import {upgraded} from '../../src/workspace/upgrades.ts'

test('the order of keys does not change a hash', () => {
  expect(canonicalJson({b: [{d: 1, c: 2}], a: null})).toBe('{"a":null,"b":[{"c":2,"d":1}]}')
  expect(contentHash({kind: 'x', a: 1, b: 2})).toBe(contentHash({b: 2, a: 1, kind: 'x'}))
})

test('a key called __proto__ is content like any other', () => {
  const hostile = JSON.parse('{"kind": "x", "__proto__": {"a": 1}}')
  expect(contentHash(hostile)).not.toBe(contentHash({kind: 'x'}))
})

test('an acceptance and a depth do not change a plan, a step does', () => {
  const loss = {id: 'a', acceptedBy: null}
  const move = {id: 'm', expected: {messages: 1}, estimateSeconds: 1}
  const plan = {kind: 'mqlift/plan', moves: [move], losses: [loss], steps: [], open: []}
  const later = {
    ...plan,
    moves: [{...move, expected: {messages: 2}, estimateSeconds: 9}],
    losses: [{...loss, acceptedBy: 'ops'}],
  }
  expect(contentHash(later)).toBe(contentHash(plan))
  expect(contentHash({...plan, steps: [{id: 's'}]})).not.toBe(contentHash(plan))
})

test('older versions are upgraded one step at a time', () => {
  const upgrades = [1, 2].map((from) => ({
    kind: 'plan' as const,
    from,
    upgrade: (plan: Readonly<Record<string, unknown>>) => ({...plan, [`from${from}`]: true}),
  }))
  expect(upgraded('plan', {version: 1}, upgrades)).toEqual({version: 3, from1: true, from2: true})
  expect(upgraded('plan', {version: 3}, upgrades)).toEqual({version: 3})
})

const inventory = (evidence: string, maxLength: object) => ({
  kind: 'mqlift/inventory',
  destinations: [{id: 'queue:%2F/a', facts: {maxLength: {...maxLength, evidence}}}],
  bindings: [{source: 'exchange:%2F/e', destination: 'queue:%2F/a', evidence}],
})

test('where a thing was read is no part of an inventory, what it is, is', () => {
  const known = contentHash(inventory('export.json', {value: null}))
  expect(contentHash(inventory('renamed.json', {value: null}))).toBe(known)
  expect(contentHash(inventory('export.json', {value: 5}))).not.toBe(known)
  expect(contentHash(inventory('export.json', {unresolved: '${LENGTH}'}))).not.toBe(known)
})
