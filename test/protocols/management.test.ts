import {createServer} from 'node:net'
import type {AddressInfo} from 'node:net'
import {inspect} from 'node:util'

import {describe, expect, test} from 'vitest'

import {Secret} from '../../src/model/secret.ts'
import {endpointOf, ManagementApi} from '../../src/protocols/management.ts'
import {serve} from '../sources/rabbitmq/recorded-broker.ts'

const signal = new AbortController().signal
const tls = {minVersion: 'TLSv1.2', rejectUnauthorized: true} as const

test.each([
  [['queues', '/', 'orders'], 'GET /api/queues/%2F/orders'],
  [['queues', 'a/../b', '..'], 'GET /api/queues/a%2F..%2Fb/%2E%2E'],
  [['queues', '.', 'x?y#z&q=1'], 'GET /api/queues/%2E/x%3Fy%23z%26q%3D1'],
  [['queues', 'r_eu/α', ''], 'GET /api/queues/r_eu%2F%CE%B1/'],
])('%j stays one path of its own', async (segments, endpoint) => {
  expect(endpointOf(segments)).toBe(endpoint)
  await using broker = await serve(() => ({status: 200, body: {}}))
  await using api = await broker.connect()
  await api.get(segments, {}, signal)
  expect(broker.requests.at(-1)?.url).toBe(endpoint.replace('GET ', ''))
})

const ask = async (status: number, body: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
  await using broker = await serve(({url}) =>
    url === '/api/whoami' ? {status: 200, body: {}} : {status, body, headers},
  )
  await using api = await broker.connect('ops', 'canary')
  return await api.get(['queues'], {}, signal)
}

describe('an answer', () => {
  test.each([
    [401, {error: 'not_authorised', reason: 'Not management user'}, 'not-permitted'],
    [403, {error: 'forbidden'}, 'not-permitted'],
    [404, {error: 'Object Not Found', reason: 'Not Found'}, 'not-found'],
    [
      400,
      {error: 'bad_request', reason: 'Stats in management UI are disabled on this node'},
      'statistics-off',
    ],
    [400, {error: 'page_out_of_range', reason: 'page out of range'}, 'page-out-of-range'],
    [400, {error: 'bad_request', reason: 'no'}, 'bad-request'],
    [503, 'busy', 'server-error'],
  ])('of status %i %j is the refusal %s', async (status, body, problem) => {
    expect(await ask(status, body)).toMatchObject({ok: false, status, problem, endpoint: 'GET /api/queues'})
  })

  test.each([
    [401, {error: 'not_authorized', reason: 'Login failed'}, 'login-failed'],
    [401, {error: 'not_authorized', reason: 'Not_Authorized'}, 'login-failed'],
    [401, '<html>', 'login-failed'],
    [200, '<html>welcome</html>', 'not-management'],
    [302, '', 'redirect'],
  ])('of status %i %j ends the inspection with %s', async (status, body, reason) => {
    const error: unknown = await ask(status, body, {
      location: 'https://elsewhere.invalid/x?token=canary',
    }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({kind: 'unreachable', reason, suggestions: expect.any(Array)})
    expect(inspect(error)).not.toContain('canary')
  })
})

test('a redirect is not followed and credentials do not travel', async () => {
  await using elsewhere = await serve(() => ({status: 200, body: {name: 'x', tags: []}}))
  await using broker = await serve(() => ({status: 301, body: '', headers: {location: elsewhere.url.href}}))
  await expect(broker.connect()).rejects.toMatchObject({reason: 'redirect'})
  expect(elsewhere.requests).toEqual([])
})

test('a broker that does not answer is unreachable, and the message says where', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const {port} = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  const connecting = ManagementApi.connect(
    {urls: [new URL(`http://127.0.0.1:${port}/`)], user: 'ops', password: new Secret('canary'), tls},
    signal,
  )
  const error: unknown = await connecting.catch((caught: unknown) => caught)
  expect(error).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining(`127.0.0.1:${port}: nothing listens there`),
  })
  expect(inspect(error)).not.toContain('canary')
})

test('a server that never answers is given up, and one that speaks no HTTP is named', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const options = {
    urls: [url],
    user: 'ops',
    password: new Secret('x'),
    tls,
    timeouts: {headers: 200, body: 200},
  }
  await expect(ManagementApi.connect(options, signal)).rejects.toMatchObject({
    message: expect.stringContaining('no answer in time'),
  })
  server.removeAllListeners('connection').on('connection', (socket) => socket.end('AMQP\0\0\u0009\u0001'))
  await expect(ManagementApi.connect(options, signal)).rejects.toMatchObject({
    message: expect.stringContaining('does not speak HTTP'),
  })
  server.close()
})

test('the next host of a cluster is asked when the first is away, but not after a wrong password', async () => {
  await using broker = await serve(() => ({status: 200, body: {}}))
  const urls = [new URL('http://127.0.0.1:1/'), broker.url]
  await using api = await ManagementApi.connect({urls, user: 'u', password: new Secret('p'), tls}, signal)
  expect(api.address).toBe(broker.url.origin)

  await using refusing = await serve(() => ({status: 401, body: {error: 'not_authorized'}}))
  const both = [refusing.url, broker.url]
  const asked = broker.requests.length
  await expect(
    ManagementApi.connect({urls: both, user: 'u', password: new Secret('p'), tls}, signal),
  ).rejects.toMatchObject({reason: 'login-failed'})
  expect(broker.requests).toHaveLength(asked)
})

test('an answer that unpacks without end is refused', async () => {
  await using broker = await serve(({url}) => ({
    status: 200,
    body: url === '/api/whoami' ? {} : '0'.repeat(420 * 1024 * 1024),
  }))
  await using api = await broker.connect()
  await expect(api.get(['queues'], {}, signal)).rejects.toMatchObject({reason: 'answer-too-large'})
})

test('an interrupted inspection stops asking', async () => {
  await using broker = await serve(() => ({status: 200, body: {}}))
  await using api = await broker.connect()
  await expect(api.get(['queues'], {}, AbortSignal.abort())).rejects.not.toMatchObject({kind: 'unreachable'})
})
