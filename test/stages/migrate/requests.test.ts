import {expect, test} from 'vitest'

import {batcherFor} from '../../../src/stages/migrate/batcher.ts'
import {Flow} from '../../../src/stages/migrate/flow.ts'
import type {Item} from '../../../src/stages/migrate/item.ts'
import {Requests} from '../../../src/stages/migrate/requests.ts'
import type {BatchLimits} from '../../../src/targets/target.ts'

const item = (): Item => ({encoded: {bytes: 1}}) as Item

/** Requests that end when told, under a pace that would allow a hundred of them. */
function requests(limits: BatchLimits, waiting: number) {
  const ends: (() => void)[] = []
  const batcher = batcherFor('none')
  for (let count = 0; count < waiting; count++) batcher.push(item())
  const pace = {limit: 100, enter: () => Promise.resolve(() => undefined)}
  const all = new Requests({
    batcher,
    limits,
    flow: new Flow({pace, now: () => 0, rate: () => null}),
    mayStart: () => true,
    intakeOver: () => true,
    send: () => new Promise((resolve) => ends.push(resolve)),
    failed: (error) => {
      throw error
    },
  })
  return {all, ends}
}

test('no more under way than the target says, and the next when one has ended', async () => {
  const {all, ends} = requests({batchSize: 2, batchBytes: 1000, requests: 3}, 10)
  all.kick()
  expect(all.underWay).toBe(3)
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(4)
  expect(all.underWay).toBe(3)
})

test('a target that says nothing gets what the pace allows', () => {
  const {all} = requests({batchSize: 2, batchBytes: 1000}, 10)
  all.kick()
  expect(all.underWay).toBe(5)
})
