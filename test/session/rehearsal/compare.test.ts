import {expect, test} from 'vitest'

import {compare} from '../../../src/session/rehearsal/compare.ts'
import type {Copy} from '../../../src/session/rehearsal/copies.ts'

const copy = (digest: string, group?: string, refused = false): Copy => ({
  digest,
  bytes: 1,
  refused,
  ...(group !== undefined && {group}),
})
const out = (digest: string | null, group?: string) => ({digest, ...(group !== undefined && {group})})

const EQUAL = {missing: 0, unexpected: 0, repeated: 0, outOfOrder: 0}

test('what came out as it went in differs in nothing, twins included', () => {
  const copies = [copy('a'), copy('b'), copy('a')]
  expect(compare(copies, [out('b'), out('a'), out('a')], false)).toEqual(EQUAL)
})

test('a twin that is gone is missing, and one that came twice is repeated', () => {
  expect(compare([copy('a'), copy('a')], [out('a')], false)).toEqual({...EQUAL, missing: 1})
  expect(compare([copy('a')], [out('a'), out('a')], false)).toEqual({...EQUAL, repeated: 1})
})

test('what was not sent is unexpected, also when mqlift did not write it', () => {
  expect(compare([copy('a')], [out('a'), out('z'), out(null)], false)).toEqual({...EQUAL, unexpected: 2})
})

test('what cannot be sent is not missing, and is unexpected when it came all the same', () => {
  expect(compare([copy('a'), copy('b', undefined, true)], [out('a')], false)).toEqual(EQUAL)
  expect(compare([copy('b', undefined, true)], [out('b')], false)).toEqual({...EQUAL, unexpected: 1})
})

test('every group has an order of its own', () => {
  const copies = [copy('a', 'x'), copy('b', 'y'), copy('c', 'x')]
  expect(compare(copies, [out('b', 'y'), out('a', 'x'), out('c', 'x')], true)).toEqual(EQUAL)
  expect(compare(copies, [out('c', 'x'), out('b', 'y'), out('a', 'x')], true)).toEqual({
    ...EQUAL,
    outOfOrder: 2,
  })
})
