import {readFileSync} from 'node:fs'
import {createServer, type Server} from 'node:https'
import type {AddressInfo} from 'node:net'
import tlsModule from 'node:tls'

import {describe, expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../src/model/secret.ts'
import {ManagementApi} from '../../src/protocols/management.ts'
import {nodeTls, peerCertificate, type TlsOptions} from '../../src/protocols/tls.ts'

const file = (name: string): string => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname
const strict: TlsOptions = {caOnly: false, insecure: false}
const signal = new AbortController().signal

async function serve(name: string, options: tlsModule.TlsOptions = {}): Promise<number> {
  const certificate = {key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`))}
  const server: Server = createServer({...certificate, ...options}, (_, response) =>
    response.end('{"name":"x","tags":[]}'),
  )
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function connect(port: number, options: TlsOptions): Promise<string> {
  const tls = await nodeTls(options, {})
  const urls = [new URL(`https://localhost:${port}/`)]
  await using api = await ManagementApi.connect({urls, user: 'u', password: new Secret('p'), tls}, signal)
  return api.address
}

describe('a certificate', () => {
  test('of an unknown authority is refused, and accepted with its file', async () => {
    const port = await serve('good')
    await expect(connect(port, strict)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'tls',
      message: expect.stringContaining('CA this machine does not trust'),
    })
    await expect(connect(port, {...strict, caFile: file('ca.pem')})).resolves.toContain(String(port))
    await expect(connect(port, {...strict, caFile: file('ca.pem'), caOnly: true})).resolves.toContain(
      String(port),
    )
  })

  test.each([
    ['expired', 'expired'],
    ['wrong-name', 'another host name'],
  ])('that is %s is refused in words', async (name, words) => {
    const port = await serve(name)
    const connecting = connect(port, {...strict, caFile: file('ca.pem')})
    await expect(connecting).rejects.toMatchObject({reason: 'tls', message: expect.stringContaining(words)})
  })

  test('is not checked when the operator says so', async () => {
    await expect(connect(await serve('wrong-name'), {...strict, insecure: true})).resolves.toBeDefined()
  })

  test('of a client is shown when there is one, and missed when there is none', async () => {
    const port = await serve('good', {
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(file('ca.pem')),
    })
    const trusting = {...strict, caFile: file('ca.pem')}
    const own = {certFile: file('client.pem'), keyFile: file('client.key')}
    await expect(connect(port, {...trusting, ...own})).resolves.toBeDefined()
    await expect(connect(port, trusting)).rejects.toMatchObject({kind: 'unreachable'})
  })
})

test('a server with nothing newer than TLS 1.1 is refused', async () => {
  const port = await serve('good', {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  await expect(connect(port, {...strict, caFile: file('ca.pem')})).rejects.toMatchObject({reason: 'tls'})
})

test('a CA file adds to the trusted ones, unless it is the only one', async () => {
  const added = await nodeTls({...strict, caFile: file('ca.pem')}, {})
  expect(added.ca?.length).toBeGreaterThan(tlsModule.rootCertificates.length / 2)
  expect((await nodeTls({...strict, caFile: file('ca.pem'), caOnly: true}, {})).ca).toHaveLength(1)
})

test.each([
  [{...strict, caFile: '/nowhere/ca.pem'}, 'input'],
  [{...strict, caFile: file('README.md')}, 'input'],
  [{...strict, certFile: file('client.pem')}, 'usage'],
  [{...strict, caOnly: true}, 'usage'],
])('unusable files are said: %o', async (options, kind) => {
  await expect(nodeTls(options, {})).rejects.toMatchObject({kind})
})

test('verification switched off in the environment is refused', async () => {
  await expect(nodeTls(strict, {NODE_TLS_REJECT_UNAUTHORIZED: '0'})).rejects.toMatchObject({
    kind: 'refused',
    reason: 'tls-verification-disabled',
  })
})

test('the certificate of an endpoint can be looked at without trusting it', async () => {
  const port = await serve('expired')
  const seen = await peerCertificate({host: 'localhost', port}, await nodeTls(strict, {}), signal)
  expect(seen).toMatchObject({subject: 'expired', issuer: 'mqlift test CA', problem: expect.any(String)})
  expect(Date.parse(seen.validTo)).toBeGreaterThan(0)
})
