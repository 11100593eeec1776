import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import {expect, onTestFinished, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {Secret} from '../../src/model/secret.ts'
import {connect} from '../../src/protocols/amqp091/connect.ts'
import {connectAmqp1} from '../../src/protocols/amqp1/connect.ts'
import {
  credentials,
  managementUrls,
  parseAddress,
  refusePlaintext,
} from '../../src/protocols/broker-address.ts'
import {ManagementWriter} from '../../src/protocols/management-writer.ts'
import {ManagementApi} from '../../src/protocols/management.ts'
import {explainTlsError} from '../../src/protocols/tls.ts'
import {OF_SOURCE, OF_TARGET, type Words} from '../../src/protocols/words.ts'

const signal = new AbortController().signal
const tls = {minVersion: 'TLSv1.2', rejectUnauthorized: true} as const
const password = new Secret('x')

/** Flags, variables and commands that do nothing for a target. */
const OF_A_SOURCE =
  /MQLIFT_(SOURCE|MANAGEMENT)_PASSWORD|--(management|password-file|ca-file|cert-file|allow-plaintext)|export_definitions|terminal|neither a file/

async function said(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (error instanceof MqliftError) return [error.message, ...error.suggestions].join('\n')
    throw error
  }
  throw new Error('it did not throw')
}

/** An HTTP server that answers `whoami`, and everything else like this. */
async function api(status: number, body: string): Promise<URL> {
  const server = createServer(({url}, response) => {
    response.writeHead(url === '/api/whoami' ? 200 : status, {location: 'https://elsewhere.invalid/'})
    response.end(url === '/api/whoami' ? '{}' : body)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

async function read(url: URL, words: Words): Promise<void> {
  await using management = await ManagementApi.connect({urls: [url], user: 'u', password, tls, words}, signal)
  await management.get(['queues'], {}, signal)
}

async function write(url: URL, words: Words): Promise<void> {
  await using writer = new ManagementWriter(url.origin, {urls: [url], user: 'u', password, tls, words})
  await writer.write('PUT', ['queues'], {}, signal)
}

const NOWHERE = new URL('http://127.0.0.1:1/')
const LOGIN_FAILED = '{"error":"not_authorized"}'
const urls = (management: string, words: Words): unknown =>
  managementUrls(parseAddress('amqps://u@h/'), {management, allowPlaintext: false, words})
const amqp = (port: number, words: Words): Promise<unknown> =>
  connect(
    {tls: false, hosts: [{host: '127.0.0.1', port}], user: 'u', password, vhost: '/'},
    {tls, connectionName: 'mqlift:test', words},
    signal,
  )
const amqp1 = (secure: boolean, port: number, words: Words): Promise<unknown> =>
  connectAmqp1(
    {tls: secure, hosts: [{host: '127.0.0.1', port}], user: 'u', password},
    {tls, connectionName: 'mqlift:test', words},
    signal,
  )
const portOf = async (): Promise<number> => Number((await api(400, '')).port)

const CASES: readonly (readonly [string, (words: Words) => unknown])[] = [
  ['a management address', (words) => parseAddress('https://h/', words)],
  ['no address', (words) => parseAddress('nonsense', words)],
  ['a password in the address', (words) => parseAddress('amqps://u:p@h/', words)],
  ['no password', (words) => credentials(parseAddress('amqps://u@h/'), {words})],
  ['no encryption', (words) => refusePlaintext(parseAddress('amqp://h/'), false, words)],
  ['no management address', (words) => urls('nonsense', words)],
  ['a password in the management address', (words) => urls('https://u:p@h/', words)],
  ['no encryption of the API', (words) => urls('http://h/', words)],
  ['no API', (words) => read(NOWHERE, words)],
  ['another website', async (words) => read(await api(200, '<html>'), words)],
  ['a redirect', async (words) => read(await api(302, ''), words)],
  ['a wrong password for the API', async (words) => read(await api(401, LOGIN_FAILED), words)],
  ['no API to write to', (words) => write(NOWHERE, words)],
  ['a wrong password while writing', async (words) => write(await api(401, LOGIN_FAILED), words)],
  ['HTTP instead of AMQP', async (words) => amqp(await portOf(), words)],
  ['no TLS', async (words) => amqp1(true, await portOf(), words)],
]

test.each(CASES)('%s: a target is told nothing of a source', async (_, run) => {
  expect(await said(() => run(OF_TARGET))).not.toMatch(OF_A_SOURCE)
  expect(await said(() => run(OF_SOURCE))).toMatch(
    /MQLIFT_(SOURCE|MANAGEMENT)_PASSWORD|--(management|cert-file|allow-plaintext)|definitions\.json/,
  )
})

test('an untrusted certificate says where its CA is named', () => {
  expect(explainTlsError('CERT_HAS_EXPIRED')?.suggestion).toContain('--ca-file')
  expect(explainTlsError('CERT_HAS_EXPIRED', OF_TARGET)?.suggestion).toContain('caFile: under brokers:')
})

test('the login that a broker ships is taken on this machine only', () => {
  const local = credentials(parseAddress('amqp://admin@localhost/'), {words: OF_TARGET}, 'admin')
  expect(local.password.reveal()).toBe('admin')
  expect(() => credentials(parseAddress('amqp://guest@localhost/'), {}, 'admin')).toThrow('password')
  expect(() => credentials(parseAddress('amqps://admin@mq.corp/'), {}, 'admin')).toThrow('password')
})
