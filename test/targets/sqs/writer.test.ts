import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {DeleteQueueCommand, SendMessageBatchCommand, SQSClient} from '@aws-sdk/client-sqs'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import {awsConnection} from '../../../src/protocols/aws.ts'
import {targetPlatform} from '../../../src/targets/index.ts'
import {decodeSqs} from '../../../src/targets/sqs/decode.ts'
import {leanSender} from '../../../src/targets/sqs/sender.ts'
import type {SqsWire} from '../../../src/targets/sqs/wire.ts'
import {sqsWriter} from '../../../src/targets/sqs/writer.ts'
import type {ConnectedPlatform, Receipt, Target} from '../../../src/targets/target.ts'
import {
  awsError,
  clockAhead,
  expiredUntil,
  failEntries,
  FaultProxy,
  throttleBucket,
  wrongDigest,
} from '../../brokers/fault-proxy.ts'
import {type Fauxqs, startFauxqs} from '../../brokers/fauxqs.ts'
import {batchOf, drain, ENV, envelope, moveTo, never, plain, queueStep, REGION} from './sqs-kit.ts'

let fauxqs: Fauxqs
let proxy: FaultProxy
let platform: ConnectedPlatform
let queue: Resource
let target: Target
let queues = 0

beforeAll(async () => {
  fauxqs = await startFauxqs()
  proxy = await FaultProxy.to(fauxqs.endpoint)
  const folder = await targetPlatform('sqs-standard')
  platform = await folder.connect({region: REGION, endpoint: proxy.endpoint, env: ENV})
})

afterAll(async () => {
  await platform[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await fauxqs[Symbol.asyncDispose]()
})

async function freshQueue(name = `q${queues++}`): Promise<Resource> {
  const options = {execute: true, cutover: false, resolved: new Map()}
  const {resource} = await platform.provision(queueStep(name), options, never)
  if (!resource) throw new Error('no queue')
  return resource
}

beforeEach(async () => {
  queue = await freshQueue()
  target = await platform.open(moveTo(queueStep(queue.step.slice(10))), queue, never)
  proxy.requests.length = 0
})

afterEach(() => {
  proxy.rule = () => undefined
})

const numbered = (count: number) =>
  Array.from({length: count}, (_, i) => envelope({body: Buffer.from(`${i}`)}))
const outcomes = (receipts: readonly Receipt[]) => receipts.map(({outcome}) => outcome)
const send = (messages: readonly ReturnType<typeof envelope>[]) =>
  target.send(batchOf(target, messages), never)
const stored = async (wanted: number) =>
  (await drain(fauxqs.endpoint, queue.address, wanted)).map(({Body}) => Body)
/** Only what the mover does: control calls pass. */
const onSend =
  (rule: FaultProxy['rule']): FaultProxy['rule'] =>
  (request, count) =>
    request.action === 'SendMessageBatch' ? rule(request, count) : undefined

describe('when all is well', () => {
  test('every message has its own receipt, and comes back as it was', async () => {
    const messages = numbered(10)
    const batch = batchOf(target, messages)
    const receipts = await target.send(batch, never)
    expect(receipts.map(({entry}) => entry)).toEqual([...batch.keys()])
    expect(outcomes(receipts)).toEqual(messages.map(() => 'accepted'))
    const found = await drain(fauxqs.endpoint, queue.address, 10)
    expect(found.map((one) => plain(decodeSqs(one)))).toEqual(messages.map(plain))
    const accepted = receipts.map((one) => (one.outcome === 'accepted' ? one.targetId : ''))
    expect(new Set(accepted)).toEqual(new Set(found.map(({MessageId}) => MessageId)))
    expect(proxy.requests.map(({action}) => action)).toEqual(['SendMessageBatch'])
  })

  test('the request is what the SDK would have sent', async () => {
    const message = envelope({body: Buffer.from('quote " backslash \\ tab \t line\r\n ü €')})
    const wire = target.encode(message, 0).wire as SqsWire
    await send([message])
    const sdk = sdkClient(proxy.endpoint)
    await sdk.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.address,
        Entries: [
          {
            Id: '0',
            MessageBody: Buffer.from(wire.body).toString('utf8'),
            MessageAttributes: Object.fromEntries(
              wire.attributes.map(([name, StringValue]) => [name, {DataType: 'String', StringValue}]),
            ),
          },
        ],
      }),
    )
    sdk.destroy()
    const [ours, theirs] = proxy.requests
    expect(JSON.parse(ours?.body.toString('utf8') ?? '')).toEqual(
      JSON.parse(theirs?.body.toString('utf8') ?? ''),
    )
    expect(ours?.headers['x-amz-target']).toBe(theirs?.headers['x-amz-target'])
    expect(ours?.headers['content-type']).toBe(theirs?.headers['content-type'])
    const signed = /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/us-east-1\/sqs\/aws4_request, /
    expect(ours?.headers.authorization).toMatch(signed)
    expect(theirs?.headers.authorization).toMatch(signed)
  })
})

