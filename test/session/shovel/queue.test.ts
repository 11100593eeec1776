import {expect, test} from 'vitest'

import {MqliftError} from '../../../src/errors.ts'
import type {Shovelled} from '../../../src/model/shovels.ts'
import type {Ends} from '../../../src/session/shovel/ends.ts'
import {QueueShovel, type ShovelOptions} from '../../../src/session/shovel/queue.ts'
import type {ShovelState} from '../../../src/sources/shovels.ts'
import type {Depth, Source} from '../../../src/sources/source.ts'

const RECORD: Shovelled = {
  move: 'queue:a/q>rabbitmq-queue:b/q2',
  source: 'queue:a/q',
  target: 'rabbitmq-queue:b/q2',
  shovel: {at: 'source', vhost: 'a', name: 'mqlift.1'},
  state: 'running',
  reason: null,
  rounds: 0,
  inHand: 0,
  others: 0,
  before: {
    source: {at: '2026-11-24T12:00:00.000Z', messages: 10, removed: 0},
    target: {at: '2026-11-24T12:00:00.000Z', messages: 0, removed: 0},
  },
  after: null,
}
const never = new AbortController().signal

/** Two queues, and a broker that runs a shovel between them: each look moves `step` messages, up to what waited. */
class FakeBroker {
  readonly done: string[] = []
  ready = 10
  acked = 0
  there = 0
  consumers = 0
  /** Messages that come while a shovel works, one element per shovel. */
  arrive: number[] = []
  step = 4
  state: ShovelState | null = {word: 'running', reason: null}
  unacked = 0
  refuses = false
  /** Of the first shovel: the acks that are lost when it removes itself. */
  lost = 0
  /** Looks at the target that tell what was there before the last shovel. */
  late = 0
  #told = 0
  #goes = 0
  #left = 0

