import {DatabaseSync} from 'node:sqlite'

import {afterEach, describe, expect, test} from 'vitest'

import {readLedger} from '../../src/ledger/open.ts'
import type {Source} from '../../src/sources/source.ts'
import {verify, type VerifyOptions} from '../../src/stages/verify.ts'
import type {Count} from '../../src/targets/target.ts'
import {envelope} from '../fakes/plan.ts'
import {Plug} from '../fakes/plug.ts'
import {World, type WorldOptions} from '../fakes/world.ts'

const worlds: World[] = []
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose()
})

async function moved(options: WorldOptions = {}, messages = 40): Promise<World> {
  const world = new World(options)
  worlds.push(world)
  world.publish(...Array.from({length: messages}, (_, index) => envelope(`message ${index}`)))
  await world.run()
  return world
}

interface Ends {
  readonly source?: Pick<Source, 'depth'> | null
  readonly counts?: readonly (Partial<Count> | null)[]
}

/** `counts`: what the target answers, call by call; the last is repeated. */
async function verified(world: World, ends: Ends = {}, options: Partial<VerifyOptions> = {}) {
  await using ledger = await readLedger(world.ledgerPath)
  const slept: number[] = []
  let call = 0
  const count = (): Promise<Count | null> => {
    const exact = {visible: world.present().length, inFlight: 0, delayed: 0, approximate: false}
    if (!ends.counts) return Promise.resolve(exact)
    const answer = ends.counts[Math.min(call++, ends.counts.length - 1)]
    return Promise.resolve(answer ? {...exact, ...answer} : null)
  }
  const result = await verify(
    {},
    {ledger, source: ends.source === undefined ? world.broker.source() : ends.source, count},
    {
      wait: false,
      now: () => 0,
      sleep: (ms) => {
        slept.push(ms)
        return Promise.resolve()
      },
      ...options,
    },
    new AbortController().signal,
  )
  const [destination] = result.destinations
  if (!destination) throw new Error('nothing verified')
  return {result, destination, slept}
}

test('what is not selected keeps its proof, unless its account has changed since', async () => {
  const world = await moved()
  const {result: earlier} = await verified(world)
  await using ledger = await readLedger(world.ledgerPath)
  const again = (destinations: typeof earlier.destinations) =>
    verify(
      {only: () => false, earlier: destinations},
      {ledger, source: null},
      {wait: false, now: () => 0, sleep: () => Promise.resolve()},
      new AbortController().signal,
    )
  expect(await again(earlier.destinations)).toMatchObject({
    proof: 'proved',
    total: {settled: 40, unexplained: 0},
  })
  const stale = earlier.destinations.map((one) => ({...one, buckets: {...one.buckets, received: 39}}))
  expect(await again(stale)).toMatchObject({proof: 'consistent', total: {received: 40, unexplained: null}})
})

describe('a move that went well', () => {
  test('is proved, and nothing is unexplained', async () => {
    const {result, destination} = await verified(await moved())
    expect(destination.levels.map(({level, outcome}) => `${level} ${outcome}`)).toEqual([
      'V1 passed',
      'V2 passed',
      'V3 passed',
      'V4 passed',
    ])
    expect(destination.comparisons).toEqual({source: 0, digests: 0, target: 0})
    expect(result).toMatchObject({proof: 'proved', total: {received: 40, settled: 40, unexplained: 0}})
  })

  test('with producers still running, arrivals are read from the counters', async () => {
    const world = await moved()
    world.queue.publish(envelope('later'))
    const {destination} = await verified(world)
    expect(destination).toMatchObject({proof: 'proved', leftAtSource: 1, buckets: {unexplained: 0}})
  })

  test('killed and resumed, is still fully explained', async () => {
    for (const at of [21, 30, 33, 40, 47, 60]) {
      const world = new World()
      worlds.push(world)
      world.publish(...Array.from({length: 25}, (_, index) => envelope(`m ${index % 20}`)))
      await world.run({plug: new Plug(at), window: {messages: 7, bytes: 1e9}})
      await world.run()
      const {result} = await verified(world)
      expect(result.total.unexplained, `killed at ${at}`).toBe(0)
    }
  })
})

