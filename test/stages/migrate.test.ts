import {afterEach, describe, expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {readLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {deployment, envelope, move, ORDERS, plan} from '../fakes/plan.ts'
import {World, type WorldOptions} from '../fakes/world.ts'

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
  Array.from({length: count}, (_, index) =>
    envelope(`message ${index}`, {properties: {messageId: `${index}`}}),
  )
const isNumber =
  (wanted: number) =>
  ({body}: Envelope) =>
    Buffer.from(body).toString() === `message ${wanted}`

const refuses = (wanted: number) => (one: Envelope) => (isNumber(wanted)(one) ? 'too large' : undefined)
const lossy = (one: Envelope) =>
  isNumber(2)(one) ? [{rule: 'header-cut', field: 'x', reason: 'too long'}] : []
const groupOf = ({body}: Envelope): string => String(Number(Buffer.from(body).toString().split(' ')[1]) % 3)

describe('an ordinary queue', () => {
  test('moves every message once, and says so', async () => {
    const world = worldOf({archive: true})
    world.publish(...numbered(500))
    const outcome = await world.run()
    expect(outcome).toMatchObject({outcome: 'complete', lanes: [{outcome: 'drained', held: 0}]})
    expect(await world.account()).toMatchObject({
      received: 500,
      settled: 500,
      accepted: 500,
      possibleDuplicates: 0,
      state: 'drained',
      settledByAbsence: 0,
    })
    expect(await world.verdict()).toMatchObject({lost: 0, unexpected: 0, duplicated: 0, unaccounted: 0})
  })

  test('moves ten thousand equal messages, all of them', async () => {
    const world = worldOf()
    world.publish(...Array.from({length: 10_000}, () => envelope('heartbeat')))
    await world.run()
    expect(world.present()).toHaveLength(10_000)
    expect(await world.faults()).toEqual([])
  })

  test('a second run has nothing to do', async () => {
    const world = worldOf()
    world.publish(...numbered(30))
    await world.run()
    const calls = world.targets.calls
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(world.targets.calls).toBe(calls)
    expect(await world.account()).toMatchObject({received: 30, settled: 30, possibleDuplicates: 0})
  })

  test('messages that arrive later are moved by a later run', async () => {
    const world = worldOf()
    world.publish(...numbered(30))
    await world.run()
    world.publish(envelope('late'))
    await world.run()
    expect(await world.account()).toMatchObject({received: 31, settled: 31})
    expect(await world.faults()).toEqual([])
  })

  test('with `until: mark`, stops after as many messages as there were', async () => {
    const world = worldOf()
    world.publish(...numbered(25))
    world.target = {fate: () => (world.queue.ready === 0 && world.publish(envelope('new')), 'accept')}
    expect(await world.run({until: 'mark'})).toMatchObject({outcome: 'complete'})
    expect(await world.account()).toMatchObject({received: 25})
  })

  test('never has more unacknowledged than its window', async () => {
    const world = worldOf()
    world.publish(...numbered(400))
    let most = 0
    world.target = {
      fate: () => {
        most = Math.max(most, world.queue.unacked)
        return 'accept'
      },
    }
    await world.run({window: {messages: 40, bytes: 1e9}})
    expect(most).toBeLessThanOrEqual(40)
  })
})

describe('what the target answers', () => {
  test.each(Array.from({length: 10}, (_, index) => index))(
    'a batch of which only message %i fails: the others are sent once, the failed one again',
    async (wanted) => {
      const world = worldOf()
      world.publish(...numbered(10))
      let failed = false
      world.target = {
        fate: ({envelope: one}) => {
          if (failed || !isNumber(wanted)(one)) return 'accept'
          failed = true
          return 'retryable'
        },
      }
      await world.run()
      expect(await world.account()).toMatchObject({settled: 10, possibleDuplicates: 0})
      expect(await world.verdict()).toMatchObject({lost: 0, duplicated: 0})
    },
  )

  test('throttling is no attempt on a message, however often', async () => {
    const world = worldOf()
    world.publish(...numbered(10))
    world.target = {fate: ({call}) => (call < 7 ? 'throttle' : 'accept')}
    const outcome = await world.run()
    expect(outcome).toMatchObject({outcome: 'complete'})
    expect(world.events.filter(({type}) => type === 'throttled')).toHaveLength(1)
    expect(world.events.filter(({type}) => type === 'resumed')).toHaveLength(1)
    expect(await world.account()).toMatchObject({settled: 10, possibleDuplicates: 0})
  }, 60_000)

  test('an answer that is lost after acceptance is a repeat, and counted', async () => {
    const world = worldOf()
    world.publish(...numbered(20))
    const first = new Set<number>()
    world.target = {
      fate: ({entry}) => {
        if (first.has(entry.seq) || entry.seq % 5 !== 0) return 'accept'
        first.add(entry.seq)
        return 'lost-response'
      },
    }
    await world.run()
    const verdict = await world.verdict()
    expect(verdict).toMatchObject({lost: 0, duplicated: 4, reported: 4})
  })

  test('a FIFO target repeats nothing when an answer is lost', async () => {
    const world = worldOf({move: {platform: 'sqs-fifo', order: 'strict'}})
    world.publish(...numbered(20))
    const first = new Set<number>()
    world.target = {
      fifo: true,
      order: 'strict',
      fate: ({entry}) => {
        if (first.has(entry.seq)) return 'accept'
        first.add(entry.seq)
        return entry.seq % 3 === 0 ? 'lost-response' : 'accept'
      },
    }
    await world.run()
    expect(await world.verdict(() => 'all')).toMatchObject({lost: 0, duplicated: 0, disordered: 0})
  })

  test('a message nobody knows about in the end is in doubt, and still at the source', async () => {
    const world = worldOf()
    world.publish(...numbered(12))
    world.target = {fate: ({envelope: one}) => (isNumber(3)(one) ? 'lost-request' : 'accept')}
    expect(await world.run()).toMatchObject({outcome: 'incomplete', lanes: [{held: 1}]})
    expect(await world.account()).toMatchObject({settled: 11, doubt: 1, possibleDuplicates: 5})
    world.target = {}
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(await world.faults()).toEqual([])
  }, 60_000)

  test.each(['access-denied', 'target-missing', 'wrong-account', 'altered-at-target'])(
    '%s stops the move at once, with nothing acknowledged that was not accepted',
    async (reason) => {
      const world = worldOf()
      world.publish(...numbered(50))
      world.target = {throws: (call) => (call > 2 ? new MqliftError('refused', 'no', {reason}) : undefined)}
      const outcome = await world.run()
      expect(outcome).toMatchObject({outcome: 'incomplete', error: {reason}, lanes: [{outcome: 'failed'}]})
      expect(world.targets.calls).toBeLessThan(10)
      expect(await world.faults()).toEqual([])
    },
  )

  test('a target that cannot be reached is waited for', async () => {
    const world = worldOf()
    world.publish(...numbered(20))
    world.target = {
      throws: (call) =>
        call < 4 ? new MqliftError('unreachable', 'expired', {reason: 'credentials-expired'}) : undefined,
    }
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(await world.account()).toMatchObject({settled: 20, failed: 0, possibleDuplicates: 0})
    expect(world.events).toContainEqual(expect.objectContaining({type: 'throttled', reason: 'expired'}))
  })
})

describe('messages that cannot be sent', () => {
  test('are held, given back at the end, delivered once per run, and named', async () => {
    const world = worldOf()
    world.publish(...numbered(2000))
    world.target = {refuses: refuses(0)}
    expect(await world.run()).toMatchObject({outcome: 'incomplete', lanes: [{outcome: 'drained', held: 1}]})
    expect(await world.account()).toMatchObject({settled: 1999, failed: 1, reasons: {'too large': 1}})
    expect(world.queue.delivered.filter(isNumber(0))).toHaveLength(1)
    expect(await world.faults()).toEqual([])
  })

  test('are one failed message after any number of runs, and none once they can be sent', async () => {
    const world = worldOf()
    world.publish(...numbered(20))
    world.target = {refuses: refuses(7)}
    await world.run()
    await world.run()
    expect(await world.account()).toMatchObject({received: 20, settled: 19, failed: 1})
    world.target = {}
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(await world.account()).toMatchObject({received: 20, settled: 20, failed: 0, possibleDuplicates: 0})
    expect(await world.faults()).toEqual([])
  })

  const loss = {
    id: `header-cut:${ORDERS}`,
    rule: 'header-cut',
    subject: ORDERS,
    field: 'x',
    change: 'truncated',
    reason: 'too long',
  } as const

  test('a loss that nobody accepted is a failure; an accepted one is sent', async () => {
    const world = worldOf()
    world.publish(...numbered(5))
    world.target = {losses: lossy}
    await world.run()
    expect(await world.account()).toMatchObject({settled: 4, failed: 1})
    expect(Object.keys((await world.account()).reasons)[0]).toContain('accept header-cut')

    const accepted = worldOf({plan: {losses: [{...loss, acceptedBy: 'ops'}]}})
    accepted.publish(...numbered(5))
    accepted.target = {losses: lossy}
    await accepted.run()
    expect(await accepted.account()).toMatchObject({settled: 5, failed: 0})
  })

  test('too many of them stop the move instead of filling its window', async () => {
    const world = worldOf()
    world.publish(...numbered(1000))
    world.target = {refuses: () => 'illegal'}
    const outcome = await world.run({window: {messages: 100, bytes: 1e9}})
    expect(outcome).toMatchObject({outcome: 'incomplete', lanes: [{outcome: 'stopped'}]})
    expect(outcome?.lanes[0]?.reason).toContain('held back')
    expect(await world.faults()).toEqual([])
    expect((await world.account()).failed).toBeLessThanOrEqual(100)
  })

  test('with a quarantine, they leave the source for the archive', async () => {
    const world = worldOf({archive: true})
    world.publish(...numbered(200))
    world.target = {
      refuses: (one) => (Buffer.from(one.body).toString().endsWith('0') ? 'illegal' : undefined),
    }
    const outcome = await world.run({window: {messages: 40, bytes: 1e9}, quarantine: true})
    expect(outcome?.lanes).toMatchObject([{outcome: 'drained'}])
    const {quarantined, failed, settled} = await world.account()
    expect(quarantined).toBeGreaterThan(0)
    expect(quarantined + failed + settled).toBe(200)
    expect(world.left()).toHaveLength(failed)
  })
})

describe('strict order', () => {
  const strict = {fifo: true, order: 'strict', group: groupOf} as const
  const options = {move: {platform: 'sqs-fifo', order: 'strict'}} as const

  test('keeps the order of every group, one unresolved message of each', async () => {
    const world = worldOf({...options, target: {...strict, latencyMs: 1}})
    world.publish(...numbered(300))
    await world.run()
    expect(await world.verdict(groupOf)).toMatchObject({lost: 0, duplicated: 0, disordered: 0})
  })

  test('a group stops at its first failure, the others go on, and what follows is not sent', async () => {
    const world = worldOf({
      ...options,
      target: {...strict, refuses: (one) => (isNumber(4)(one) ? 'bad' : undefined)},
    })
    world.publish(...numbered(30))
    // The failed one and the eight behind it in its group.
    expect(await world.run()).toMatchObject({outcome: 'incomplete', lanes: [{outcome: 'stopped', held: 9}]})
    const present = world.present().map(({body}) => Number(Buffer.from(body).toString().split(' ')[1]))
    expect(present.filter((number) => number % 3 === 1)).toEqual([1])
    expect(present.filter((number) => number % 3 !== 1)).toHaveLength(20)
    expect(await world.faults(groupOf)).toEqual([])
  })

  test('a failed message that can be sent later keeps its place', async () => {
    const world = worldOf({
      ...options,
      target: {...strict, refuses: (one) => (isNumber(4)(one) ? 'bad' : undefined)},
    })
    world.publish(...numbered(30))
    await world.run()
    world.target = strict
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(await world.verdict(groupOf)).toMatchObject({lost: 0, duplicated: 0, disordered: 0})
  })

  test('goes on after a failure when the operator says so', async () => {
    const world = worldOf({
      ...options,
      target: {...strict, refuses: (one) => (isNumber(4)(one) ? 'bad' : undefined)},
    })
    world.publish(...numbered(30))
    await world.run({skipFailed: true})
    expect(world.present()).toHaveLength(29)
  })
})

describe('connections that break', () => {
  test.each([1, 7, 15])(
    'a cut after request %i loses nothing, and what may be repeated is counted',
    async (at) => {
      const world = worldOf()
      world.publish(...numbered(200))
      let cut = false
      world.target = {
        fate: ({call}) => {
          if (call === at && !cut) {
            cut = true
            world.queue.cut()
          }
          return 'accept'
        },
      }
      expect(await world.run({window: {messages: 50, bytes: 1e9}})).toMatchObject({outcome: 'complete'})
      expect(world.events).toContainEqual(expect.objectContaining({type: 'interrupted'}))
      // Two when a delivery of the old connection was under way to us: its ack is lost, so the queue is read again.
      expect((await world.account()).interruptions).toBeOneOf([1, 2])
      expect(await world.faults()).toEqual([])
    },
  )

  test('a cut in a strictly ordered move keeps the order', async () => {
    const world = worldOf({move: {platform: 'sqs-fifo', order: 'strict'}})
    world.publish(...numbered(60))
    world.target = {
      fifo: true,
      order: 'strict',
      fate: ({call}) => {
        if (call === 20 || call === 40) world.queue.cut()
        return 'accept'
      },
    }
    expect(await world.run()).toMatchObject({outcome: 'complete'})
    expect(await world.faults(() => 'all')).toEqual([])
  })

  test('acks that were lost at the close come back in the same run, and are reported', async () => {
    const world = worldOf({queue: {ackAtClose: {lost: 7}}})
    world.publish(...numbered(100))
    const outcome = await world.run()
    expect(outcome?.lanes[0]?.reason).toContain('again and again')
    const verdict = await world.verdict()
    expect(verdict.lost).toBe(0)
    expect(verdict.duplicated).toBeGreaterThan(0)
    expect(verdict.duplicated).toBeLessThanOrEqual(verdict.reported)
  })

  test('a queue with a delivery limit is left alone before the limit is spent', async () => {
    const world = worldOf({move: {deliveryLimit: 6}, queue: {deliveryLimit: 6}})
    world.publish(...numbered(200))
    world.target = {fate: ({entry}) => (entry.seq % 7 === 0 && world.queue.cut(), 'accept')}
    const outcome = await world.run()
    expect(outcome).toMatchObject({outcome: 'incomplete', lanes: [{outcome: 'stopped'}]})
    expect(world.queue.dropped).toEqual([])
    expect(await world.faults()).toEqual([])
    const calls = world.targets.calls
    expect(await world.run()).toMatchObject({lanes: [{outcome: 'stopped'}]})
    expect(world.targets.calls).toBe(calls)
  })

  test('a limit of four or less is refused before anything is read', async () => {
    const world = worldOf({move: {deliveryLimit: 4}, queue: {deliveryLimit: 4}})
    world.publish(...numbered(3))
    await expect(world.run()).rejects.toMatchObject({kind: 'refused', reason: 'delivery-limit'})
    expect(world.queue.delivered).toEqual([])
  })

  test('unless what the limit gives up is dead-lettered', async () => {
    const limit = {deliveryLimit: 4, deadLetters: true}
    const world = worldOf({move: limit, queue: {deliveryLimit: 4}})
    world.publish(...numbered(3))
    expect(await world.run()).toMatchObject({outcome: 'complete'})
  })
})

describe('identities', () => {
  const identity = {move: {identity: 'property:message-id'}} as const

  test('reused ones are distrusted, and nothing is lost (P5)', async () => {
    const world = worldOf(identity)
    world.publish(
      ...Array.from({length: 30}, (_, index) => envelope(`body ${index}`, {identity: `${index % 3}`})),
    )
    let cut = false
    world.target = {
      fate: ({call}) => {
        if (call === 2 && !cut) {
          cut = true
          world.queue.cut()
        }
        return 'accept'
      },
    }
    await world.run({window: {messages: 30, bytes: 1e9}})
    expect(await world.faults()).toEqual([])
    await using ledger = await readLedger(world.ledgerPath)
    expect(ledger.events().map(({type}) => type)).toContain('identity-distrusted')
  })

  test('twins with one identity are both moved', async () => {
    const world = worldOf(identity)
    world.publish(...Array.from({length: 12}, () => envelope('same', {identity: 'same'})))
    await world.run()
    expect(world.present()).toHaveLength(12)
  })
})

describe('the operator', () => {
  test('Ctrl-C finishes what is in flight, repeats nothing, and the next run goes on', async () => {
    const world = worldOf()
    world.publish(...numbered(500))
    const controller = new AbortController()
    world.target = {
      fate: ({call}) => {
        if (call === 8) controller.abort()
        return 'accept'
      },
    }
    expect(await world.run({signal: controller.signal})).toMatchObject({
      outcome: 'interrupted',
      lanes: [{outcome: 'paused'}],
    })
    const {settled, open, doubt} = await world.account()
    expect({open, doubt}).toEqual({open: {claimed: 0, sent: 0}, doubt: 0})
    expect(settled).toBeLessThan(500)
    world.target = {}
    await world.run()
    expect(await world.verdict()).toMatchObject({lost: 0, duplicated: 0, reported: 0})
  })

  test('foreign consumers on the queue are refused by name', async () => {
    const world = worldOf({queue: {consumers: 2}})
    world.publish(...numbered(3))
    expect(await world.run()).toMatchObject({outcome: 'incomplete', lanes: [{outcome: 'stopped'}]})
    expect(world.queue.delivered).toEqual([])
  })

  test('a rate is kept', async () => {
    const world = worldOf()
    world.publish(...numbered(60))
    const started = performance.now()
    await world.run({rate: () => 100})
    expect(performance.now() - started).toBeGreaterThan(400)
  })

  test.each([
    [
      'open questions',
      {open: [{id: 'q', subject: ORDERS, question: 'which group?', choices: [], who: 'owner', answer: null}]},
    ],
    [
      'losses that nobody accepted',
      {
        losses: [
          {id: 'l', rule: 'r', subject: ORDERS, field: 'f', change: 'dropped', reason: 'x', acceptedBy: null},
        ],
      },
    ],
    ['another account', {account: '999999999999'}],
  ] as const)('%s refuse', async (_, more) => {
    const world = worldOf()
    const moves = [move()]
    const ports = {source: world.broker.source(), target: () => Promise.reject(new Error('opened'))}
    const unused = {ledger: undefined as never, archive: null}
    const running = migrate(
      {plan: plan(moves, more as never), deployment: deployment(moves)},
      {...ports, ...unused},
      {until: 'empty', now: Date.now, random: Math.random},
      new AbortController().signal,
    )
    await expect(running).rejects.toMatchObject({kind: 'refused'})
  })
})
