import type {PublishBatchCommandInput, SNSClient} from '@aws-sdk/client-sns'
import {describe, expect, test} from 'vitest'

import type {Headers} from '../../../src/model/envelope.ts'
import type {RoutingRule} from '../../../src/model/plan.ts'
import {topicWriter} from '../../../src/targets/sns/writer.ts'
import {decodeSqs} from '../../../src/targets/sqs/decode.ts'
import type {Receipt} from '../../../src/targets/target.ts'
import {batchOf, envelope, never, plain} from '../sqs/sqs-kit.ts'

const ARN = 'arn:aws:sns:eu-central-1:111122223333:orders'

type Entries = NonNullable<PublishBatchCommandInput['PublishBatchRequestEntries']>
type Answer = (entries: Entries) => unknown

const accepted: Answer = (entries) => ({
  Successful: entries.map(({Id}) => ({Id, MessageId: `m-${Id}`})),
  Failed: [],
})

const named = (name: string, status?: number): Error =>
  Object.assign(new Error(name), {name, ...(status && {$metadata: {httpStatusCode: status}})})

const fails = (error: Error) => (): never => {
  throw error
}

interface Options {
  readonly answer?: Answer
  readonly routing?: RoutingRule[]
  readonly fifo?: boolean
  readonly maximumBytes?: number
}

function writer({answer = accepted, routing = [], fifo = false, maximumBytes = 262_144}: Options = {}) {
  const requests: Entries[] = []
  const send = async ({input}: {input: PublishBatchCommandInput}): Promise<unknown> => {
    const entries = input.PublishBatchRequestEntries ?? []
    requests.push(entries)
    return answer(entries)
  }
  const target = topicWriter({
    move: {routing, order: fifo ? 'strict' : 'none', ...(fifo && {group: {by: 'routing-key' as const}})},
    topicArn: ARN,
    fifo,
    maximumBytes,
    client: {send: send as SNSClient['send']},
    credentials: {forget: () => undefined},
  })
  return {target, requests}
}

const outcomes = (receipts: readonly Receipt[]): string[] =>
  receipts.map(({outcome, ...rest}) => `${outcome}${'retryable' in rest && rest.retryable ? ', again' : ''}`)

const three = [1, 2, 3].map((id) => envelope({body: Buffer.from(`${id}`)}))

describe('what a request says of each message', () => {
  test('accepted, refused for good, refused for now, not mentioned', async () => {
    const {target} = writer({
      answer: () => ({
        Successful: [{Id: '0', MessageId: 'm'}],
        Failed: [{Id: '1', Code: 'InvalidParameter', SenderFault: true}],
      }),
    })
    const receipts = await target.send(batchOf(target, three), never)
    expect(outcomes(receipts)).toEqual(['accepted', 'refused', 'unknown'])
    expect(receipts[0]).toMatchObject({targetId: 'm'})
    expect(receipts[0]).not.toHaveProperty('md5')
    expect(receipts[1]).toMatchObject({reason: 'refused by SNS: InvalidParameter'})
    const later = writer({
      answer: () => ({Failed: [{Id: '0', Code: 'InternalError', SenderFault: false}], Successful: []}),
    })
    const one = await later.target.send(batchOf(later.target, three.slice(0, 1)), never)
    expect(outcomes(one)).toEqual(['refused, again'])
  })

  test.each([
    ['Throttled', 429],
    ['ThrottledException', 400],
    ['KMSThrottling', 400],
  ])('%s asks for less and is no attempt', async (name, status) => {
    const {target} = writer({answer: fails(named(name, status))})
    const receipts = await target.send(batchOf(target, three), never)
    expect(receipts).toMatchObject(three.map(() => ({outcome: 'refused', throttled: true})))
  })

  test.each([named('InternalFailure', 500), named('TimeoutError'), named('SyntaxError', 200)])(
    'nobody knows after %s',
    async (error) => {
      const {target} = writer({answer: fails(error)})
      const receipts = await target.send(batchOf(target, three), never)
      expect(receipts).toMatchObject(three.map(() => ({outcome: 'unknown', unknownAttempts: 1})))
    },
  )

  test('one message that refuses its whole request is found by halving', async () => {
    const {target, requests} = writer({
      answer(entries) {
        if (entries.some(({Message}) => Message === '2')) throw named('InvalidParameterException', 400)
        return accepted(entries)
      },
    })
    const receipts = await target.send(batchOf(target, three), never)
    expect(outcomes(receipts)).toEqual(['accepted', 'refused', 'accepted'])
    expect(requests.map(({length}) => length)).toEqual([3, 2, 1, 1, 1])
  })

  test.each([
    ['NotFoundException', 404, 'target-missing'],
    ['AuthorizationErrorException', 403, 'access-denied'],
    ['KMSDisabledException', 400, 'access-denied'],
  ])('%s stops the move', async (name, status, reason) => {
    const {target} = writer({answer: fails(named(name, status))})
    await expect(target.send(batchOf(target, three), never)).rejects.toMatchObject({kind: 'refused', reason})
  })

  test('a clock that the SDK has corrected costs one attempt', async () => {
    const skew = named('RequestExpired', 403)
    Object.assign(skew, {$metadata: {httpStatusCode: 403, clockSkewCorrected: true}})
    const {target} = writer({answer: fails(skew)})
    expect(outcomes(await target.send(batchOf(target, three), never))).toEqual(
      three.map(() => 'refused, again'),
    )
  })
})

