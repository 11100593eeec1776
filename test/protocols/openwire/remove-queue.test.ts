import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net'
import {createServer as createTlsServer} from 'node:tls'

import {describe, expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {hello} from '../../../src/protocols/openwire/commands.ts'
import {removeOverOpenwire} from '../../../src/protocols/openwire/remove-queue.ts'
import type {NodeTlsOptions} from '../../../src/protocols/tls.ts'

const never = new AbortController().signal
const TLS = {minVersion: 'TLSv1.2', rejectUnauthorized: true} as const
const OPTIONS = {tls: TLS, connectionName: 'mqlift:test'}

const tlsFile = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/tls/${name}`, import.meta.url), 'utf8')

/** What it was sent, frame types only, and what it answers to each; undefined = nothing. */
type Script = (type: number, socket: Socket, id: number) => void

const response = (to: number, failure?: string): Buffer => {
  const message = Buffer.from(failure ?? '')
  const why =
    failure === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.of(1, 1, 0, 1), Buffer.from('X'), Buffer.of(1, 0, message.length), message])
  const body = Buffer.concat([Buffer.of(failure === undefined ? 30 : 31, 0, 0, 0, 9, 0, 0, 0, 0, to), why])
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

type Listen = (heard: (socket: Socket) => void) => Server

async function peer(script: Script, listen: Listen = createServer): Promise<{port: number; types: number[]}> {
  const types: number[] = []
  const sockets: Socket[] = []
  const server = listen((socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const bytes = rest.subarray(4, 4 + rest.readInt32BE(0))
        rest = rest.subarray(4 + bytes.length)
        types.push(bytes.readUInt8(0))
        script(bytes.readUInt8(0), socket, bytes.length > 5 ? bytes.readInt32BE(1) : 0)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {port: (server.address() as AddressInfo).port, types}
}

/** A broker that agrees to everything, in pieces and with talk in between. */
const agreeable: Script = (type, socket, id) => {
  if (type === 1) socket.write(hello())
  if (type !== 3 && type !== 8) return
  const answer = response(id)
  socket.write(Buffer.from([0, 0, 0, 6, 10, 0, 0, 0, 1, 0]))
  socket.write(answer.subarray(0, 3))
  setImmediate(() => socket.write(answer.subarray(3)))
}

const remove = (...ports: readonly number[]): Promise<void> =>
  removeOverOpenwire(
    {
      tls: false,
      hosts: ports.map((port) => ({host: '127.0.0.1', port})),
      user: 'mqlift',
      password: new Secret('secret'),
    },
    'mqlift-rehearsal-11223344-orders',
    OPTIONS,
    never,
  )

describe('removing a queue over OpenWire', () => {
  test('signs in, removes, says goodbye', async () => {
    const broker = await peer(agreeable)
    await remove(broker.port)
    await expect.poll(() => broker.types).toEqual([1, 3, 8, 11])
  })

  test('over TLS the name and the issuer of the certificate are checked', async () => {
    const broker = await peer(agreeable, (heard) =>
      createTlsServer({cert: tlsFile('good.pem'), key: tlsFile('good.key')}, heard),
    )
    const ssl = (tls: NodeTlsOptions) =>
      removeOverOpenwire(
        {
          tls: true,
          hosts: [{host: 'localhost', port: broker.port}],
          user: 'mqlift',
          password: new Secret('secret'),
        },
        'mqlift-rehearsal-11223344-orders',
        {tls, connectionName: 'mqlift:test'},
        never,
      )
    await expect(ssl(TLS)).rejects.toMatchObject({kind: 'unreachable', reason: 'tls'})
    expect(broker.types).toEqual([])
    await ssl({...TLS, ca: [tlsFile('ca.pem')]})
    await expect.poll(() => broker.types).toEqual([1, 3, 8, 11])
  })

  test('of a pair the one that listens is taken', async () => {
    const broker = await peer(agreeable)
    await remove(await deadPort(), broker.port)
    await expect.poll(() => broker.types).toContain(8)
  })

  test('a user that is refused is not tried elsewhere', async () => {
    const broker = await peer((type, socket) => {
      if (type === 1) socket.write(hello())
      if (type === 3) socket.write(response(1, 'User name [mqlift] or password is invalid.'))
    })
    const other = await peer(agreeable)
    await expect(remove(broker.port, other.port)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'login-failed',
      message: expect.stringContaining('password is invalid'),
    })
    expect(other.types).toEqual([])
  })

  test('a queue that somebody reads from stays, and the broker’s reason is said', async () => {
    const broker = await peer((type, socket, id) => {
      if (type === 8) socket.write(response(id, 'Destination still has an active subscription'))
      else agreeable(type, socket, id)
    })
    await expect(remove(broker.port)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'not-deleted',
      message: expect.stringContaining('still has an active subscription'),
      suggestions: [expect.stringContaining('admin on the queue')],
    })
  })

  test.each([
    [
      'another protocol',
      'not-openwire',
      (_type, socket) => void socket.write('AMQP\u0000\u0001\u0000\u0000'),
    ],
    [
      'a frame without end',
      'not-openwire',
      (_type, socket) => void socket.write(Buffer.from('7fffffff', 'hex')),
    ],
    ['an old release', 'not-openwire', (_type, socket) => void socket.write(oldHello())],
    ['a connection that is cut', 'no-answer', (_type, socket) => void socket.end()],
  ] satisfies [string, string, Script][])('%s: %s', async (_, reason, script) => {
    const broker = await peer(script)
    await expect(remove(broker.port)).rejects.toMatchObject({
      kind: 'unreachable',
      reason,
      suggestions: [expect.stringContaining('management: under brokers: in mqlift.yaml')],
    })
  })

  test('nobody listens: says so, and where OpenWire is looked for', async () => {
    const port = await deadPort()
    await expect(remove(port)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'no-answer',
      message: `tcp://127.0.0.1:${port}: nothing listens there`,
    })
  })
})

/** One that nobody listens at. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function oldHello(): Buffer {
  const bytes = hello()
  // Behind its size, type and name.
  bytes.writeInt32BE(9, 13)
  return bytes
}