function sdkClient(endpoint: string): SQSClient {
  return new SQSClient({
    region: REGION,
    endpoint,
    credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
  })
}

describe('certainly not accepted (reliability.md 2.6)', () => {
  test('T1 throttled: refused, to be tried again, no attempt on the message, nothing stored', async () => {
    proxy.rule = onSend(throttleBucket(0, 0, Date.now))
    const receipts = await send(numbered(3))
    expect(receipts).toMatchObject(
      [1, 2, 3].map(() => ({outcome: 'refused', retryable: true, throttled: true, unknownAttempts: 0})),
    )
    expect(await stored(1)).toEqual([])
  })

  test.each(['OverLimit', 'KmsThrottled', 'ThrottlingException'])('T2 %s is throttling', async (code) => {
    proxy.rule = onSend(() => awsError(400, code))
    expect(await send(numbered(1))).toMatchObject([{outcome: 'refused', throttled: true}])
  })

  test.each([...Array(10).keys()])('T3 entry %i fails alone, for the service’s reasons', async (failing) => {
    proxy.rule = onSend(failEntries((id) => id === String(failing)))
    const receipts = await send(numbered(10))
    expect(outcomes(receipts)).toEqual(
      Array.from({length: 10}, (_, i) => (i === failing ? 'refused' : 'accepted')),
    )
    expect(receipts[failing]).toMatchObject({retryable: true, reason: 'refused by SQS: InternalError'})
    expect(await stored(9)).toHaveLength(9)
  })

  test('T3 for our own fault: not to be tried again', async () => {
    proxy.rule = onSend(failEntries((id) => id === '1', 'InvalidMessageContents', true))
    const receipts = await send(numbered(2))
    expect(receipts[1]).toMatchObject({outcome: 'refused', retryable: false})
  })

  test('T5 a request that is refused as a whole is halved until the bad message is alone', async () => {
    proxy.rule = onSend(({body}) =>
      body.includes('"MessageBody":"6"') ? awsError(400, 'InvalidMessageContents') : undefined,
    )
    const receipts = await send(numbered(10))
    expect(outcomes(receipts)).toEqual(Array.from({length: 10}, (_, i) => (i === 6 ? 'refused' : 'accepted')))
    expect(receipts[6]).toMatchObject({retryable: false, reason: 'refused by SQS: InvalidMessageContents'})
    expect(await stored(9)).toHaveLength(9)
  })

  test('nobody listens: unreachable, nothing is known to have been sent', async () => {
    const nowhere = awsConnection({region: REGION, endpoint: 'http://127.0.0.1:1', env: ENV})
    const lost = writerOn(nowhere)
    await expect(lost.send(batchOf(lost, numbered(1)), never)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'not-sent',
    })
    nowhere.close()
  })
})

function writerOn(connection: ReturnType<typeof awsConnection>, url = queue.address): Target {
  return sqsWriter({
    move: moveTo(queueStep('q')),
    queueUrl: url,
    maximumBytes: 1_048_576,
    sendBatch: leanSender(connection),
    credentials: connection.credentials,
  })
}

