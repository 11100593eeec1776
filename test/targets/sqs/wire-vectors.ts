import type {Envelope, Headers, Properties, Typed} from '../../../src/model/envelope.ts'
import {packValue} from '../../../src/targets/packed-value.ts'
import {sqsEncoder} from '../../../src/targets/sqs/encode.ts'
import type {SqsWire} from '../../../src/targets/sqs/wire.ts'

/** A message in JSON: 64-bit integers as text, bytes as base64, headers as [name, tag, value]. */
export interface VectorEnvelope {
  readonly source: Envelope['source']
  readonly identity?: string
  readonly group?: string
  readonly seq?: number
  readonly notBefore?: number
  readonly expiresAt?: number
  readonly properties: Readonly<Record<string, unknown>>
  readonly headers: readonly (readonly [name: string, tag: string, value: unknown])[]
  readonly body: string
}

export interface Vector {
  readonly name: string
  readonly envelope: VectorEnvelope
  /** As ReceiveMessage gives it. */
  readonly message: {
    readonly Body: string
    readonly MessageAttributes: Readonly<Record<string, {DataType: 'String'; StringValue: string}>>
  }
}

interface Parts extends Partial<Omit<Envelope, 'body' | 'source'>> {
  readonly body?: string | Uint8Array
  readonly source?: Envelope['source']
}

const DEFAULT: Envelope = {
  v: 1,
  source: {id: 'queue:%2F/orders', exchange: 'shop', routingKey: 'order.created'},
  properties: {},
  headers: [],
  body: Buffer.from('{"order":17}'),
  delivery: {redelivered: false},
}

function message({body, ...parts}: Parts): Envelope {
  return {...DEFAULT, ...parts, ...(body !== undefined && {body: new Uint8Array(Buffer.from(body))})}
}

const text = (name: string, v: string): readonly [string, Typed] => [name, {t: 'S', v}]

const ALL_PROPERTIES: Properties = {
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
}

const NUMBERS: Headers = [
  ['i8', {t: 'b', v: -128}],
  ['u8', {t: 'B', v: 255}],
  ['i16', {t: 's', v: -32_768}],
  ['u16', {t: 'u', v: 65_535}],
  ['i32', {t: 'I', v: -2_147_483_648}],
  ['u32', {t: 'i', v: 4_294_967_295}],
  ['i64 low', {t: 'l', v: -9_223_372_036_854_775_808n}],
  ['i64 above 2^53', {t: 'l', v: 9_007_199_254_740_993n}],
  ['i64 of py-amqp', {t: 'L', v: 9_223_372_036_854_775_807n}],
  ['timestamp', {t: 'T', v: 18_446_744_073_709_551_615n}],
  ['double', {t: 'd', v: 0.1}],
  ['large double', {t: 'd', v: 1e300}],
  ['smallest double', {t: 'd', v: 5e-324}],
  ['float', {t: 'f', v: 1.5}],
  ['whole float', {t: 'f', v: 100}],
  ['NaN', {t: 'd', v: Number.NaN}],
  ['infinity', {t: 'd', v: Number.POSITIVE_INFINITY}],
  ['minus infinity', {t: 'f', v: Number.NEGATIVE_INFINITY}],
  ['minus zero', {t: 'd', v: -0}],
  ['decimal', {t: 'D', v: {scale: 2, digits: -314}}],
  ['small decimal', {t: 'D', v: {scale: 10, digits: 1}}],
  ['whole decimal', {t: 'D', v: {scale: 0, digits: 7}}],
  ['true', {t: 't', v: true}],
  ['false', {t: 't', v: false}],
]

const X_DEATH: Typed = {
  t: 'A',
  v: [
    {
      t: 'F',
      v: [
        ['count', {t: 'l', v: 3n}],
        ['reason', {t: 'S', v: 'expired'}],
        ['queue', {t: 'S', v: 'orders.retry'}],
        ['time', {t: 'T', v: 1_764_000_000n}],
        ['routing-keys', {t: 'A', v: [{t: 'S', v: 'order.created'}]}],
      ],
    },
  ],
}

