import {createSecretKey} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {decodeEnvelope, digest, encodeHead} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'

const base: Envelope = {
  v: 1,
  source: {id: 'queue:%2F/orders'},
  properties: {},
  headers: [],
  body: Buffer.alloc(0),
  delivery: {redelivered: false},
}

const CASES: Readonly<Record<string, Envelope>> = {
  'nothing set': base,
  'address, identity, group and times': {
    ...base,
    source: {id: 'queue:%2F/orders', exchange: '', routingKey: 'order.created'},
    identity: 'id-1',
    group: 'customer-7',
    seq: 42,
    notBefore: 1_700_000_000_000,
    expiresAt: 1_700_000_060_000,
    body: Buffer.from('{"id":1}'),
  },
  'every property': {
    ...base,
    properties: {
      contentType: 'application/json',
      contentEncoding: 'gzip',
      deliveryMode: 2,
      priority: 9,
      correlationId: 'c',
      replyTo: 'r',
      expiration: '60000',
      messageId: 'm',
      timestamp: 1_700_000_000n,
      type: 't',
      userId: 'u',
      appId: 'a',
      clusterId: 'x',
    },
  },
  'every header type': {
    ...base,
    headers: [
      ['text', {t: 'S', v: 'grün 😀'}],
      ['text that is not UTF-8', {t: 'S', v: Buffer.from([0xff, 0xfe])}],
      ['bytes', {t: 'x', v: Buffer.from([0, 1, 255])}],
      ['table', {t: 'F', v: [['inner', {t: 'F', v: []}]]}],
      [
        'array',
        {
          t: 'A',
          v: [
            {t: 't', v: true},
            {t: 't', v: false},
            {t: 'V', v: null},
          ],
        },
      ],
      ['i8', {t: 'b', v: -128}],
      ['u8', {t: 'B', v: 255}],
      ['i16', {t: 's', v: -32_768}],
      ['u16', {t: 'u', v: 65_535}],
      ['i32', {t: 'I', v: -(2 ** 31)}],
      ['u32', {t: 'i', v: 2 ** 32 - 1}],
      ['i64', {t: 'l', v: -(2n ** 63n)}],
      ['i64 of py-amqp', {t: 'L', v: 2n ** 63n - 1n}],
      ['float', {t: 'f', v: Math.fround(0.1)}],
      ['double', {t: 'd', v: 0.1}],
      ['negative zero', {t: 'd', v: -0}],
      ['decimal', {t: 'D', v: {scale: 2, digits: -12_345}}],
      ['time', {t: 'T', v: 2n ** 64n - 1n}],
      ['nothing', {t: 'V', v: null}],
    ],
  },
  'names that are awkward': {
    ...base,
    headers: [
      ['__proto__', {t: 'S', v: 'kept'}],
      ['constructor', {t: 'S', v: 'kept'}],
      ['twice', {t: 'S', v: '1'}],
      ['twice', {t: 'S', v: '2'}],
      ['', {t: 'S', v: 'no name'}],
      ['stray byte \udcff', {t: 'S', v: 'name was not UTF-8'}],
    ],
  },
  'a binary body': {...base, body: Buffer.from([0, 1, 2, 253, 254, 255])},
}

const key = createSecretKey(Buffer.from('mqlift canonical test vectors v1'))

/** Frozen on 2026-11-24. A difference here is a new version of the encoding, never an update of this file. */
const VECTORS: Readonly<Record<string, {head: string; digest: string}>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/canonical/v1.json'), 'utf8'),
)

const failureOf = (decode: () => unknown): string | undefined => {
  try {
    decode()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.constructor.name : String(error)
  }
}

const of = (headers: Envelope['headers']) => digest(key, {...base, headers}).toString('hex')

describe('the canonical encoding, version 1', () => {
  test.each(Object.entries(CASES))('%s: the frozen bytes and digest', (name, envelope) => {
    expect({
      head: encodeHead(envelope).toString('hex'),
      digest: digest(key, envelope).toString('hex'),
    }).toEqual(VECTORS[name])
  })

  test.each(Object.entries(CASES))('%s: decodes to what it was', (_, envelope) => {
    const bytes = Buffer.concat([encodeHead(envelope), envelope.body])
    expect(decodeEnvelope(bytes)).toStrictEqual({...envelope, body: Buffer.from(envelope.body)})
  })

  test('every vector has a case', () => {
    expect(Object.keys(VECTORS)).toEqual(Object.keys(CASES))
  })

  test('what brokers add on redelivery changes nothing', () => {
    const again = {...base, delivery: {redelivered: true, count: 4, offset: '9'}}
    expect(digest(key, again)).toEqual(digest(key, base))
  })

  test.each<[string, Partial<Envelope>]>([
    ['a body', {body: Buffer.from('x')}],
    ['a routing key', {source: {id: base.source.id, routingKey: ''}}],
    ['a property', {properties: {messageId: ''}}],
    ['a header', {headers: [['a', {t: 'V', v: null}]]}],
    ['an identity', {identity: ''}],
  ])('%s changes the digest', (_, change) => {
    expect(digest(key, {...base, ...change})).not.toEqual(digest(key, base))
  })

  test('the type of a header and the order of headers change the digest', () => {
    const one = of([['a', {t: 'I', v: 1}]])
    expect(of([['a', {t: 'd', v: 1}]])).not.toBe(one)
    const [a, b] = [['a', {t: 'V', v: null}] as const, ['b', {t: 'V', v: null}] as const]
    expect(of([a, b])).not.toBe(of([b, a]))
  })

  test('another key gives another digest', () => {
    expect(digest(createSecretKey(Buffer.alloc(32)), base)).not.toEqual(digest(key, base))
  })

  test('twenty thousand random or truncated inputs throw RangeError or decode, and never hang', () => {
    const whole = Buffer.concat([encodeHead(CASES['every header type'] ?? base)])
    let random = 12_345
    const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31)
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(whole.subarray(0, next() % (whole.length + 1)))
      for (let flips = next() % 4; flips > 0 && bytes.length > 0; flips--)
        bytes[next() % bytes.length] = next() % 256
      expect(failureOf(() => decodeEnvelope(bytes))).toBeOneOf([undefined, 'RangeError'])
    }
  })
})
