import {expect, test} from 'vitest'

import {ConnectionPerVhost} from '../../../src/protocols/amqp091/connection-per-vhost.ts'
import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'

const never = new AbortController().signal

class FakeConnection {
  isOpen = true

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOpen = false
  }
}

/** Connections by virtual host, in the order they were opened. `refusals`: the next so many fail. */
function broker(refusals = 0): {connections: ConnectionPerVhost; opened: [string, FakeConnection][]} {
  const opened: [string, FakeConnection][] = []
  let left = refusals
  const connections = new ConnectionPerVhost(async (vhost) => {
    await Promise.resolve()
    if (left-- > 0) throw new Error('not yet')
    const connection = new FakeConnection()
    opened.push([vhost, connection])
    return connection as unknown as AmqpConnection
  })
  return {connections, opened}
}

test('two lanes that ask at once share one connection, and each virtual host has its own', async () => {
  const {connections, opened} = broker()
  const [one, two] = await Promise.all([connections.get('a', never), connections.get('a', never)])
  expect(one).toBe(two)
  await connections.get('b', never)
  expect(opened.map(([vhost]) => vhost)).toEqual(['a', 'b'])
})

test('a connection that was lost is opened again, and so is one that failed', async () => {
  const {connections, opened} = broker(1)
  await expect(connections.get('a', never)).rejects.toThrow('not yet')
  const first = await connections.get('a', never)
  await first[Symbol.asyncDispose]()
  expect(await connections.get('a', never)).not.toBe(first)
  expect(opened).toHaveLength(2)
})

test('all are closed at the end, also one that is still being opened', async () => {
  const {connections, opened} = broker()
  await connections.get('a', never)
  const late = connections.get('b', never)
  await connections[Symbol.asyncDispose]()
  expect(opened.map(([, {isOpen}]) => isOpen)).toEqual([false, false])
  expect((await late).isOpen).toBe(false)
})
