import {afterEach, expect, test, vi} from 'vitest'

import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'
import {queueState, replyCode, withChannel} from '../../../src/protocols/amqp091/queue-state.ts'

afterEach(() => {
  vi.useRealTimers()
})

const coded = (code: number): Error => Object.assign(new Error('no'), {code})

/** A connection whose channels answer like this, and how many of them are open. */
function fake(checkQueue: () => Promise<unknown>): {connection: AmqpConnection; open: () => number} {
  let open = 0
  const channel = {
    checkQueue,
    close: () => {
      open--
      return Promise.resolve()
    },
  }
  const openChannel = () => {
    open++
    return Promise.resolve(channel)
  }
  return {connection: {openChannel} as unknown as AmqpConnection, open: () => open}
}

test.each([
  ['what it holds', () => Promise.resolve({messageCount: 3, consumerCount: 1}), {ready: 3, consumers: 1}],
  ['that there is none', () => Promise.reject(coded(404)), null],
  ['nothing, for want of a right', () => Promise.reject(coded(403)), undefined],
  ['nothing, being exclusive', () => Promise.reject(coded(405)), undefined],
])('a queue says %s, and the channel is closed', async (_, answer, expected) => {
  const {connection, open} = fake(answer)
  expect(await queueState(connection, 'orders')).toEqual(expected)
  expect(open()).toBe(0)
})

test('a broker that does not answer is given up, and the name is shown as what it is', async () => {
  vi.useFakeTimers()
  const {connection} = fake(() => new Promise(() => undefined))
  const looked = queueState(connection, 'orders\u{1b}[2J').catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await looked).toMatchObject({
    kind: 'unreachable',
    reason: 'no-answer',
    message: 'the broker did not say how many messages orders\\u{1b}[2J holds',
  })
})

test('the channel is closed after work that fails, and a close that hangs holds up nobody', async () => {
  const {connection, open} = fake(() => Promise.resolve())
  await expect(withChannel(connection, () => Promise.reject(coded(406)))).rejects.toMatchObject({code: 406})
  expect(open()).toBe(0)
  vi.useFakeTimers()
  const channel = {close: () => new Promise(() => undefined)}
  const frozen = {openChannel: () => Promise.resolve(channel)} as unknown as AmqpConnection
  const worked = withChannel(frozen, () => Promise.resolve('done'))
  await vi.advanceTimersByTimeAsync(5000)
  expect(await worked).toBe('done')
})

test('only a number is a reply code', () => {
  expect(replyCode(coded(404))).toBe(404)
  expect(replyCode(Object.assign(new Error('cut'), {code: 'ECONNRESET'}))).toBeUndefined()
  expect(replyCode({code: 404})).toBeUndefined()
})
