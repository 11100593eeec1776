import net from 'node:net'

import {afterEach, describe, expect, test} from 'vitest'

import {parseAddress} from '../../../src/protocols/broker-address.ts'
import {clusterName} from '../../../src/sources/rabbitmq/cluster.ts'
import {recognise, wireOf} from '../../../src/sources/rabbitmq/wire.ts'

const signal = new AbortController().signal
const servers: net.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that answers anything with these bytes. */
async function answering(bytes: Buffer, pause = false): Promise<{host: string; port: number}> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      const first = pause ? 9 : bytes.length
      socket.write(bytes.subarray(0, first))
      setTimeout(() => socket.end(bytes.subarray(first)), pause ? 20 : 0)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {host: '127.0.0.1', port: (server.address() as net.AddressInfo).port}
}

const short = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)])
const long = (text: string): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(Buffer.byteLength(text))
  return Buffer.concat([size, Buffer.from(text)])
}

function start(properties: Record<string, string>): Buffer {
  const table = Object.entries(properties).flatMap(([key, value]) => [
    short(key),
    Buffer.from('S'),
    long(value),
  ])
  const method = Buffer.concat([Buffer.of(0, 10, 0, 10, 0, 9), long(Buffer.concat(table).toString('latin1'))])
  const head = Buffer.alloc(7)
  head[0] = 1
  head.writeUInt32BE(method.length, 3)
  return Buffer.concat([head, method, Buffer.of(0xce)])
}

const rabbit = start({product: 'RabbitMQ', version: '3.13.7', cluster_name: 'rabbit@one'})

test('a RabbitMQ says who it is before anybody signs in', async () => {
  const expected = {speaks: 'amqp091', product: 'RabbitMQ', version: '3.13.7', cluster: 'rabbit@one'}
  expect(await recognise(await answering(rabbit), undefined, signal)).toEqual(expected)
  expect(await recognise(await answering(rabbit, true), undefined, signal)).toEqual(expected)
})

test('the cluster is named by the first node that answers; by none, it is not known', async () => {
  const mute = await answering(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'))
  const named = (...hosts: (typeof mute)[]) =>
    clusterName({...parseAddress('amqp://localhost'), hosts}, {tls: {insecure: false, caOnly: false}}, signal)
  expect(await named(mute, await answering(rabbit))).toBe('rabbit@one')
  expect(await named(mute, await answering(start({product: 'RabbitMQ'})))).toBeNull()
})

describe('other servers are recognised', () => {
  test.each([
    ['amqp1', 'AMQP\0\x01\0\0'],
    ['amqp1', 'AMQP\x03\x01\0\0'],
    ['amqp-other', 'AMQP\x01\x01\0\x0a'],
    ['tls', '\x15\x03\x01\0\x02\x02\x46'],
    ['http', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['stomp', 'ERROR\nmessage:Unknown\n\n\0'],
    ['mqtt', '\x20\x02\0\x01'],
    ['openwire', '\0\0\x01\x44\x01ActiveMQ\0\0\0\x0c'],
    ['unknown', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['silence', ''],
  ])('%s', async (speaks, bytes) => {
    expect(await recognise(await answering(Buffer.from(bytes, 'latin1')), undefined, signal)).toEqual({
      speaks,
    })
  })
})

test('a frame that lies about its size is not believed', () => {
  const lying = Buffer.from(rabbit)
  lying.writeUInt32BE(0xffff_ffff, lying.indexOf('version') + 8)
  expect(wireOf(lying)).toMatchObject({speaks: 'amqp091', product: 'RabbitMQ'})
  expect(wireOf(rabbit.subarray(0, 30))).toMatchObject({speaks: 'amqp091', version: ''})
})

test('nothing listening is an error for the caller to explain', async () => {
  const {port} = await answering(rabbit)
  servers.splice(0).forEach((server) => server.close())
  await expect(recognise({host: '127.0.0.1', port}, undefined, signal)).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  })
})