describe('unknown outcomes (T7): counted, never resent by the writer', () => {
  test('response lost after acceptance (M13)', async () => {
    proxy.rule = onSend(() => ({do: 'cut', when: 'after'}))
    const receipts = await send(numbered(3))
    expect(receipts).toMatchObject([1, 2, 3].map(() => ({outcome: 'unknown', unknownAttempts: 1})))
    expect(proxy.count('SendMessageBatch')).toBe(1)
    expect(await stored(3)).toHaveLength(3)
  })

  test('request cut before it arrived', async () => {
    proxy.rule = onSend(() => ({do: 'cut', when: 'before'}))
    expect(outcomes(await send(numbered(2)))).toEqual(['unknown', 'unknown'])
    expect(await stored(1)).toEqual([])
  })

  test.each([500, 502, 503, 504])('status %i after acceptance', async (status) => {
    proxy.rule = onSend(() => ({
      do: 'answer',
      answer: {status, body: '<html>no</html>', headers: {'content-type': 'text/html'}},
    }))
    expect(outcomes(await send(numbered(1)))).toEqual(['unknown'])
    expect(proxy.count('SendMessageBatch')).toBe(1)
  })

  test('no answer at all (M14)', async () => {
    proxy.rule = onSend(() => ({do: 'hang', when: 'after'}))
    const impatient = awsConnection({
      region: REGION,
      endpoint: proxy.endpoint,
      env: ENV,
      requestTimeoutMs: 200,
    })
    const writer = writerOn(impatient)
    const receipts = await writer.send(batchOf(writer, numbered(2)), never)
    expect(receipts).toMatchObject(
      [1, 2].map(() => ({outcome: 'unknown', reason: 'no certain answer: TimeoutError'})),
    )
    impatient.close()
    expect(await stored(2)).toHaveLength(2)
  })

  test('stopped while the request is under way', async () => {
    const stop = new AbortController()
    proxy.rule = onSend(() => ({do: 'hang', when: 'after'}))
    const sending = target.send(batchOf(target, numbered(1)), stop.signal)
    await sleep(50)
    stop.abort()
    expect(outcomes(await sending)).toEqual(['unknown'])
  })

  test('an answer that does not mention a message, and one that is no answer', async () => {
    proxy.rule = onSend((_, count) => ({
      do: 'pass',
      response: (body) =>
        count === 0 ? JSON.stringify({Successful: JSON.parse(body).Successful.slice(1)}) : '{"Successful',
    }))
    expect(outcomes(await send(numbered(2)))).toEqual(['unknown', 'accepted'])
    expect(outcomes(await send(numbered(1)))).toEqual(['unknown'])
  })
})

describe('altered at the target (T10)', () => {
  test.each(['MD5OfMessageBody', 'MD5OfMessageAttributes'] as const)('%s is not ours', async (field) => {
    proxy.rule = onSend(() => wrongDigest(field, '1'))
    const receipts = await send(numbered(3))
    expect(outcomes(receipts)).toEqual(['accepted', 'refused', 'accepted'])
    expect(receipts[1]).toMatchObject({
      retryable: false,
      reason: expect.stringMatching(/^altered at the target: .*[0-9a-f-]{36}/),
    })
    proxy.rule = () => undefined
    await expect(send(numbered(1))).rejects.toMatchObject({kind: 'incomplete', reason: 'altered-at-target'})
    expect(proxy.count('SendMessageBatch')).toBe(1)
  })
})

