import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {createServer, type Server} from 'node:net'
import type {AddressInfo} from 'node:net'
import tls from 'node:tls'

import rhea from 'rhea'
import {describe, expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {connectAmqp1} from '../../../src/protocols/amqp1/connect.ts'
import {nodeTls} from '../../../src/protocols/tls.ts'
import {OF_TARGET} from '../../../src/protocols/words.ts'

const file = (name: string): string => new URL(`../../../fixtures/tls/${name}`, import.meta.url).pathname
const never = new AbortController().signal

async function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** An AMQP 1.0 peer that takes `user` with `secret`. */
async function peer(certificate?: string): Promise<number> {
  const container = rhea.create_container()
  container.sasl_server_mechanisms.enable_plain(
    (user: string, password: string) => user === 'user' && password === 'secret',
  )
  container.on('disconnected', () => undefined)
  container.on('connection_error', () => undefined)
  const options = certificate
    ? {
        transport: 'tls' as const,
        key: readFileSync(file(`${certificate}.key`)),
        cert: readFileSync(file(`${certificate}.pem`)),
      }
    : {}
  const server = container.listen({port: 0, host: '127.0.0.1', ...options})
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface To {
  readonly ports: readonly number[]
  readonly tls?: boolean
  readonly caFile?: string
  readonly password?: string
}

async function connect({ports, tls: secure = false, caFile, password = 'secret'}: To): Promise<string> {
  const options = await nodeTls({caOnly: false, insecure: false, ...(caFile !== undefined && {caFile})}, {})
  const opened = await connectAmqp1(
    {
      tls: secure,
      hosts: ports.map((port) => ({host: 'localhost', port})),
      user: 'user',
      password: new Secret(password),
    },
    {
      tls: options,
      connectionName: 'mqlift:test',
      timeout: 3000,
      words: {...OF_TARGET, password: 'THE_VARIABLE'},
    },
    never,
  )
  opened.close()
  return opened.host
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  server.close()
  return port
}

describe('a connection', () => {
  test('goes to the first host that answers: of a pair only the active one listens', async () => {
    const [dead, alive] = [await deadPort(), await peer()]
    await expect(connect({ports: [dead, alive]})).resolves.toBe(`amqp://localhost:${alive}`)
    await expect(connect({ports: [alive, dead]})).resolves.toBe(`amqp://localhost:${alive}`)
    await expect(connect({ports: [dead]})).rejects.toMatchObject({kind: 'unreachable', reason: 'no-answer'})
  })

  test('over TLS needs a certificate of a known authority', async () => {
    const ports = [await peer('good')]
    await expect(connect({ports, tls: true, caFile: file('ca.pem')})).resolves.toContain('amqps://')
    await expect(connect({ports, tls: true})).rejects.toMatchObject({
      reason: 'tls',
      message: expect.stringContaining('CA this machine does not trust'),
    })
  })

  test.each([
    ['expired', 'expired'],
    ['wrong-name', 'another host name'],
  ])(
    'with a certificate that is %s is refused, and the next host is not tried',
    async (certificate, words) => {
      const ports = [await peer(certificate), await peer('good')]
      await expect(connect({ports, tls: true, caFile: file('ca.pem')})).rejects.toMatchObject({
        reason: 'tls',
        message: expect.stringContaining(words),
      })
    },
  )

  test('with a wrong password says where it is set, and not what it is', async () => {
    const refused = connect({ports: [await peer()], password: 'canary'})
    await expect(refused).rejects.toMatchObject({kind: 'unreachable', reason: 'login-failed'})
    await expect(refused).rejects.not.toThrow(/canary/)
    await expect(refused).rejects.toHaveProperty('suggestions', [expect.stringContaining('THE_VARIABLE')])
  })

  test('to something else says what it is not', async () => {
    const http = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    await expect(connect({ports: [http]})).rejects.toMatchObject({reason: 'not-amqp'})
    await expect(connect({ports: [http], tls: true})).rejects.toMatchObject({reason: 'tls'})
  })

  test('that is never answered ends in time', async () => {
    const silent = await listening(createServer((socket) => socket.on('error', () => undefined)))
    await expect(connect({ports: [silent]})).rejects.toMatchObject({reason: 'no-answer'})
    expect(tls.DEFAULT_MIN_VERSION).not.toBe('TLSv1')
  })
})
