import {createServer, type Server} from 'node:net'

import {describe, expect, test} from 'vitest'

import type {Headers} from '../../src/model/envelope.ts'
import {Secret} from '../../src/model/secret.ts'
import {connect, type AmqpEndpoint} from '../../src/protocols/amqp091/connect.ts'
import {ContentHeader} from '../../src/protocols/amqp091/content-header.ts'
import {encodeTable} from '../../src/protocols/amqp091/field-table.ts'
import {RawTable} from '../../src/protocols/amqp091/lossless.ts'
import {nodeTls} from '../../src/protocols/tls.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'

const options = {tls: await nodeTls({caOnly: false, insecure: false}), connectionName: 'mqlift:test'}

const endpoint = (port: number, changes: Partial<AmqpEndpoint> = {}): AmqpEndpoint => ({
  tls: false,
  hosts: [{host: '127.0.0.1', port}],
  user: 'guest',
  password: new Secret('guest'),
  vhost: '/',
  ...changes,
})

/** A server that sends `reply` to whoever connects, or nothing. */
async function fakeServer(reply: string | null): Promise<AsyncDisposable & {port: number}> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    if (reply !== null) socket.end(reply)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

describe.skipIf(withoutBrokers()).each(MAJORS)('an AMQP connection to RabbitMQ %i', (major) => {
  test('shows its name to operators', async () => {
    const broker = await sharedRabbitmq(major)
    await using connection = await connect(endpoint(broker.port), options)
    expect(connection.version).toMatch(new RegExp(`^${major}\\.`))
    await expect
      .poll(() => broker.ctl('list_connections', 'client_properties'), {timeout: 40_000})
      .toContain('mqlift:test')
  })

  test('says which of user, password and virtual host was refused', async () => {
    const {port} = await sharedRabbitmq(major)
    await expect(connect(endpoint(port, {password: new Secret('no')}), options)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'login-failed',
    })
    await expect(connect(endpoint(port, {vhost: 'no/such\u202evhost'}), options)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'vhost-refused',
      message: expect.stringContaining('no/such\\u{202e}vhost'),
    })
  })

  test('is told when the operator closes it, which comes without an error', async () => {
    const broker = await sharedRabbitmq(major)
    await using connection = await connect(endpoint(broker.port), options)
    await broker.ctl('close_all_connections', '--vhost', '/', 'maintenance')
    expect(await connection.closed).toMatchObject({code: 320})
    expect(connection.isOpen).toBe(false)
  })

  test('is told when the network cuts it, and can be disposed after', async () => {
    const broker = await sharedRabbitmq(major)
    await using proxy = await TcpProxy.to(broker.port)
    await using connection = await connect(endpoint(proxy.port), options)
    proxy.reset()
    expect((await connection.closed).code).toBeUndefined()
  })

  test('publishes and reads back every header byte for byte', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using connection = await connect(endpoint(broker.port, {vhost: vhost.name}), options)
    const channel = await connection.openChannel(() => {})
    const {queue} = await channel.assertQueue('typed')
    const headers: Headers = [
      ['__proto__', {t: 'S', v: 'kept'}],
      ['!', {t: 'S', v: 'timestamp'}],
      ['l', {t: 'l', v: 9_007_199_254_740_993n}],
      ['L', {t: 'L', v: -1n}],
      ['d', {t: 'd', v: 3}],
      ['f', {t: 'f', v: 1.5}],
      ['s', {t: 's', v: 5}],
      ['T', {t: 'T', v: 1_700_000_000n}],
      ['D', {t: 'D', v: {scale: 2, digits: 1999}}],
      ['x', {t: 'x', v: Uint8Array.of(0, 255)}],
      ['not utf-8', {t: 'S', v: Uint8Array.of(255, 254)}],
      [
        'nested',
        {
          t: 'F',
          v: [
            [
              'a',
              {
                t: 'A',
                v: [
                  {t: 'V', v: null},
                  {t: 't', v: true},
                ],
              },
            ],
          ],
        },
      ],
    ]
    const table = encodeTable(headers)
    channel.sendToQueue(queue, Buffer.from('ő'), {headers: new RawTable(table), timestamp: 5, priority: 0})
    await expect.poll(async () => (await channel.checkQueue(queue)).messageCount).toBe(1)
    const message = await channel.get(queue)
    const header: unknown = message === false ? null : message.properties
    if (!(header instanceof ContentHeader)) throw new Error('not decoded by us')
    const stored = major === 3 ? headers : asRabbitmq4Stores(headers)
    expect(header.headers).toStrictEqual(stored)
    expect(header.table?.equals(encodeTable(stored))).toBe(true)
    expect(header.properties).toStrictEqual({timestamp: 5n, priority: 0})
  })
})

/** RabbitMQ 4.0.5 itself sorts the table by name and writes py-amqp's `L` as `l`; 3.10.8 keeps the bytes. */
function asRabbitmq4Stores(headers: Headers): Headers {
  const renamed = headers.map(([name, value]): Headers[number] => [
    name,
    value.t === 'L' ? {t: 'l', v: value.v} : value,
  ])
  return renamed.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

describe('an AMQP connection to something else', () => {
  test.each([
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a broker of another version', 'AMQP\0\x01\0\0'],
    ['a server that closes at once', ''],
  ])('says that %s does not speak the protocol', async (_, reply) => {
    await using server = await fakeServer(reply)
    await expect(connect(endpoint(server.port), options)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'not-amqp',
    })
  })

  test('gives up on a server that says nothing', async () => {
    await using server = await fakeServer(null)
    await expect(connect(endpoint(server.port), {...options, timeout: 300})).rejects.toMatchObject({
      message: expect.stringContaining('no answer in time'),
    })
  })

  test('tries the next host', async () => {
    await using server = await fakeServer('')
    const hosts = [
      {host: '127.0.0.1', port: server.port},
      {host: '127.0.0.1', port: 1},
    ]
    await expect(connect(endpoint(1, {hosts}), options)).rejects.toMatchObject({reason: 'not-amqp'})
    await expect(connect(endpoint(1), options)).rejects.toMatchObject({
      message: expect.stringContaining('nothing listens there'),
    })
  })
})
