import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs'
import {createServer, request as httpRequest, type RequestListener} from 'node:http'
import {createServer as createHttpsServer} from 'node:https'
import {type AddressInfo, connect, type Server} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {ListQueuesCommand, SQSClient} from '@aws-sdk/client-sqs'
import {afterEach, describe, expect, onTestFinished, test, vi} from 'vitest'

import {credentialChain} from '../../src/protocols/aws-credentials.ts'
import {awsFailure, errorFacts, faultOf} from '../../src/protocols/aws-errors.ts'
import {callerIdentity} from '../../src/protocols/aws-identity.ts'
import {type AwsOptions, awsConnection, isAws} from '../../src/protocols/aws.ts'
import {startFauxqs} from '../brokers/fauxqs.ts'

const KEYS = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'}
const tlsFile = (name: string): string => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname

async function listening(server: Server & {closeAllConnections(): void}): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Answers ListQueues, and refuses STS as an emulator without it does. */
const queuesOnly: RequestListener = (request, response) => {
  const known = request.headers['x-amz-target'] === 'AmazonSQS.ListQueues'
  response.writeHead(known ? 200 : 400, {'content-type': 'application/x-amz-json-1.0'})
  response.end(known ? '{"QueueUrls":["http://localhost/111122223333/q"]}' : '{"__type":"InvalidAction"}')
}

const https = (certificate: string): Promise<number> =>
  listening(
    createHttpsServer(
      {key: readFileSync(tlsFile(`${certificate}.key`)), cert: readFileSync(tlsFile(`${certificate}.pem`))},
      queuesOnly,
    ),
  )

