import {describe, expect, test} from 'vitest'

import type {Facts} from '../../../src/model/facts.ts'
import {choose, type Seen} from '../../../src/session/rehearsal/choose.ts'
import {parseSample} from '../../../src/session/rehearsal/sample.ts'
import {inventory, queue} from '../../routing/estate.ts'
import {planned} from '../../stages/planned.ts'

const [drain] = planned(inventory([queue('q')])).moves
const SAFE = queue('q').facts

const seen = (facts: Facts = {}, depth: Seen['depth'] = at(10)): Seen => ({facts: {...SAFE, ...facts}, depth})
const at = (ready: number, consumers = 0): Seen['depth'] => ({ready, unacked: 0, consumers, counters: null})
const said = <T>(value: T) => ({value, evidence: 'test'})

function why(known: Seen | undefined): string | undefined {
  if (!drain) throw new Error('no move was planned')
  const {chosen, notRehearsed} = choose(
    [drain],
    new Map(known ? [[drain.source, known]] : []),
    parseSample('50%'),
  )
  expect(chosen.length + notRehearsed.length).toBe(1)
  return notRehearsed[0]?.because
}

test('a queue that nothing can happen to is rehearsed, with the share asked for', () => {
  if (!drain) throw new Error('no move was planned')
  const {chosen} = choose([drain], new Map([[drain.source, seen()]]), parseSample('50%'))
  expect(chosen).toEqual([{move: drain, copies: 5}])
  expect(why(seen({deliveryLimit: said(-1)}))).toBeUndefined()
})

describe('holding messages and giving them back would change more than a mark', () => {
  test.each([
    ['a delivery limit', {deliveryLimit: said(20)}, /its delivery limit is 20/],
    ['a bounded length', {maxLength: said(100)}, /may push messages out/],
    ['a bounded size', {maxLengthBytes: said(100)}, /may push messages out/],
    ['auto-delete', {autoDelete: said(true)}, /deletes it with its last consumer/],
    ['exclusive', {exclusive: said(true)}, /belongs to one connection/],
  ] as const)('%s', (_, facts, because) => {
    expect(why(seen(facts))).toMatch(because)
  })
})

test.each(['deliveryLimit', 'maxLength', 'maxLengthBytes', 'autoDelete'] as const)(
  'what is not known of %s is not taken for no',
  (name) => {
    const {[name]: _, ...facts} = SAFE
    expect(why({facts, depth: at(10)})).toMatch(/is not known/)
  },
)

test('consumers, an empty queue, and a queue that is gone are no source of copies', () => {
  expect(why(seen({}, at(10, 2)))).toMatch(/^2 consumers read from it/)
  expect(why(seen({}, at(0)))).toBe('nothing waits in it')
  expect(why(undefined)).toMatch(/no such queue/)
  expect(why(seen({}, null))).toMatch(/no such queue/)
})
