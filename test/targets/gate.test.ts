import {setTimeout as sleep} from 'node:timers/promises'

import {expect, test} from 'vitest'

import {AdaptiveLimit} from '../../src/targets/concurrency.ts'
import {Gate} from '../../src/targets/gate.ts'

const never = new AbortController().signal

test('no more than the limit at once, first come first served, all get through', async () => {
  const gate = new Gate(new AdaptiveLimit({start: 2, max: 2}), () => performance.now())
  const order: number[] = []
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({length: 20}, async (_, i) => {
      const leave = await gate.enter(never)
      order.push(i)
      most = Math.max(most, ++inside)
      await sleep(1)
      inside--
      leave('ok')
    }),
  )
  expect(most).toBe(2)
  expect(order).toEqual(Array.from({length: 20}, (_, i) => i))
})

test('one that gives up waiting leaves its place to the next', async () => {
  const gate = new Gate(new AdaptiveLimit({start: 1, max: 1}), () => performance.now())
  const leave = await gate.enter(never)
  const impatient = new AbortController()
  const gone = gate.enter(impatient.signal)
  const next = gate.enter(never)
  impatient.abort(new Error('stop'))
  await expect(gone).rejects.toThrow('stop')
  leave('ok')
  const leaveNext = await next
  leaveNext('ok')
  await expect(gate.enter(never)).resolves.toBeTypeOf('function')
})
