import {describe, expect, test} from 'vitest'

import type {Envelope, Headers, Typed} from '../../../src/model/envelope.ts'
import {decodeSqs} from '../../../src/targets/sqs/decode.ts'
import {sqsEncoder} from '../../../src/targets/sqs/encode.ts'
import {MESSAGE_LIMITS, type SqsWire} from '../../../src/targets/sqs/wire.ts'

const encode = sqsEncoder({platform: 'sqs-standard'})
const NOW = Date.UTC(2026, 10, 24)

function envelope(parts: Partial<Envelope> = {}): Envelope {
  return {
    v: 1,
    source: {id: 'queue:%2F/orders', exchange: 'shop', routingKey: 'order.created'},
    properties: {},
    headers: [],
    body: Buffer.from('{"id":1}'),
    delivery: {redelivered: false},
    ...parts,
  }
}

const wireOf = (message: Envelope): SqsWire => encode(message, NOW).wire as SqsWire

const attributesOf = (message: Envelope): Map<string, string> =>
  new Map(wireOf(message).attributes.map(([name, value]) => [name, value]))

function received(message: Envelope) {
  const {body, attributes} = wireOf(message)
  return {
    Body: Buffer.from(body).toString('utf8'),
    MessageAttributes: Object.fromEntries(attributes.map(([name, value]) => [name, {StringValue: value}])),
  }
}

/** Plain bytes, whatever class carries them: Buffer and Uint8Array are the same body. */
function plain(message: Envelope | null): unknown {
  return structuredClone(message && {...message, body: new Uint8Array(message.body)})
}

const roundTrip = (message: Envelope): unknown => plain(decodeSqs(received(message)))

const EVERY_TYPE: readonly (readonly [string, Typed])[] = [
  ['text', {t: 'S', v: 'plain'}],
  ['empty text', {t: 'S', v: ''}],
  ['text with a NUL', {t: 'S', v: 'a\u0000b'}],
  ['text outside the basic plane', {t: 'S', v: 'x😀'}],
  ['text with U+FFFE', {t: 'S', v: '\uFFFE'}],
  ['text that is not UTF-8', {t: 'S', v: new Uint8Array([0xff, 0xfe])}],
  ['bytes', {t: 'x', v: new Uint8Array([0, 1, 255])}],
  ['no bytes', {t: 'x', v: new Uint8Array()}],
  ['boolean', {t: 't', v: true}],
  ['i8', {t: 'b', v: -128}],
  ['u8', {t: 'B', v: 255}],
  ['i16', {t: 's', v: -32_768}],
  ['u16', {t: 'u', v: 65_535}],
  ['i32', {t: 'I', v: -2_147_483_648}],
  ['u32', {t: 'i', v: 4_294_967_295}],
  ['i64', {t: 'l', v: -9_223_372_036_854_775_808n}],
  ['py-amqp i64', {t: 'L', v: 9_223_372_036_854_775_807n}],
  ['timestamp', {t: 'T', v: 18_446_744_073_709_551_615n}],
  ['double', {t: 'd', v: 0.1}],
  ['float', {t: 'f', v: 1.5}],
  ['NaN', {t: 'd', v: Number.NaN}],
  ['infinity', {t: 'd', v: Number.NEGATIVE_INFINITY}],
  ['minus zero', {t: 'd', v: -0}],
  ['decimal', {t: 'D', v: {scale: 2, digits: -314}}],
  ['void', {t: 'V', v: null}],
  [
    'list',
    {
      t: 'A',
      v: [
        {t: 'I', v: 1},
        {t: 'A', v: []},
        {t: 'S', v: 'x'},
      ],
    },
  ],
  [
    'table',
    {
      t: 'F',
      v: [
        ['__proto__', {t: 'F', v: []}],
        ['n', {t: 'l', v: 1n}],
      ],
    },
  ],
]