describe('a message removed behind the mover’s back', () => {
  test('at the source: unexplained', async () => {
    const world = new World()
    worlds.push(world)
    world.publish(...Array.from({length: 40}, (_, index) => envelope(`message ${index}`)))
    let removed = 0
    world.target = {fate: () => ((removed ||= world.queue.purge(1)), 'accept')}
    await world.run({window: {messages: 5, bytes: 1e9}})
    expect(removed).toBe(1)
    const {result, destination} = await verified(world)
    expect(destination.comparisons).toEqual({source: 1, digests: 0, target: 0})
    expect(destination.levels[2]).toMatchObject({level: 'V3', outcome: 'failed'})
    expect(result).toMatchObject({proof: 'not-checked', total: {unexplained: 1}})
  })

  test('at the source, taken by somebody else: unexplained', async () => {
    const world = await moved()
    world.queue.acked += 3
    const {destination} = await verified(world)
    expect(destination.comparisons.source).toBe(3)
  })

  test('in the ledger: unexplained', async () => {
    const world = await moved({target: {refuses: () => 'kept back'}}, 4)
    using db = new DatabaseSync(world.ledgerPath)
    db.exec('DELETE FROM entry WHERE seq = 2')
    const {destination} = await verified(world)
    expect(destination.comparisons.digests).toBe(1)
    expect(destination.levels[0]).toMatchObject({level: 'V1', outcome: 'failed'})
  })

  test('in the ledger, exchanged for another: unexplained', async () => {
    const world = await moved({target: {refuses: () => 'kept back'}}, 4)
    using db = new DatabaseSync(world.ledgerPath)
    db.exec('UPDATE entry SET digest = zeroblob(32) WHERE seq = 2')
    const {destination} = await verified(world)
    expect(destination.comparisons.digests).toBe(1)
  })

  test('at the target: unexplained', async () => {
    const world = await moved()
    world.targets.stored(world.address).pop()
    const {result, destination} = await verified(world)
    expect(destination.comparisons).toEqual({source: 0, digests: 0, target: 1})
    expect(result.total.unexplained).toBe(1)
  })
})

describe('what cannot be read', () => {
  test('makes the total null and is listed, never 0', async () => {
    const {result, destination} = await verified(await moved(), {source: null})
    expect(result).toMatchObject({proof: 'consistent', total: {unexplained: null}})
    expect(destination.notChecked).toEqual(['the source was not asked'])
  })

  test('without counters, a drained queue without arrivals is still explained', async () => {
    const world = await moved({queue: {counters: false}})
    expect((await verified(world)).destination.comparisons.source).toBe(0)
    world.queue.publish(envelope('later'))
    expect((await verified(world)).destination.comparisons.source).toBeNull()
  })

  test('consumers at the target end the meaning of its count', async () => {
    const {destination} = await verified(await moved(), {counts: [{visible: 3, inFlight: 2}]})
    expect(destination.comparisons.target).toBeNull()
    expect(destination.levels[3]).toMatchObject({level: 'V4', outcome: 'not-checked'})
  })
})

const approximate = (visible: number) => ({visible, approximate: true})

describe('approximate counts', () => {
  test('are pending until somebody waits', async () => {
    const {destination, result, slept} = await verified(await moved(), {counts: [approximate(40)]})
    expect(destination.levels[3]).toMatchObject({outcome: 'pending'})
    expect(result).toMatchObject({proof: 'proved', total: {unexplained: null}})
    expect(slept).toEqual([])
  })

  test('settle after three equal readings a minute apart', async () => {
    const counts = [12, 37, 40, 40, 40].map(approximate)
    const {destination, slept} = await verified(await moved(), {counts}, {wait: true})
    expect(destination.levels[3]).toMatchObject({outcome: 'passed'})
    expect(slept).toEqual([60_000, 60_000, 60_000, 60_000])
  })

  test('that never settle stay pending', async () => {
    const counts = Array.from({length: 20}, (_, index) => approximate(index))
    const {destination} = await verified(await moved(), {counts}, {wait: true})
    expect(destination.levels[3]).toMatchObject({outcome: 'pending'})
  })
})

test('receipts without the target’s checksum are not enough for a proof', async () => {
  const world = await moved()
  using db = new DatabaseSync(world.ledgerPath)
  db.exec('UPDATE lane SET with_md5 = 0')
  const {destination} = await verified(world)
  expect(destination).toMatchObject({proof: 'consistent'})
  expect(destination.levels[1]).toMatchObject({level: 'V2', outcome: 'not-checked'})
})

test('failed messages are named with their reason, and left at the source', async () => {
  const world = await moved({target: {refuses: ({body}) => (body.length > 9 ? 'too large' : undefined)}}, 12)
  const {destination, result} = await verified(world)
  expect(destination).toMatchObject({reasons: {'too large': 2}, leftAtSource: 2, proof: 'proved'})
  expect(result.total).toMatchObject({received: 12, settled: 10, failed: 2, unexplained: 0})
})