const ENVELOPES: readonly (readonly [string, Envelope])[] = [
  ['plain text, nothing else', message({})],
  ['text outside ASCII', message({body: 'grüße 😀\r\n\t'})],
  ['a body that starts with a byte order mark', message({body: '\uFEFFx'})],
  ['empty body', message({body: ''})],
  ['the text that stands for an empty body', message({body: '(empty)'})],
  ['binary body', message({body: new Uint8Array([0, 1, 2, 253, 254, 255])})],
  ['text with a character that SQS refuses', message({body: 'a\u0000b'})],
  ['default exchange', message({source: {id: 'queue:%2F/orders', exchange: '', routingKey: 'orders'}})],
  ['no exchange known', message({source: {id: 'queue:prod%2Feu/%C3%BC'}})],
  ['all properties', message({properties: ALL_PROPERTIES})],
  [
    'identity, group and times',
    message({
      identity: 'm-1',
      group: 'customer 17',
      seq: 4,
      notBefore: 1_764_000_001_000,
      expiresAt: 1_764_000_060_000,
    }),
  ],
  ['text headers', message({headers: [text('tenant', 'acme'), text('x-b3-traceid', '80f198ee56343ba8')]})],
  ['numbers and booleans', message({headers: NUMBERS})],
  [
    'bytes and nothing',
    message({
      headers: [
        ['bytes', {t: 'x', v: new Uint8Array([0, 255])}],
        ['no bytes', {t: 'x', v: new Uint8Array()}],
        ['text that is not UTF-8', {t: 'S', v: new Uint8Array([0xc3, 0x28])}],
        ['void', {t: 'V', v: null}],
        ['empty text', {t: 'S', v: ''}],
      ],
    }),
  ],
  ['dead-lettered', message({headers: [['x-death', X_DEATH], text('x-first-death-reason', 'expired')]})],
  [
    'nested tables and lists',
    message({
      headers: [
        ['table', {t: 'F', v: [['inner', {t: 'F', v: [['__proto__', {t: 'V', v: null}]]}]]}],
        [
          'list',
          {
            t: 'A',
            v: [
              {t: 'A', v: []},
              {t: 'I', v: 1},
              {t: 'F', v: []},
            ],
          },
        ],
      ],
    }),
  ],
  [
    'names that are not attribute names',
    message({
      headers: [
        text('__proto__', 'a'),
        text('AWS.x', 'b'),
        text('mqlift', 'c'),
        text('prop.type', 'd'),
        text('weird name/ü', 'e'),
        text('stray \uDCFF byte', 'f'),
        text('', 'g'),
        text('a..b', 'h'),
      ],
    }),
  ],
  ['a name twice', message({headers: [text('a', '1'), text('a', '2')]})],
  [
    'values that are not attribute values',
    message({
      headers: [
        text('control', 'a\u0001b'),
        text('emoji', '😀'),
        text('nonchar', '\uFFFE'),
        text('quote', '"\\/'),
      ],
    }),
  ],
  [
    'more headers than attributes, binary body, all properties',
    message({
      properties: ALL_PROPERTIES,
      headers: Array.from({length: 12}, (_, i) => text(`h${i}`, `v${i}`)),
      body: new Uint8Array([0]),
    }),
  ],
]

export const vectors = (): Vector[] => ENVELOPES.map(([name, envelope]) => vectorOf(name, envelope))

const encode = sqsEncoder({platform: 'sqs-standard'})

function vectorOf(name: string, envelope: Envelope): Vector {
  const wire = encode(envelope, Date.UTC(2026, 10, 24)).wire as SqsWire
  const {v: _, delivery: __, properties, headers, body, ...rest} = envelope
  return {
    name,
    envelope: {
      ...rest,
      properties: {
        ...properties,
        ...(properties.timestamp !== undefined && {timestamp: `${properties.timestamp}`}),
      },
      headers: headers.map(([header, value]) => {
        const [tag, packed] = packValue(value)
        return [header, tag, packed] as const
      }),
      body: Buffer.from(body).toString('base64'),
    },
    message: {
      Body: Buffer.from(wire.body).toString('utf8'),
      MessageAttributes: Object.fromEntries(
        wire.attributes.map(([attribute, value]) => [attribute, {DataType: 'String', StringValue: value}]),
      ),
    },
  }
}

export const envelopes = (): readonly Envelope[] => ENVELOPES.map(([, envelope]) => envelope)

/** What every decoder prints for a message: values as the reader's language has them, in JSON. */
export function printed(envelope: Envelope): unknown {
  const {v: _, delivery: __, source, properties, headers, body, ...rest} = envelope
  const {id, ...address} = source
  const timestamp = properties.timestamp
  return {
    source: id,
    ...address,
    ...rest,
    properties: {...properties, ...(timestamp !== undefined && {timestamp: `${timestamp}`})},
    headers: headers.map(([name, value]) => [name, value.t, printedValue(value)]),
    body: Buffer.from(body).toString('base64'),
  }
}

function printedValue(value: Typed): unknown {
  if (value.t === 'F') return value.v.map(([name, inner]) => [name, inner.t, printedValue(inner)])
  if (value.t === 'A') return value.v.map((inner) => [inner.t, printedValue(inner)])
  if (value.t === 'D') {
    const {scale, digits} = value.v
    const all = String(Math.abs(digits)).padStart(scale + 1, '0')
    const fraction = scale > 0 ? `.${all.slice(-scale)}` : ''
    return `${digits < 0 ? '-' : ''}${all.slice(0, all.length - scale)}${fraction}`
  }
  if (value.v instanceof Uint8Array) return Buffer.from(value.v).toString('base64')
  return packValue(value)[1]
}
