import {expect, test} from 'vitest'

import {Drained} from '../../../../src/sources/rabbitmq/read/drained.ts'

test('a queue is drained after three empty looks and a quiet time', () => {
  const drained = new Drained(1500, 0)
  drained.arrived(1000)
  expect([1500, 2000, 2400].map((now) => drained.looked(0, now))).toStrictEqual([false, false, false])
  expect(drained.looked(0, 2500)).toBe(true)
})

test('a waiting message starts the looks again', () => {
  const drained = new Drained(1500, 0)
  drained.looked(0, 2000)
  drained.looked(0, 2500)
  expect(drained.looked(1, 3000)).toBe(false)
  expect([3500, 4000, 4500].map((now) => drained.looked(0, now))).toStrictEqual([false, false, true])
})

test('a producer that pauses is waited for three times its longest pause, twenty seconds at most', () => {
  const drained = new Drained(1500, 0)
  drained.looked(0, 500)
  drained.arrived(1000)
  drained.looked(0, 2000)
  drained.arrived(3000)
  for (const now of [4000, 5000, 6000, 7000, 8000]) expect(drained.looked(0, now)).toBe(false)
  expect(drained.looked(0, 9000)).toBe(true)
  drained.arrived(60_000)
  for (const now of [61_000, 70_000, 79_000]) expect(drained.looked(0, now)).toBe(false)
  expect(drained.looked(0, 80_000)).toBe(true)
})
