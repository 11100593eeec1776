import {expect, test} from 'vitest'

import {destinationId} from '../../../../src/model/id.ts'
import type {AmqpConnection, Closed} from '../../../../src/protocols/amqp091/connection.ts'
import {readQueue} from '../../../../src/sources/rabbitmq/read.ts'
import {TIMING} from '../../../../src/sources/rabbitmq/read/context.ts'

/** A connection whose consumer starts when the test says so. */
class Wire {
  readonly #closed = Promise.withResolvers<Closed>()
  readonly #consuming = Promise.withResolvers<void>()
  readonly asked = Promise.withResolvers<void>()
  disposed = false

  start(): this {
    this.#consuming.resolve()
    return this
  }

  cut(): void {
    this.#closed.resolve({code: undefined, reason: 'connection reset'})
  }

  get connection(): AmqpConnection {
    const channel = {
      checkQueue: () => Promise.resolve({messageCount: 0, consumerCount: 0}),
      prefetch: () => Promise.resolve(),
      cancel: () => Promise.resolve(),
      close: () => Promise.resolve(),
      consume: () => {
        this.asked.resolve()
        return this.#consuming.promise
      },
    }
    const connection = {
      version: '4.0.5',
      closed: this.#closed.promise,
      isOpen: true,
      openChannel: () => Promise.resolve(channel),
      resume: () => undefined,
      [Symbol.asyncDispose]: () => {
        this.disposed = true
        return Promise.resolve()
      },
    }
    return connection as unknown as AmqpConnection
  }
}

test('closed while it connects again, it leaves no connection behind', async () => {
  const [first, second] = [new Wire().start(), new Wire()]
  const wires = [first, second].values()
  const reader = readQueue(
    destinationId('queue', '/', 'orders'),
    {
      options: {until: 'empty', window: {messages: 10, bytes: 1e6}},
      connect: () => {
        const wire = wires.next().value
        return wire ? Promise.resolve(wire.connection) : Promise.reject(new Error('no more'))
      },
      api: () => Promise.resolve(undefined),
      ackedBefore: undefined,
      name: 'mqlift:test',
      newSentinel: () => 'mqlift:test:sentinel:1',
      timing: {...TIMING, backoff: {first: 1, most: 1, giveUp: 1000}, apply: 1},
    },
    new AbortController().signal,
  )
  const end = reader.next()
  await first.asked.promise
  first.cut()
  await second.asked.promise
  const closing = reader.return()
  expect(await end).toMatchObject({done: true})
  second.start()
  await closing
  expect([first.disposed, second.disposed]).toEqual([true, true])
})
