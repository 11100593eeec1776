import {expect, test} from 'vitest'

import type {RolledBackDestination} from '../../src/model/rollback.ts'
import type {Incoming} from '../../src/session/rollback-plan.ts'
import {incomingOf, withDepths} from '../../src/session/rollback-room.ts'
import {ORDERS} from '../fakes/plan.ts'
import {estate, queue} from '../helpers/estate.ts'

const known = <T>(value: T) => ({value, evidence: 'definitions.json'})
const TARGET = 'sqs-queue:orders'

/** 5000 left the broker, and all of them are in the archive. */
const orders = (more: Partial<RolledBackDestination> = {}): RolledBackDestination => ({
  id: ORDERS,
  target: TARGET,
  archived: {settled: 5000, sent: 0, quarantined: 0},
  notArchived: 0,
  back: 0,
  elsewhere: 0,
  waiting: 5000,
  bytes: 1_000_000,
  mayRepeat: 0,
  atTarget: null,
  estimateSeconds: 2,
  ...more,
})

type Flags = Parameters<typeof incomingOf>[2]
const into = (flags: Flags, atTarget: number | null = null, more: Partial<RolledBackDestination> = {}) =>
  incomingOf([orders(more)], new Map([[TARGET, atTarget]]), flags).map(({messages, bytes}) => [
    messages,
    bytes,
  ])

test('from the archive alone, as much as waits in it', () => {
  expect(into({})).toEqual([[5000, 1_000_000]])
  expect(into({}, null, {waiting: 0, bytes: 0})).toEqual([[0, 0]])
})

test('what waits at the target, and so many new ones as were allowed', () => {
  const cut = {'with-new': 100, 'leave-consumed': true}
  expect(into(cut, 700)).toEqual([[800, null]])
  expect(into({...cut, 'with-new': 0}, 0)).toEqual([[0, 0]])
})

test('a message comes back once: from the target or from the archive', () => {
  expect(into({'with-new': 100}, 5020)).toEqual([[5100, null]])
  expect(into({'with-new': 100}, 5020, {mayRepeat: 7})).toEqual([[5107, null]])
  expect(into({'with-new': 100}, 5020, {notArchived: 20})).toEqual([[10_120, null]])
})

test('a target that does not say how much waits there may have anything', () => {
  expect(into({'with-new': 100}, null, {notArchived: 1})).toEqual([[null, null]])
  expect(into({'with-new': 100}, null)).toEqual([[5100, null]])
})

test('one queue that was moved to two targets gets back what both have', () => {
  const both = [orders(), orders({target: 'sqs-queue:other', waiting: 10, bytes: 500})]
  expect(incomingOf(both, new Map(), {})).toEqual([
    {queue: ORDERS, messages: 5010, bytes: 1_000_500, there: 0},
  ])
})

test('only a queue that drops is asked what waits in it', async () => {
  const one: Incoming = {queue: ORDERS, messages: 1, bytes: 1, there: 0}
  const asked: string[] = []
  const source = {
    depth(id: string) {
      asked.push(id)
      return Promise.resolve({ready: 40, unacked: 2, consumers: 0, counters: null})
    },
  }
  const small = {maxLength: known(1000)}
  expect(await withDepths([one], estate(queue('orders', small)), source)).toEqual([{...one, there: 42}])
  expect(asked).toEqual([ORDERS])
  expect(await withDepths([one], estate(queue('orders')), source)).toEqual([one])
  const rejects = {...small, overflow: known('reject-publish')}
  expect(await withDepths([one], estate(queue('orders', rejects)), source)).toEqual([one])
  expect(await withDepths([one], undefined, source)).toEqual([one])
  expect(asked).toEqual([ORDERS])
})