describe('what stops or pauses a lane', () => {
  test.each([
    ['AccessDenied', 403],
    ['KmsAccessDenied', 400],
    ['InvalidClientTokenId', 403],
  ])('T17 %s: stop, after one request', async (code, status) => {
    proxy.rule = onSend(() => awsError(status, code))
    await expect(send(numbered(10))).rejects.toMatchObject({kind: 'refused', reason: 'access-denied'})
    expect(proxy.count('SendMessageBatch')).toBe(1)
  })

  test('T17 every entry fails for lack of a right to the key: stop', async () => {
    proxy.rule = onSend(failEntries(() => true, 'KmsAccessDenied', true))
    await expect(send(numbered(2))).rejects.toMatchObject({kind: 'refused', reason: 'access-denied'})
  })

  test('T16 expired credentials: pause; goes on by itself when somebody has signed in', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mqlift-')), 'signed-in')
    proxy.rule = onSend(expiredUntil(file))
    await expect(send(numbered(1))).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'credentials-expired',
    })
    writeFileSync(file, '')
    expect(outcomes(await send(numbered(1)))).toEqual(['accepted'])
  })

  test('T18 the queue is deleted mid-run: stop', async () => {
    const client = sdkClient(fauxqs.endpoint)
    await client.send(new DeleteQueueCommand({QueueUrl: queue.address}))
    await expect(send(numbered(1))).rejects.toMatchObject({kind: 'refused', reason: 'target-missing'})
    await expect(platform.open(moveTo(queueStep('gone')), queue, never)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'target-missing',
    })
    client.destroy()
  })

  test('T18 the queue was made again under the same name: refused at open', async () => {
    const before = {...queue, createdAt: '2026-01-01T00:00:00.000Z'}
    await expect(platform.open(moveTo(queueStep('again')), before, never)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'target-replaced',
    })
    const elsewhere = {...queue, arn: queue.arn.replace('000000000000', '999999999999')}
    await expect(platform.open(moveTo(queueStep('other')), elsewhere, never)).rejects.toMatchObject({
      kind: 'refused',
    })
  })

  test('F6 M17 a clock two hours off costs one attempt and no message', async () => {
    proxy.rule = onSend(clockAhead(2 * 3_600_000))
    const connection = awsConnection({region: REGION, endpoint: proxy.endpoint, env: ENV})
    const writer = writerOn(connection)
    const first = await writer.send(batchOf(writer, numbered(1)), never)
    expect(first).toMatchObject([{outcome: 'refused', retryable: true, unknownAttempts: 0}])
    expect(outcomes(await writer.send(batchOf(writer, numbered(1)), never))).toEqual(['accepted'])
    connection.close()
  })

  test('a signature that is wrong for another reason is no matter of clocks', async () => {
    proxy.rule = onSend(() => awsError(403, 'InvalidSignatureException', {date: new Date().toUTCString()}))
    await expect(send(numbered(1))).rejects.toMatchObject({kind: 'refused', reason: 'access-denied'})
  })
})

describe('what a caller may not do', () => {
  test('more than ten, more than 1 MiB, a refused message', async () => {
    await expect(send(numbered(11))).rejects.toThrow('a batch of 11')
    await expect(target.send(new Map(), never)).rejects.toThrow('a batch of 0')
    const large = envelope({body: Buffer.alloc(600_000, 'x')})
    await expect(send([large, large])).rejects.toThrow('above 1048576 bytes')
    const refused = target.encode(envelope({body: Buffer.alloc(1_048_577, 'x')}), 0)
    await expect(target.send(new Map([[{seq: 1}, {...refused, bytes: 1}]]), never)).rejects.toThrow('refused')
    expect(proxy.count('SendMessageBatch')).toBe(0)
  })

  test('two messages of one group in a strictly ordered request, or no deduplication id (T4)', async () => {
    const resource = await freshQueue(`f${queues++}.fifo`)
    const fifo = await platform.open(moveTo(queueStep('f.fifo')), resource, never)
    await expect(fifo.send(batchOf(fifo, numbered(2)), never)).rejects.toThrow('one group')
    const encoded = fifo.encode(envelope(), Date.now())
    await expect(fifo.send(new Map([[{seq: 1}, encoded]]), never)).rejects.toThrow('deduplication id')
  })
})