async function listQueues(options: AwsOptions): Promise<string> {
  const connection = awsConnection(options)
  onTestFinished(() => connection.close())
  try {
    const {QueueUrls} = await new SQSClient(connection.client).send(new ListQueuesCommand())
    return QueueUrls?.[0] ?? 'none'
  } catch (error) {
    return faultOf(errorFacts(error))
  }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

const at = async (certificate: string, env: AwsOptions['env']): Promise<string> =>
  listQueues({region: 'eu-central-1', endpoint: `https://127.0.0.1:${await https(certificate)}`, env})

/** Passes on plain requests and tunnels, and remembers what it was asked for. */
async function startProxy(): Promise<{url: string; seen: string[]}> {
  const seen: string[] = []
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    const {hostname, port, pathname} = new URL(request.url ?? '')
    const {method, headers} = request
    request.pipe(
      httpRequest({hostname, port, path: pathname, method, headers}, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  proxy.on('connect', (request, client) => {
    seen.push(`CONNECT ${request.url}`)
    const [host, port] = (request.url ?? '').split(':')
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      server.pipe(client).pipe(server)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  return {url: `http://127.0.0.1:${await listening(proxy)}`, seen}
}

const chain = (env: AwsOptions['env']) =>
  credentialChain({env, region: 'eu-central-1', http: awsConnection({region: 'eu-central-1', env}).http})

describe('certificates', () => {
  test('AWS_CA_BUNDLE adds an authority; nothing else is trusted, and no bad certificate is', async () => {
    const bundle = {...KEYS, AWS_CA_BUNDLE: tlsFile('ca.pem')}
    expect(await at('good', bundle)).toBe('http://localhost/111122223333/q')
    expect(await at('good', KEYS)).toBe('untrusted')
    expect(await at('expired', bundle)).toBe('untrusted')
    expect(await at('wrong-name', bundle)).toBe('untrusted')
  })

  test('a bundle that cannot be read is named', () => {
    expect(() => awsConnection({region: 'eu-central-1', env: {AWS_CA_BUNDLE: '/nowhere.pem'}})).toThrow(
      expect.objectContaining({kind: 'input', file: '/nowhere.pem'}),
    )
  })
})

describe('proxies', () => {
  test('HTTP_PROXY, HTTPS_PROXY through a tunnel, NO_PROXY', async () => {
    const proxy = await startProxy()
    const plain = `http://127.0.0.1:${await listening(createServer(queuesOnly))}`
    const secure = `https://127.0.0.1:${await https('good')}`
    const env = {...KEYS, HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: tlsFile('ca.pem')}
    const region = 'eu-central-1'
    expect(await listQueues({region, endpoint: plain, env})).toMatch(/111122223333/)
    expect(await listQueues({region, endpoint: secure, env})).toMatch(/111122223333/)
    expect(proxy.seen).toEqual([`POST ${plain}/`, `CONNECT ${secure.slice('https://'.length)}`])
    expect(await listQueues({region, endpoint: plain, env: {...env, NO_PROXY: '127.0.0.1'}})).toMatch(/1111/)
    expect(proxy.seen).toHaveLength(2)
  })
})

describe('who we are', () => {
  test('STS says so', async () => {
    await using fauxqs = await startFauxqs()
    expect(await callerIdentity({region: fauxqs.region, endpoint: fauxqs.endpoint, env: KEYS})).toEqual({
      account: '000000000000',
      arn: 'arn:aws:iam::000000000000:root',
      evidence: 'sts:GetCallerIdentity',
    })
  })

  test('an emulator without STS: the account of its first queue, and where that came from', async () => {
    const endpoint = `http://127.0.0.1:${await listening(createServer(queuesOnly))}`
    const {account, evidence} = await callerIdentity({region: 'eu-central-1', endpoint, env: KEYS})
    expect(account).toBe('111122223333')
    expect(evidence).toBe(`${endpoint} answers no sts:GetCallerIdentity: account of its first queue`)
  })

  test('nobody there: unreachable', async () => {
    const options = {region: 'eu-central-1', endpoint: 'http://127.0.0.1:1', env: KEYS}
    await expect(callerIdentity(options)).rejects.toMatchObject({kind: 'unreachable', reason: 'not-sent'})
  })

  test.each([
    [undefined, true],
    ['https://sqs.eu-central-1.amazonaws.com', true],
    ['https://vpce-0a-1b.sqs.eu-central-1.vpce.amazonaws.com', true],
    ['https://sqs.cn-north-1.amazonaws.com.cn', true],
    ['http://127.0.0.1:4566', false],
    ['https://amazonaws.com.evil.example', false],
  ])('%s is AWS: %s', (endpoint, expected) => expect(isAws(endpoint)).toBe(expected))
})

describe('credentials', () => {
  test('from the environment we were given, the session token too', async () => {
    expect(await chain({...KEYS, AWS_SESSION_TOKEN: 'token'})()).toEqual({
      accessKeyId: 'test',
      secretAccessKey: 'test',
      sessionToken: 'token',
    })
  })

  test('a profile whose file a sign-in tool has rewritten is read again after forget (T16)', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mqlift-')), 'credentials')
    const write = (key: string): void =>
      writeFileSync(file, `[work]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`)
    write('old')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_CONFIG_FILE', join(file, 'none'))
    const credentials = chain({AWS_PROFILE: 'work'})
    expect(await credentials()).toMatchObject({accessKeyId: 'old'})
    write('new')
    expect(await credentials()).toMatchObject({accessKeyId: 'old'})
    credentials.forget()
    expect(await credentials()).toMatchObject({accessKeyId: 'new'})
  })

  test('none at all: the words say what to do', async () => {
    for (const name of [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_PROFILE',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    ])
      vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    const failure = await chain({})().then(
      () => undefined,
      (error: unknown) => awsFailure(error, 'reading the AWS account'),
    )
    expect(failure).toMatchObject({kind: 'unreachable', reason: 'credentials-expired'})
    expect(failure?.suggestions[0]).toMatch(/aws sso login/)
  })
})

describe('what an error means', () => {
  test.each([
    ['RequestThrottled', 400, 'throttled'],
    ['com.amazonaws.sqs#RequestThrottled', 400, 'throttled'],
    ['OverLimit', 403, 'throttled'],
    ['Whatever', 429, 'throttled'],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 'target-missing'],
    ['AccessDeniedException', 403, 'access-denied'],
    ['ExpiredTokenException', 403, 'credentials-expired'],
    ['RequestTimeTooSkewed', 403, 'clock-skew'],
    ['InvalidMessageContents', 400, 'refused'],
    ['ServiceUnavailable', 503, 'unknown'],
    ['InternalError', 500, 'unknown'],
    ['AbortError', undefined, 'unknown'],
  ])('%s %s is %s', (name, status, fault) => {
    expect(faultOf({name, message: '', ...(status !== undefined && {status})})).toBe(fault)
  })

  test.each([
    [{code: 'ECONNREFUSED', syscall: 'connect'}, 'not-sent'],
    [{code: 'ENOTFOUND', syscall: 'getaddrinfo'}, 'not-sent'],
    [{code: 'EHOSTUNREACH', syscall: 'connect'}, 'not-sent'],
    [{code: 'ECONNRESET', syscall: 'read'}, 'unknown'],
    [{code: 'EPIPE', syscall: 'write'}, 'unknown'],
    [{code: 'ETIMEDOUT'}, 'unknown'],
    [{code: 'CERT_HAS_EXPIRED'}, 'untrusted'],
    [{code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'}, 'untrusted'],
    [{code: 'ERR_TLS_CERT_ALTNAME_INVALID'}, 'untrusted'],
    [{code: 'ERR_SSL_WRONG_VERSION_NUMBER'}, 'untrusted'],
    [{code: 'ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE'}, 'untrusted'],
    // In the middle of an answer: the message may be there (reliability.md, rule 3).
    [{code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'}, 'unknown'],
    [{code: 'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC'}, 'unknown'],
  ])('%j is %s', (facts, fault) => {
    expect(faultOf(errorFacts(Object.assign(new Error('no'), facts)))).toBe(fault)
  })

  test('several addresses tried in vain: what each of them said', () => {
    const refused = Object.assign(new Error('refused'), {code: 'ECONNREFUSED', syscall: 'connect'})
    const all = Object.assign(new AggregateError([refused, refused]), {code: 'ETIMEDOUT'})
    expect(faultOf(errorFacts(all))).toBe('not-sent')
  })
})

test('each service may have an endpoint of its own; --endpoint is for all of them', () => {
  const env = {
    AWS_ENDPOINT_URL: 'http://all',
    AWS_ENDPOINT_URL_SQS: 'https://vpce-1.sqs.eu-central-1.vpce.amazonaws.com',
  }
  const open = (options: Partial<AwsOptions>) => {
    const connection = awsConnection({region: 'eu-central-1', env, ...options})
    connection.close()
    return connection.endpoints
  }
  expect(open({})).toEqual({sqs: env.AWS_ENDPOINT_URL_SQS, sns: 'http://all', sts: 'http://all'})
  expect(open({endpoint: 'http://x'})).toEqual({sqs: 'http://x', sns: 'http://x', sts: 'http://x'})
  const ignored = {...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true'}
  expect(open({env: ignored})).toEqual({sqs: undefined, sns: undefined, sts: undefined})
})
