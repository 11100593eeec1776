import {existsSync, readFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {gzipSync} from 'node:zlib'

import {Secret} from '../../../src/model/secret.ts'
import {ManagementApi} from '../../../src/protocols/management.ts'

export const fixture = (path: string): string =>
  new URL(`../../../fixtures/rabbitmq/${path}`, import.meta.url).pathname

type Item = {readonly name: string; readonly vhost: string; readonly password_hash: string}

const parsed = (name: string): unknown =>
  JSON.parse(readFileSync(fixture(`recorded-3.10.8/${name}.json`), 'utf8'))

/** A recorded list. */
export const recorded = (name: string): readonly Item[] => parsed(name) as readonly Item[]

export interface Request {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}

export interface FakeBroker extends AsyncDisposable {
  readonly url: URL
  readonly requests: Request[]
  connect(user?: string, password?: string): Promise<ManagementApi>
}

type Answer = {status: number; body: unknown; headers?: Record<string, string>} | undefined

/** A server on loopback that answers as told, gzipped when asked, and remembers what it was asked. */
export async function serve(answer: (request: Request) => Answer): Promise<FakeBroker> {
  const requests: Request[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
    }
    requests.push(seen)
    const {status, body, headers} = answer(seen) ?? {
      status: 404,
      body: {error: 'Object Not Found', reason: 'Not Found'},
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const zipped = request.headers['accept-encoding']?.includes('gzip') === true
    response.writeHead(status, {
      'content-type': 'application/json',
      date: 'Sun, 22 Nov 2026 10:25:50 GMT',
      ...(zipped ? {'content-encoding': 'gzip'} : {}),
      ...headers,
    })
    response.end(zipped ? gzipSync(text) : text)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return {
    url,
    requests,
    connect: (user = 'guest', password = 'guest') =>
      ManagementApi.connect(
        {
          urls: [url],
          user,
          password: new Secret(password),
          tls: {minVersion: 'TLSv1.2', rejectUnauthorized: true},
        },
        new AbortController().signal,
      ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

const notAuthorised: Answer = {
  status: 401,
  body: {error: 'not_authorised', reason: 'User not authorised to access virtual host'},
}

/** The broker of fixtures/rabbitmq/recorded-3.10.8, as one of the five recorded users sees it. */
export async function serveRecording(
  options: {user?: string; statistics?: boolean; permitted?: string} = {},
): Promise<FakeBroker> {
  const {user = 'guest', statistics = true, permitted = 'r_shop'} = options
  const matrix = parsed('access-matrix') as Record<string, {tags: string; answers: Record<string, unknown>}>
  const {tags, answers} = matrix[user] ?? {tags: '', answers: {}}
  return serve(({url}) => {
    const {pathname} = new URL(url, 'http://x')
    const name = pathname.replace('/api/', '')
    const right = answers[pathname]
    if (right === 401) return notAuthorised
    if (name === 'whoami') return {status: 200, body: {name: user, tags: [tags]}}
    if (!statistics && existsSync(fixture(`recorded-3.10.8/disabled-stats/${name}.json`)))
      return parsed(`disabled-stats/${name}`) as Answer
    if (!existsSync(fixture(`recorded-3.10.8/${name}.json`))) return undefined
    const body = parsed(name)
    return {status: 200, body: Array.isArray(body) ? visible(body, {user, permitted}, name) : body}
  })
}

/** Users without the tag administrator have a permission on one virtual host only, and see their own connections only. */
function visible(
  items: {vhost?: string; name?: string}[],
  {user, permitted}: {user: string; permitted: string},
  name: string,
): unknown[] {
  if (user === 'guest') return items
  if (['consumers', 'connections'].includes(name) && user !== 'r_monitor') return []
  if (name === 'vhosts') return user === 'r_monitor' ? items : items.filter((item) => item.name === permitted)
  return ['queues', 'exchanges', 'bindings', 'policies', 'operator-policies'].includes(name)
    ? items.filter(({vhost}) => vhost === permitted)
    : items
}
