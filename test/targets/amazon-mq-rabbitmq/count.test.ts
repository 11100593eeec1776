import {expect, test} from 'vitest'

import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'
import type {ManagementApi} from '../../../src/protocols/management.ts'
import {countQueue} from '../../../src/targets/amazon-mq-rabbitmq/count.ts'

const signal = new AbortController().signal

async function counted(
  checkQueue: () => Promise<unknown>,
  queue = 'orders',
): Promise<Awaited<ReturnType<typeof countQueue>>> {
  const channel = {checkQueue, close: () => Promise.resolve()}
  const connection = {openChannel: () => Promise.resolve(channel)} as unknown as AmqpConnection
  const answer = {ok: true, body: {messages_unacknowledged: 2}}
  const api = {get: () => Promise.resolve(answer)} as unknown as ManagementApi
  return countQueue({vhost: '/', queue}, connection, () => Promise.resolve(api), signal)
}

const coded = (code: number): Error => Object.assign(new Error('no'), {code})

test('counts what is ready, and asks for the rest only when somebody may hold it', async () => {
  expect(await counted(() => Promise.resolve({messageCount: 3, consumerCount: 0}))).toEqual({
    visible: 3,
    inFlight: 0,
    delayed: 0,
    approximate: false,
  })
  expect(await counted(() => Promise.resolve({messageCount: 3, consumerCount: 1}))).toMatchObject({
    inFlight: 2,
    approximate: true,
  })
  expect(await counted(() => Promise.reject(coded(404)))).toBeNull()
})

test('a queue that does not say is no count, and its name is shown as what it is', async () => {
  await expect(counted(() => Promise.reject(coded(403)), 'a\u{202e}b')).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('a\\u{202e}b'),
  })
})