describe('FIFO', () => {
  test('T14 two equal messages are two; the same entry twice is one', async () => {
    queue = await freshQueue(`f${queues++}.fifo`)
    const fifo = await platform.open(moveTo(queueStep('f.fifo')), queue, never)
    const twin = fifo.encode(envelope(), Date.now())
    const [first, second] = [
      {seq: 1, dedupId: 'run-a'},
      {seq: 2, dedupId: 'run-b'},
    ]
    const receipts: Receipt[] = []
    for (const entry of [first, second, first])
      receipts.push(...(await fifo.send(new Map([[entry, twin]]), never)))
    expect(outcomes(receipts)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(await stored(3)).toHaveLength(2)
  })

  test('T13 groups that SQS would refuse stay apart and in order', async () => {
    queue = await freshQueue(`f${queues++}.fifo`)
    const move = moveTo(queueStep('f.fifo'), {group: {by: 'header', name: 'g'}})
    const fifo = await platform.open(move, queue, never)
    for (let round = 0; round < 3; round++) {
      const messages = ['a b', 'ä', 'x'.repeat(300)].map((g) =>
        envelope({headers: [['g', {t: 'S', v: g}]], body: Buffer.from(`${g.slice(0, 3)} ${round}`)}),
      )
      expect(outcomes(await fifo.send(batchOf(fifo, messages), never))).toEqual([
        'accepted',
        'accepted',
        'accepted',
      ])
    }
    const bodies = await stored(9)
    for (const g of ['a b', 'ä', 'xxx'])
      expect(bodies.filter((body) => body?.startsWith(g))).toEqual([`${g} 0`, `${g} 1`, `${g} 2`])
  })
})

test('T6 a message of exactly the limit is sent, one byte more is refused before sending', async () => {
  const overhead = target.encode(envelope({body: Buffer.from('x')}), 0).bytes - 1
  const atLimit = envelope({body: Buffer.alloc(1_048_576 - overhead, 'x')})
  expect(outcomes(await send([atLimit]))).toEqual(['accepted'])
  const above = target.encode(envelope({body: Buffer.alloc(1_048_577 - overhead, 'x')}), 0)
  expect(above.refused).toMatch(/^too large: 1048577/)
})

test('the queue’s own limit counts', async () => {
  const step = queueStep(`small${queues++}`, {maximumMessageSize: 2048})
  const {resource} = await platform.provision(
    step,
    {execute: true, cutover: false, resolved: new Map()},
    never,
  )
  const small = await platform.open(moveTo(step), resource ?? queue, never)
  expect(small.encode(envelope({body: Buffer.alloc(2048, 'x')}), 0).refused).toMatch(/the queue takes 2048/)
})

test('a queue whose name was deleted a moment ago is waited for', async () => {
  proxy.rule = ({action}, number) =>
    action === 'CreateQueue' && number === 0 ? awsError(400, 'QueueDeletedRecently') : undefined
  const started = Date.now()
  const {address} = await freshQueue()
  expect(address).toMatch(/\/q\d+$/)
  expect(Date.now() - started).toBeGreaterThan(1900)
  expect(proxy.count('CreateQueue')).toBe(2)
})

test('control calls are repeated by the SDK when AWS throttles them', async () => {
  proxy.rule = ({action}, number) =>
    action === 'GetQueueUrl' && number === 0 ? awsError(400, 'RequestThrottled') : undefined
  await expect(freshQueue()).resolves.toMatchObject({origin: 'created'})
})

test('a right that is missing is named with what was tried', async () => {
  proxy.rule = ({action}) => (action === 'CreateQueue' ? awsError(403, 'AccessDenied') : undefined)
  await expect(freshQueue('forbidden')).rejects.toMatchObject({
    kind: 'unreachable',
    reason: 'access-denied',
    message: 'creating queue forbidden: AWS denied access (AccessDenied)',
  })
})

test('moving needs the rights to look and to send, no others (SEC-45)', async () => {
  const step = queueStep(`rights${queues++}`)
  const resource = await freshQueue(step.name)
  proxy.requests.length = 0
  const writer = await platform.open(moveTo(step), resource, never)
  await writer.send(batchOf(writer, numbered(1)), never)
  await platform.count(resource, never)
  expect(new Set(proxy.requests.map(({action}) => action))).toEqual(
    new Set(['GetQueueAttributes', 'SendMessageBatch']),
  )
})
