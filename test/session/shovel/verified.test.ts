import {expect, test} from 'vitest'

import type {ShovelReading, Shovelled} from '../../../src/model/shovels.ts'
import {shovelledDestinations} from '../../../src/session/shovel/verified.ts'

const reading = (messages: number, removed: number | null = 0): ShovelReading => ({
  at: '2026-11-24T12:00:00.000Z',
  messages,
  removed,
})

/** 100 waited, 20 more came, and 110 went over; the target held 5 and its consumers have taken 40 since. */
const MOVED: Shovelled = {
  move: 'queue:a/q>rabbitmq-queue:a/q',
  source: 'queue:a/q',
  target: 'rabbitmq-queue:a/q',
  shovel: {at: 'source', vhost: 'a', name: 'mqlift.1'},
  state: 'drained',
  reason: null,
  rounds: 2,
  inHand: 0,
  others: 0,
  before: {source: reading(100, 7), target: reading(5, 1)},
  after: {source: reading(10, 117), target: reading(75, 41)},
}

function verified(change: Partial<Shovelled> = {}) {
  const [found] = shovelledDestinations({moves: [{...MOVED, ...change}]})
  if (!found) throw new Error('none')
  return {...found, outcomes: found.levels.map(({outcome}) => outcome).join(' ')}
}
const after = (source: ShovelReading, target: ShovelReading): Partial<Shovelled> => ({
  after: {source, target},
})

test('as many came as went: consistent, and never more', () => {
  expect(verified()).toMatchObject({
    proof: 'consistent',
    outcomes: 'not-checked not-checked passed passed',
    buckets: {received: 110, settled: 110, unexplained: 0, possibleDuplicates: 0},
    comparisons: {source: 0, digests: null, target: 0},
    leftAtSource: 10,
  })
})

test('fewer came than went: missing', () => {
  expect(verified(after(reading(10, 117), reading(72, 41)))).toMatchObject({
    proof: 'not-checked',
    outcomes: 'not-checked not-checked passed failed',
    buckets: {received: 110, settled: 107, unexplained: 3},
  })
})

test('messages that left the source without an ack: missing', () => {
  expect(verified(after(reading(10, 57), reading(15, 41)))).toMatchObject({
    outcomes: 'not-checked not-checked failed passed',
    buckets: {received: 50, unexplained: 40},
  })
})

test('acks that were not counted: what is gone at the source and came to the target is explained', () => {
  // 90 gone, 90 arrived, and only 70 of the acks are in the counters.
  expect(verified(after(reading(10, 77), reading(95, 1)))).toMatchObject({
    proof: 'consistent',
    buckets: {received: 90, settled: 90, unexplained: 0, possibleDuplicates: 0},
  })
})

test('more came than went: what others publish could hide a loss', () => {
  const found = verified(after(reading(10, 117), reading(76, 41)))
  expect(found).toMatchObject({
    proof: 'not-checked',
    buckets: {settled: 110, unexplained: null, possibleDuplicates: 1},
  })
  expect(found.notChecked[0]).toContain('published by others')
})

test('cut off in the middle: what it had in hand may be there twice', () => {
  expect(
    verified({...after(reading(13, 114), reading(75, 41)), state: 'stopped', reason: 'stuck', inHand: 3}),
  ).toMatchObject({
    proof: 'not-checked',
    outcomes: 'not-checked not-checked not-checked passed',
    buckets: {received: 107, settled: 107, unexplained: 0, possibleDuplicates: 3},
  })
})

test.each([
  ['the counters of the source could not be read', after(reading(10, null), reading(75, 41))],
  ['the counters of the target could not be read', after(reading(10, 117), reading(75, null))],
  ['a broker was restarted and counts from zero', after(reading(10, 3), reading(75, 41))],
  ['others consumed', {others: 2}],
  ['it has not ended', {state: 'running' as const, after: null}],
])('%s: unexplained is not known, and never 0', (_, change: Partial<Shovelled>) => {
  expect(verified(change)).toMatchObject({proof: 'not-checked', buckets: {unexplained: null}})
})

const states = (moves: readonly Shovelled[], accounts: Parameters<typeof shovelledDestinations>[1] = []) =>
  shovelledDestinations({moves}, accounts).map(({state}) => state)

test('one that was stopped is done when a later one, or mqlift, has moved what it left', () => {
  const stopped: Shovelled = {...MOVED, state: 'stopped', reason: 'stuck'}
  expect(states([MOVED, stopped])).toEqual(['stopped', 'stopped'])
  expect(states([stopped, MOVED])).toEqual(['drained', 'drained'])
  const account = (at: string) => ({
    source: MOVED.source,
    state: 'drained' as const,
    start: {at, depth: null, counters: null, atTarget: null},
  })
  expect(states([stopped], [account('2026-11-24T13:00:00.000Z')])).toEqual(['drained'])
  expect(states([stopped], [account('2026-11-24T11:00:00.000Z')])).toEqual(['stopped'])
})