  get ends(): Ends {
    const source = {
      depth: async () => this.#depth(this.ready, this.acked, this.consumers + Number(this.#goes > 0)),
    }
    const target = {depth: async () => this.#depth(this.late-- > 0 ? this.#told : this.there, 0, 0)}
    const shovel = {
      ...RECORD.shovel,
      from: {uris: ['amqp:///a'], queue: 'q'},
      to: {uris: ['amqp://x/b'], queue: 'q2'},
    }
    return {
      at: 'source',
      source: source as unknown as Source,
      target: target as unknown as Source,
      vhostOf: () => 'a',
      shovel: () => shovel,
      host: {
        address: 'amqp://x',
        version: '4.0.5',
        put: async ({messages}) => {
          if (this.refuses) throw new MqliftError('unreachable', 'no', {reason: 'not-permitted'})
          this.#goes = messages ?? this.ready
          this.#told = this.there
          this.done.push(`put ${this.#goes}`)
          this.#left = this.arrive.shift() ?? 0
        },
        exists: async () => this.#work(),
        state: async () => this.state,
        remove: async () => {
          this.done.push('remove')
          this.#goes = 0
          this.unacked = 0
        },
        [Symbol.asyncDispose]: async () => undefined,
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  #depth(ready: number, acked: number, consumers: number): Depth {
    return {ready, unacked: this.unacked, consumers, counters: {acked, deliveredWithoutAck: 0}}
  }

  #work(): boolean {
    if (this.#goes === 0) return false
    const moved = Math.min(this.step, this.#goes)
    this.#goes -= moved
    this.ready += this.#left - moved
    this.#left = 0
    this.acked += moved
    this.there += moved
    if (this.#goes > 0 || this.step === 0) return true
    this.ready += this.lost
    this.acked -= this.lost
    this.lost = 0
    return false
  }
}

async function run(broker: FakeBroker, options: Partial<ShovelOptions> = {}, record = RECORD) {
  const saved: Shovelled[] = []
  let now = 0
  const queue = new QueueShovel(broker.ends, record, {
    until: 'empty',
    prefetch: 1000,
    now: () => (now += 10),
    say: () => undefined,
    save: async (one) => void saved.push(one),
    times: {poll: 1, look: 0, stall: 2000, failing: 500, rest: 1},
    ...options,
  })
  return {ended: await queue.run(never), saved}
}

test('one shovel after the other, until one leaves nothing behind', async () => {
  const broker = new FakeBroker()
  broker.arrive = [3]
  const {ended} = await run(broker)
  expect(broker.done).toEqual(['put 10', 'put 3'])
  expect(ended).toMatchObject({
    state: 'drained',
    rounds: 2,
    after: {source: {messages: 0, removed: 13}, target: {messages: 13}},
  })
})

test('the last acks of a shovel are lost: what comes back is moved again, and told, however late its target is', async () => {
  const broker = new FakeBroker()
  broker.lost = 3
  // What the target tells first is as much as has left the source.
  broker.late = 3
  const {ended} = await run(broker)
  expect(broker.done).toEqual(['put 10', 'put 3'])
  expect(ended).toMatchObject({
    state: 'drained',
    inHand: 3,
    after: {source: {messages: 0, removed: 10}, target: {messages: 13}},
  })
})

test('--until mark: one shovel, for what waited when it began', async () => {
  const broker = new FakeBroker()
  broker.arrive = [3]
  const {ended} = await run(broker, {until: 'mark'})
  expect(broker.done).toEqual(['put 10'])
  expect(ended).toMatchObject({state: 'drained', after: {source: {messages: 3, removed: 10}}})
})

test('a shovel of a run that was killed is watched, and no other one is put beside it', async () => {
  const broker = new FakeBroker()
  const {ends} = broker
  await ends.host.put({...ends.shovel('mqlift.1', RECORD), messages: null, prefetch: 1000}, never)
  const {ended} = await run(broker, {}, {...RECORD, rounds: 1})
  expect(broker.done).toEqual(['put 10'])
  expect(ended).toMatchObject({state: 'drained', rounds: 1})
})

test.each([
  ['its broker says that it runs', {word: 'running', reason: null}, 'moved nothing for 2 s'],
  ['it is started again and again', {word: 'terminated', reason: 'user_id'}, 'terminated: user_id'],
  ['nobody says how it is', null, 'moved nothing for 2 s'],
])('no progress while %s: removed, and what it had in hand may be repeated', async (_, state, said) => {
  const broker = new FakeBroker()
  broker.step = 0
  broker.state = state
  broker.unacked = 6
  const {ended} = await run(broker)
  expect(broker.done).toEqual(['put 10', 'remove'])
  expect(ended).toMatchObject({state: 'stopped', inHand: 6})
  expect(ended.reason).toContain(said)
})

test('consumers on the queue: nothing is put', async () => {
  const broker = new FakeBroker()
  broker.consumers = 2
  const {ended} = await run(broker)
  expect(broker.done).toEqual([])
  expect(ended).toMatchObject({state: 'stopped', reason: expect.stringContaining('2 consumers')})
})

test('told to stop, it leaves the shovel at work', async () => {
  const broker = new FakeBroker()
  broker.step = 0
  const stop = new AbortController()
  const queue = new QueueShovel(broker.ends, RECORD, {
    until: 'empty',
    prefetch: 1000,
    now: () => 0,
    say: () => stop.abort(),
    save: async () => undefined,
    times: {poll: 1},
  })
  await expect(queue.run(stop.signal)).rejects.toThrow('aborted')
  expect(broker.done).toEqual(['put 10'])
})

test('a consumer that holds everything: the queue only looks empty', async () => {
  const broker = new FakeBroker()
  broker.ready = 0
  broker.unacked = 500
  const {ended} = await run(broker)
  expect(broker.done).toEqual([])
  expect(ended).toMatchObject({state: 'stopped', reason: '500 messages are with somebody else'})
})

test('--until mark after one that was cut off: only what is missing of the mark', async () => {
  const broker = new FakeBroker()
  broker.ready = 9
  broker.acked = 4
  const {ended} = await run(broker, {until: 'mark'}, {...RECORD, rounds: 1})
  expect(broker.done).toEqual(['put 6'])
  expect(ended).toMatchObject({state: 'drained', after: {source: {messages: 3}}})
})

test('the broker says no: nothing is at work, and nothing claims to be', async () => {
  const broker = new FakeBroker()
  broker.refuses = true
  const saved: Shovelled[] = []
  await expect(run(broker, {save: async (one) => void saved.push(one)})).rejects.toThrow('no')
  expect(saved.map(({rounds}) => rounds)).toEqual([1, 0])
})