describe('every header type comes back', () => {
  test.each(EVERY_TYPE)('%s', (name, value) => {
    const message = envelope({headers: [[name, value]]})
    expect(roundTrip(message)).toEqual(plain(message))
  })

  test('all of them in one message, in their order', () => {
    const message = envelope({headers: EVERY_TYPE})
    expect(roundTrip(message)).toEqual(plain(message))
  })

  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'AWS.x', 'amazon.y', 'mqlift', 'mqlift.body']
  const odd = [
    'prop.type',
    'a..b',
    '.a',
    'b.',
    'weird name/ü',
    '',
    'x'.repeat(257),
    'stray \uDCFF byte',
    'a$b',
  ]
  test.each([...names, ...odd])('a header called %j', (name) => {
    const headers: Headers = [[name, {t: 'S', v: 'value'}]]
    expect(roundTrip(envelope({headers}))).toEqual(plain(envelope({headers})))
    expect(Object.keys({}).length).toBe(0)
  })

  test('a name that is there twice', () => {
    const message = envelope({
      headers: [
        ['a', {t: 'S', v: '1'}],
        ['a', {t: 'S', v: '2'}],
      ],
    })
    expect(roundTrip(message)).toEqual(plain(message))
  })

  test('thirty headers need ten attributes', () => {
    const headers: Headers = Array.from({length: 30}, (_, i) => [`h${i}`, {t: 'S', v: `${i}`}])
    const message = envelope({headers, properties: {type: 'x', messageId: 'm'}, body: Buffer.from([0])})
    expect(wireOf(message).attributes).toHaveLength(MESSAGE_LIMITS.attributes)
    expect(roundTrip(message)).toEqual(plain(message))
  })
})

describe('bodies', () => {
  test.each([
    ['text', Buffer.from('plain'), undefined],
    ['emoji and line ends', Buffer.from('é😀\r\n\t'), undefined],
    ['byte order mark', Buffer.from([0xef, 0xbb, 0xbf, 0x61]), undefined],
    ['empty', Buffer.alloc(0), 'empty'],
    ['not UTF-8', Buffer.from([0xff]), 'base64'],
    ['an encoded surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'base64'],
    ['NUL', Buffer.from('a\u0000'), 'base64'],
    ['U+FFFE', Buffer.from('\uFFFE'), 'base64'],
    ['U+FFFF', Buffer.from('\uFFFF'), 'base64'],
    ['the text that stands for empty', Buffer.from('(empty)'), undefined],
  ])('%s', (_, body, marker) => {
    const message = envelope({body})
    expect(attributesOf(message).get('mqlift.body')).toBe(marker)
    expect(roundTrip(message)).toEqual(plain(message))
  })

  test('every character of the basic plane is either legal for SQS as it is or encoded', () => {
    const wrong: number[] = []
    for (let code = 0; code <= 0xffff; code++) {
      const surrogate = code >= 0xd800 && code <= 0xdfff
      const body = Buffer.from(
        surrogate ? [0xed, 0xa0 | ((code >> 6) & 31), 0x80 | (code & 63)] : String.fromCharCode(code),
      )
      const legal = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xfffd && !surrogate)
      const marker = attributesOf(envelope({body})).get('mqlift.body')
      if ((marker === undefined) !== legal) wrong.push(code)
    }
    expect(wrong).toEqual([])
  })
})

test('all properties come back, the searchable ones have an attribute of their own', () => {
  const message = envelope({
    properties: {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 9,
      correlationId: 'c-1',
      replyTo: 'amq.gen-1',
      expiration: '60000',
      messageId: 'm-1',
      timestamp: 1_764_000_000n,
      type: 'order.created',
      userId: 'guest',
      appId: 'shop',
      clusterId: '',
    },
    identity: 'm-1',
    group: 'g',
    seq: 7,
    notBefore: NOW + 1000,
    expiresAt: NOW + 60_000,
  })
  expect(roundTrip(message)).toEqual(plain(message))
  const attributes = attributesOf(message)
  expect(attributes.get('prop.messageId')).toBe('m-1')
  expect(JSON.parse(attributes.get('mqlift') ?? '')).toEqual({
    v: 1,
    source: 'queue:%2F/orders',
    exchange: 'shop',
    routingKey: 'order.created',
    identity: 'm-1',
    group: 'g',
    seq: 7,
    notBefore: NOW + 1000,
    expiresAt: NOW + 60_000,
    properties: {
      deliveryMode: 2,
      priority: 9,
      expiration: '60000',
      timestamp: '1764000000',
      userId: 'guest',
      appId: 'shop',
      clusterId: '',
    },
  })
})

test('what mqlift did not write is not decoded', () => {
  expect(decodeSqs({Body: 'x', MessageAttributes: {tenant: {StringValue: 'acme'}}})).toBeNull()
})

