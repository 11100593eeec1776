import {createHash} from 'node:crypto'

import {expect, test} from 'vitest'

import {Forgotten} from '../../src/ledger/forgotten.ts'

/** As many as a classic queue may forget. */
const MOST = 32_768
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const nothing = (): Buffer[] => []

test('what was settled may come back once its connection is gone, each copy once', () => {
  const forgotten = new Forgotten('classic', nothing)
  for (const text of ['a', 'twin', 'twin']) forgotten.settled(digest(text))
  expect(forgotten.take(digest('a'))).toBe(false)
  forgotten.interrupted()
  const told = ['a', 'a', 'twin', 'twin', 'twin', 'other'].map((text) => forgotten.take(digest(text)))
  expect(told).toEqual([true, false, true, true, false, false])
})

test('after several connections the latest are known, however many there were', () => {
  const forgotten = new Forgotten('classic', nothing)
  for (let index = 0; index < MOST + 1000; index++) forgotten.settled(digest(`first ${index}`))
  forgotten.interrupted()
  for (let index = 0; index < 500; index++) forgotten.settled(digest(`second ${index}`))
  forgotten.interrupted()
  const known = ['first 999', 'first 1499', 'first 1500', `first ${MOST + 999}`, 'second 0', 'second 499']
  expect(known.map((text) => forgotten.take(digest(text)))).toEqual([false, false, true, true, true, true])
})

test('earlier runs are asked when the first message comes back, and not before', () => {
  let asked = 0
  const forgotten = new Forgotten('classic', (most) => {
    asked++
    return most === MOST ? [digest('earlier')] : []
  })
  forgotten.settled(digest('now'))
  expect(asked).toBe(0)
  expect(forgotten.take(digest('earlier'))).toBe(true)
  expect(forgotten.take(digest('earlier'))).toBe(false)
  expect(asked).toBe(1)
})

test('a quorum queue forgets nothing', () => {
  const forgotten = new Forgotten('quorum', () => [digest('a')])
  forgotten.settled(digest('a'))
  forgotten.interrupted()
  expect(forgotten.take(digest('a'))).toBe(false)
})