test('the topic’s own limit is the limit of a message and of a batch', () => {
  const {target} = writer({maximumBytes: 4096})
  expect(target.limits).toEqual({batchSize: 10, batchBytes: 4096})
  const refused = target.encode(envelope({body: Buffer.alloc(4096, 'x')}), 0)
  expect(refused.refused).toContain('the topic takes 4096')
})

test('a delay is lost: SNS has none', () => {
  const {target} = writer()
  const {losses} = target.encode(envelope({notBefore: 10_000}), 0)
  expect(losses).toEqual([{rule: 'message-delay', field: 'notBefore', reason: 'SNS delays no message'}])
})

test('FIFO: group and deduplication id, which belong to the entry', async () => {
  const {target, requests} = writer({fifo: true})
  await target.send(batchOf(target, [envelope()]), never)
  expect(requests[0]?.[0]).toMatchObject({
    MessageGroupId: 'order.created',
    MessageDeduplicationId: expect.stringMatching(/^run-\d+$/),
  })
})

const ROUTING: RoutingRule[] = [
  {by: 'routing-key', attribute: 'rk'},
  {by: 'routing-key', attribute: 'n'},
  {by: 'routing-key', attribute: 'w1'},
  {by: 'header', attribute: 'tenant', header: 'tenant'},
  {by: 'header', attribute: 'header-a-b-12345678', header: 'a b'},
  {by: 'shard', attribute: 'shard', hashOn: null, count: 4},
]

async function attributesOf(headers: Headers, routing = ROUTING, routingKey = 'order.created') {
  const message = envelope({headers, source: {id: 'queue:%2F/mqlift.tap.shop', exchange: 'shop', routingKey}})
  const {target, requests} = writer({routing})
  const encoded = target.encode(message, 0)
  if (encoded.refused !== undefined) return {refused: encoded.refused, message}
  await target.send(batchOf(target, [message]), never)
  const attributes = requests[0]?.[0]?.MessageAttributes ?? {}
  return {attributes, message, body: requests[0]?.[0]?.Message}
}

const text = (StringValue: string) => ({DataType: 'String', StringValue})
const number = (StringValue: string) => ({DataType: 'Number', StringValue})

describe('attributes that subscriptions filter by', () => {
  test('are those that publishers set, and the message can still be read back', async () => {
    const {attributes, message, body} = await attributesOf([
      ['tenant', {t: 'S', v: 'acme'}],
      ['a b', {t: 'I', v: 7}],
    ])
    expect(attributes).toMatchObject({
      rk: text('order.created'),
      n: number('2'),
      w1: text('created'),
      tenant: text('acme'),
      'header-a-b-12345678': number('7'),
    })
    expect(Number(attributes?.['shard']?.StringValue)).toBeLessThan(4)
    expect(plain(decodeSqs({Body: body, MessageAttributes: attributes}))).toEqual(plain(message))
  })

  test.each<[Headers[number][1], ReturnType<typeof text>]>([
    [{t: 't', v: true}, text('true')],
    [{t: 'd', v: 1.25}, number('1.25')],
    [{t: 'D', v: {scale: 2, digits: 150}}, number('1.5')],
    [{t: 'l', v: 2n ** 60n}, text('(present)')],
    [{t: 'd', v: Number.NaN}, text('(present)')],
    [{t: 'd', v: 0.000001}, text('(present)')],
    [{t: 'S', v: ''}, text('(present)')],
    [{t: 'V', v: null}, text('(present)')],
    [{t: 'F', v: []}, text('(present)')],
    [{t: 'I', v: 100}, number('100')],
    [{t: 'I', v: 0}, number('0')],
  ])('a header %o as a filter can compare it', async (value, expected) => {
    const {attributes} = await attributesOf([['tenant', value]])
    expect(attributes?.['tenant']).toEqual(expected)
  })

  test('never more than ten, whatever a message brings along (raw delivery)', async () => {
    const many = Array.from({length: 20}, (_, index) => [`h${index}`, {t: 'S', v: 'v'}] as const)
    const routing: RoutingRule[] = ['rk', 'n', 'w0', 'w1', 'r0', 'r1', 'rkd'].map((attribute) => ({
      by: 'routing-key',
      attribute,
    }))
    const all = [...routing, ROUTING[3]].filter((rule) => rule !== undefined)
    const {attributes, message, body} = await attributesOf([['tenant', {t: 'S', v: 'a'}], ...many], all)
    expect(Object.keys(attributes ?? {})).toHaveLength(10)
    expect(plain(decodeSqs({Body: body, MessageAttributes: attributes}))).toEqual(plain(message))
  })

  test('an empty key has no words', async () => {
    const {attributes} = await attributesOf([], ROUTING, '')
    expect(attributes).toMatchObject({n: number('0')})
    expect(attributes).not.toHaveProperty('rk')
  })

  test('a key that SNS takes in no attribute is not sent: it would be dropped without a word', async () => {
    const {refused} = await attributesOf([], ROUTING, 'order.😀')
    expect(refused).toContain('its routing key has characters')
    const header = await attributesOf([['tenant', {t: 'S', v: '\u0001'}]])
    expect(header.refused).toContain('its header tenant has characters')
  })

  test('a second attempt goes to the same reader', async () => {
    const first = await attributesOf([['x', {t: 'S', v: 'v'}]])
    const again = await attributesOf([['x', {t: 'S', v: 'v'}]])
    expect(first.attributes?.['shard']).toEqual(again.attributes?.['shard'])
  })
})
