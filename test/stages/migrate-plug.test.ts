import {afterEach, expect, test} from 'vitest'

import type {Envelope} from '../../src/model/envelope.ts'
import {envelope} from '../fakes/plan.ts'
import {Plug} from '../fakes/plug.ts'
import {World, type WorldOptions} from '../fakes/world.ts'

/** Two of them identical and next to each other, a third identical one later. */
const TWINS = ['a', 'a', 'b', 'a', 'c', 'd'].map((body) => envelope(body))
const groupOf = ({body}: Envelope): string => (Buffer.from(body).toString() < 'c' ? 'low' : 'high')

const worlds: World[] = []
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose()
})

function worldWith(options: WorldOptions): World {
  const world = new World({archive: true, ...options})
  worlds.push(world)
  world.publish(...TWINS)
  return world
}

const window = {messages: 3, bytes: 1_000_000}

/** Kills at `at`, restarts, and says what is wrong; null = the run ended before that call. */
async function killedAt(options: WorldOptions, at: readonly number[]): Promise<string[] | null> {
  const world = worldWith(options)
  const group = options.target?.fifo ? (options.target.group ?? (() => 'all')) : undefined
  for (const step of at) {
    const plug = new Plug(step)
    const outcome = await world.run({plug, window})
    if (outcome !== null && step === at[0]) return null
  }
  const outcome = await world.run({window})
  const wrong = await world.faults(group)
  if (outcome?.outcome !== 'complete') wrong.push(`ended ${outcome?.outcome}`)
  if (world.present().length < TWINS.length) wrong.push('messages are missing at the target')
  world.dispose()
  return wrong.map((line) => `killed at ${at.join(', ')}: ${line}`)
}

async function everywhere(options: WorldOptions, second: readonly number[] = []): Promise<string[]> {
  const wrong: string[] = []
  let kills = 0
  for (let at = 0; ; at++) {
    const found = await killedAt(options, [at, ...second])
    if (found === null) break
    kills++
    wrong.push(...found)
  }
  expect(kills).toBeGreaterThan(40)
  return wrong
}

const standard: WorldOptions = {target: {batchSize: 2}}
const fifo = (group: (envelope: Envelope) => string, order: 'strict' | 'none' = 'strict'): WorldOptions => ({
  move: {platform: 'sqs-fifo', order},
  target: {fifo: true, order, group, batchSize: 2},
})

test('a kill before or after any call loses nothing and is accounted for (standard)', async () => {
  expect(await everywhere(standard)).toEqual([])
}, 120_000)

test('a kill before or after any call loses nothing and keeps the order (FIFO, one group)', async () => {
  expect(await everywhere(fifo(() => 'all'))).toEqual([])
}, 120_000)

test('a kill before or after any call loses nothing and keeps the order (FIFO, two groups)', async () => {
  expect(await everywhere(fifo(groupOf))).toEqual([])
}, 120_000)

test('two kills in a row lose nothing', async () => {
  expect(await everywhere(standard, [11])).toEqual([])
  expect(await everywhere(fifo(groupOf), [14])).toEqual([])
}, 240_000)

test('a vouched identity is not sent twice when its entry was recorded', async () => {
  const world = worldWith({target: {batchSize: 2}, move: {identity: 'property:message-id'}})
  world.dispose()
  const unique = new World({target: {batchSize: 2}, move: {identity: 'property:message-id'}})
  worlds.push(unique)
  unique.publish(...['1', '2', '3', '4'].map((id) => envelope(`body ${id}`, {identity: id})))
  const plug = new Plug()
  await unique.run({plug, window: {messages: 4, bytes: 1e6}})
  const firstAck = plug.names.indexOf('ack')
  const again = new World({target: {batchSize: 2}, move: {identity: 'property:message-id'}})
  worlds.push(again)
  again.publish(...['1', '2', '3', '4'].map((id) => envelope(`body ${id}`, {identity: id})))
  expect(await again.run({plug: new Plug(2 * firstAck), window: {messages: 4, bytes: 1e6}})).toBeNull()
  expect(await again.run()).toMatchObject({outcome: 'complete'})
  expect(await again.faults()).toEqual([])
  // What was recorded is acked and not sent; what was only claimed is sent again.
  const {doubt} = await again.account()
  expect(again.present()).toHaveLength(4 + doubt)
})
