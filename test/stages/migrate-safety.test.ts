import {afterEach, describe, expect, test} from 'vitest'

import {openLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {deployment, envelope, move, ORDERS, plan} from '../fakes/plan.ts'
import {RUN, World, type WorldOptions} from '../fakes/world.ts'

const worlds: World[] = []
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose()
})

function worldOf(options: WorldOptions = {}): World {
  const world = new World(options)
  worlds.push(world)
  return world
}

const numbered = (count: number): Envelope[] =>
  Array.from({length: count}, (_, index) => envelope(`message ${index}`))

test('strict order: after a fault of ours no later message of the group is sent', async () => {
  const world = worldOf({move: {platform: 'sqs-fifo', order: 'strict'}})
  world.publish(...numbered(3))
  world.target = {
    fifo: true,
    order: 'strict',
    throws: (call) => (call === 1 ? new Error('a bug') : undefined),
  }
  await expect(world.run()).rejects.toThrow('a bug')
  expect(world.targets.calls).toBe(1)
})

test('a fault in one lane lets the others end before it is told', async () => {
  const world = worldOf()
  world.publish(...numbered(300))
  const other = move({source: destinationId('queue', '/', 'broken')})
  const source = world.broker.source()
  const run = async (): Promise<void> => {
    await using ledger = await openLedger(world.ledgerPath, RUN, {reserveBytes: 4096})
    const running = migrate(
      {plan: plan([world.move, other]), deployment: deployment([world.move, other])},
      {
        source: {
          ...source,
          depth: (id) => (id === ORDERS ? source.depth(id) : Promise.reject(new TypeError('a bug'))),
        },
        target: (_, {address}) => Promise.resolve(world.targets.open(address, {latencyMs: 5})),
        ledger,
        archive: null,
      },
      {until: 'empty', now: Date.now, random: () => 0},
      new AbortController().signal,
    )
    await expect(running).rejects.toThrow('a bug')
    expect(ledger.account(world.move.id)?.state).toBe('interrupted')
  }
  await run()
  const account = await world.account()
  expect(account.open).toEqual({claimed: 0, sent: 0})
  expect(account.settled).toBe(world.present().length)
})

test('whoever watches cannot break the move', async () => {
  const world = worldOf()
  world.publish(...numbered(20))
  world.events.push = () => {
    throw new Error('EPIPE')
  }
  const outcome = await world.run()
  expect(outcome).toMatchObject({outcome: 'complete'})
  expect(world.present()).toHaveLength(20)
})

describe('what the source leaves behind', () => {
  test('is not taken for a queue that is done', async () => {
    const world = worldOf()
    world.publish(...numbered(20))
    let told = false
    world.target = {
      fate: () => {
        if (!told) world.queue.onEvent?.({type: 'left-behind', messages: 2, reason: 'unreadable headers'})
        told = true
        return 'accept'
      },
    }
    expect(await world.run()).toMatchObject({outcome: 'incomplete', lanes: [{held: 2}]})
  })
})

test('acks lost with a connection are no reason to read the queue again at the end', async () => {
  const world = worldOf()
  world.publish(...numbered(200))
  const {queue} = world
  const ack = queue.ack.bind(queue)
  let state: 'whole' | 'cut' | 'again' = 'whole'
  // As a real source does it: the acks are told as lost, then the interruption is.
  queue.ack = (connection, message) => {
    if (state !== 'cut') return ack(connection, message)
    setImmediate(() => {
      if (state === 'cut') queue.cut()
      state = 'again'
    })
    return Promise.resolve('lost')
  }
  world.target = {
    fate: ({call}) => {
      if (call === 3) state = 'cut'
      return 'accept'
    },
  }
  expect(await world.run({window: {messages: 20, bytes: 1e9}})).toMatchObject({outcome: 'complete'})
  expect((await world.account()).interruptions).toBe(1)
  expect(await world.faults()).toEqual([])
})