const fixed = encode(envelope({body: Buffer.from('x')}), NOW).bytes - 1
const sized = (bytes: number) => encode(envelope({body: Buffer.alloc(bytes - fixed, 0x78)}), NOW)

describe('size', () => {
  test('one byte below, at and above the limit', () => {
    expect(sized(MESSAGE_LIMITS.bytes)).toMatchObject({bytes: MESSAGE_LIMITS.bytes})
    expect(sized(MESSAGE_LIMITS.bytes).refused).toBeUndefined()
    expect(sized(MESSAGE_LIMITS.bytes + 1).refused).toBe(
      'too large: 1048577 bytes with attributes, the queue takes 1048576',
    )
  })

  test('counts UTF-8 bytes of names, types and values', () => {
    const plainBytes = encode(envelope(), NOW).bytes
    const {bytes} = encode(envelope({headers: [['k', {t: 'S', v: 'ü'}]]}), NOW)
    expect(bytes - plainBytes).toBe('k'.length + 'String'.length + 2 + ',"headers":[["k"]]'.length)
  })

  test('a header nested too deep for JSON readers is refused', () => {
    let value: Typed = {t: 'V', v: null}
    for (let i = 0; i < 20_000; i++) value = {t: 'A', v: [value]}
    expect(encode(envelope({headers: [['deep', value]]}), NOW).refused).toMatch(/nested more than 100/)
  })
})

const groupFor = (value: string) =>
  sqsEncoder({platform: 'sqs-fifo', group: {by: 'header', name: 'g'}})(
    envelope({headers: [['g', {t: 'S', v: value}]]}),
    NOW,
  ).group

const groupBy = (group: Parameters<typeof sqsEncoder>[0]['group']) =>
  sqsEncoder({platform: 'sqs-fifo', group})(
    envelope({
      properties: {messageId: 'm', timestamp: 5n},
      group: 'jms',
      headers: [['n', {t: 'l', v: 7n}]],
    }),
    NOW,
  ).group

describe('groups of a FIFO queue', () => {
  test('a legal value stays', () => expect(groupFor('customer-17')).toBe('customer-17'))

  test('spaces, emoji, 300 characters, our own prefix: hashed, never the same for two values', () => {
    const values = ['a b', 'a  b', '😀', 'x'.repeat(300), 'x'.repeat(301), 'mqlift:none', 'mqlift:x', '']
    const made = values.map(groupFor)
    expect(new Set(made).size).toBe(values.length)
    for (const group of made) expect(group).toMatch(/^mqlift:[\u0021-\u007e]{4,120}$/)
    expect(values.map(groupFor)).toEqual(made)
  })

  test('property names in any spelling, numbers, the routing key, the source group', () => {
    expect(groupBy({by: 'property', name: 'message_id'})).toBe('m')
    expect(groupBy({by: 'property', name: 'timestamp'})).toBe('5')
    expect(groupBy({by: 'header', name: 'n'})).toBe('"7"')
    expect(groupBy({by: 'header', name: 'missing'})).toBe('mqlift:none')
    expect(groupBy({by: 'routing-key'})).toBe('order.created')
    expect(groupBy({by: 'source-group'})).toBe('jms')
    expect(groupBy({by: 'constant', value: 'all'})).toBe('all')
  })
})

describe('delay', () => {
  test('what is left of notBefore, rounded up, at most 15 minutes', () => {
    expect(encode(envelope({notBefore: NOW + 1500}), NOW).wire).toMatchObject({delaySeconds: 2})
    expect(encode(envelope({notBefore: NOW - 1}), NOW).wire).toMatchObject({delaySeconds: undefined})
    const late = encode(envelope({notBefore: NOW + 901_000}), NOW)
    expect(late.wire).toMatchObject({delaySeconds: 900})
    expect(late.losses).toMatchObject([{rule: 'message-delay', field: 'notBefore'}])
  })

  test('a FIFO queue delays no single message: a loss', () => {
    const fifo = sqsEncoder({platform: 'sqs-fifo', group: {by: 'constant', value: 'g'}})
    const {wire, losses} = fifo(envelope({notBefore: NOW + 5000}), NOW)
    expect(wire).toMatchObject({delaySeconds: undefined})
    expect(losses).toHaveLength(1)
  })
})
