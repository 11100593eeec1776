import {createSecretKey} from 'node:crypto'

import rhea from 'rhea'
import {describe, expect, test} from 'vitest'

import {digest} from '../../../src/model/canonical.ts'
import type {Envelope, Headers, Properties, Typed} from '../../../src/model/envelope.ts'
import {decodeActivemq, type JmsMessage} from '../../../src/targets/amazon-mq-activemq/decode.ts'
import {activemqEncoder} from '../../../src/targets/amazon-mq-activemq/encode.ts'
import {AmqpWire} from '../../../src/targets/amazon-mq-activemq/wire.ts'
import {envelope} from '../../fakes/plan.ts'

const KEY = createSecretKey(Buffer.alloc(32, 3))
const NOW = 1_793_000_000_000

function sent(message: Envelope, replyQueue?: (name: string) => string | undefined) {
  const encoded = activemqEncoder(replyQueue ? {replyQueue} : {})(message, NOW)
  if (!(encoded.wire instanceof AmqpWire)) throw new Error(encoded.refused ?? 'nothing was made')
  return {encoded, read: rhea.message.decode(encoded.wire.bytes)}
}

const withHeaders = (...headers: Headers): Envelope => envelope('x', {headers})
const withProperties = (properties: Properties, body: string | Uint8Array = 'x'): Envelope =>
  envelope(body, {properties})

/** Of AMQP, as a JMS consumer would see it. Longs are compared on a real broker, where no client rounds them. */
function asJms(message: ReturnType<typeof sent>['read']): JmsMessage {
  const body: unknown = message['body']
  const properties: Record<string, unknown> = message['application_properties'] ?? {}
  const typed = Object.entries(properties).map(([name, value]): [string, [string, string]] => [
    name,
    [
      typeof value === 'boolean' ? 'Boolean' : typeof value === 'number' ? 'Integer' : 'String',
      String(value),
    ],
  ])
  return {
    ...(typeof body === 'string' ? {text: body} : {bytes: Buffer.from(contentOf(body)).toString('base64')}),
    properties: Object.fromEntries([
      ...typed,
      ...(message['group_id'] === undefined
        ? []
        : [['JMSXGroupID', ['String', String(message['group_id'])]] as const]),
    ]),
  }
}

const contentOf = (body: unknown): Uint8Array => (body as {content: Uint8Array}).content

describe('headers', () => {
  const PROPERTIES: [Typed, unknown][] = [
    [{t: 't', v: false}, false],
    [{t: 'b', v: -128}, -128],
    [{t: 'B', v: 255}, 255],
    [{t: 's', v: -32_768}, -32_768],
    [{t: 'u', v: 65_535}, 65_535],
    [{t: 'I', v: 2_147_483_647}, 2_147_483_647],
    [{t: 'i', v: 4_294_967_295}, 4_294_967_295],
    [{t: 'l', v: -5n}, -5],
    [{t: 'T', v: 1_700_000_000n}, 1_700_000_000],
    [{t: 'f', v: 1.5}, 1.5],
    [{t: 'd', v: 0.1}, 0.1],
    [{t: 'S', v: 'é'}, 'é'],
    [{t: 'S', v: ''}, ''],
  ]
  test.each(PROPERTIES.map(([value, seen]) => ({t: value.t, value, seen})))(
    'type $t is a property',
    ({value, seen}) => {
      expect(sent(withHeaders(['h', value])).read['application_properties']).toMatchObject({h: seen})
    },
  )

  test.each<[string, Typed]>([
    ['h', {t: 'S', v: '😀'}],
    ['h', {t: 'S', v: 'a\0b'}],
    ['h', {t: 'S', v: Buffer.from([0xff])}],
    ['h', {t: 'x', v: Buffer.from([1])}],
    ['h', {t: 'V', v: null}],
    ['h', {t: 'D', v: {scale: 2, digits: 123}}],
    ['h', {t: 'A', v: [{t: 't', v: true}]}],
    ['h', {t: 'F', v: [['inner', {t: 'I', v: 1}]]}],
    ['T', {t: 'T', v: 2n ** 64n - 1n}],
    ['a b', {t: 'I', v: 1}],
    ['1st', {t: 'I', v: 1}],
    ['JMSType', {t: 'S', v: 'x'}],
    ['AMQ_SCHEDULED_DELAY', {t: 'l', v: 5n}],
    ['mqlift', {t: 'S', v: 'x'}],
    ['between', {t: 'I', v: 1}],
    ['__proto__', {t: 'S', v: 'x'}],
    ['JMSXGroupSeq', {t: 'S', v: 'x'}],
  ])('%s stays packed, and comes back', (name, value) => {
    const message = withHeaders([name, value])
    const {read, encoded} = sent(message)
    expect(Object.keys(read['application_properties'])).toEqual(['mqlift'])
    expect(encoded.changes).toContain('headers')
    expect(digest(KEY, decodeActivemq(asJms(read)) ?? envelope(''))).toEqual(digest(KEY, message))
  })

  test('names with - and . are written as Camel writes them; a second header of that name stays packed', () => {
    const message = withHeaders(['x-a.b', {t: 'S', v: 'one'}], ['x_HYPHEN_a_DOT_b', {t: 'S', v: 'two'}])
    const {read} = sent(message)
    expect(read['application_properties']).toMatchObject({x_HYPHEN_a_DOT_b: 'one'})
    expect(decodeActivemq(asJms(read))?.headers).toEqual(message.headers)
  })

  test('group and sequence are those of AMQP', () => {
    const message = withHeaders(['JMSXGroupID', {t: 'S', v: 'g'}], ['JMSXGroupSeq', {t: 'I', v: 2}])
    expect(sent(message).read).toMatchObject({group_id: 'g', group_sequence: 2})
    expect(sent({...envelope('x'), group: 'own'}).read).toMatchObject({group_id: 'own'})
  })

  test('a header nested too deep is refused, not half sent', () => {
    let value: Typed = {t: 'I', v: 1}
    for (let depth = 0; depth < 200; depth++) value = {t: 'A', v: [value]}
    expect(activemqEncoder()(withHeaders(['deep', value]), NOW).refused).toContain('nested')
  })
})

const known = (name: string): string | undefined => (name === 'replies' ? 'eu/replies' : undefined)

describe('properties', () => {
  test('what JMS has a header for is there', () => {
    const {read} = sent(
      withProperties({
        messageId: 'm',
        correlationId: 'c',
        type: 't',
        priority: 7,
        timestamp: 1_700_000_000n,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
      }),
    )
    expect(read).toMatchObject({
      message_id: 'm',
      correlation_id: 'c',
      subject: 't',
      priority: 7,
      creation_time: new Date(1_700_000_000_000),
      content_type: 'application/json',
      content_encoding: 'utf-8',
    })
  })

  test.each([
    [0, 0],
    [9, 9],
    [10, 9],
    [255, 9],
  ])('priority %i is %i', (priority, wanted) => {
    expect(sent(withProperties({priority})).read).toMatchObject({priority: wanted})
  })

  test('every message is persistent, and without a timestamp it is of now', () => {
    for (const deliveryMode of [1, 2])
      expect(sent(withProperties({deliveryMode})).read).toMatchObject({
        durable: true,
        creation_time: new Date(NOW),
      })
  })

  test('a reply-to is kept only for a queue that is there', () => {
    expect(sent(withProperties({replyTo: 'replies'}), known).read).toMatchObject({
      reply_to: 'queue://eu/replies',
    })
    expect(sent(withProperties({replyTo: 'amq.rabbitmq.reply-to.x'}), known).read['reply_to']).toBeUndefined()
  })

  test.each([
    ['60000', 60_000],
    ['9999999999999', 4_294_967_295],
    ['0', undefined],
    ['soon', undefined],
  ])('expiration %s is a time to live of %s, which somebody must accept', (expiration, ttl) => {
    const {read, encoded} = sent(withProperties({expiration}))
    expect(read['ttl']).toBe(ttl)
    expect(encoded.losses.map(({rule}) => rule)).toEqual(ttl === undefined ? [] : ['message-expiration'])
  })

  test.each<[string, Properties]>([
    ['emoji', {correlationId: '😀'}],
    ['empty text', {correlationId: '', type: '', messageId: ''}],
    ['foreign letters', {contentType: 'ü/ü'}],
    ['what JMS has no place for', {userId: 'u', appId: 'a', clusterId: 'c', deliveryMode: 1}],
    ['a time beyond all clocks', {timestamp: 2n ** 63n}],
  ])('%s comes back', (_, properties) => {
    const message = withProperties(properties)
    expect(decodeActivemq(asJms(sent(message).read))).toEqual({...message, body: expect.anything()})
  })
})

describe('bodies', () => {
  test.each<[string, Uint8Array | string, Properties, 'text' | 'bytes']>([
    ['text without a type', 'é', {}, 'text'],
    ['nothing without a type', '', {}, 'text'],
    ['JSON', '{}', {contentType: 'application/json; charset=utf-8'}, 'text'],
    ['a suffix', '<a/>', {contentType: 'application/soap+xml'}, 'text'],
    ['text that is not UTF-8', Buffer.from([0xff]), {contentType: 'text/plain'}, 'bytes'],
    ['bytes without a type', Buffer.from([0xff]), {}, 'bytes'],
    ['octets that happen to be UTF-8', 'x', {contentType: 'application/octet-stream'}, 'bytes'],
    ['zipped', 'x', {contentType: 'text/plain', contentEncoding: 'gzip'}, 'bytes'],
    ['a Java object', 'x', {contentType: 'application/x-java-serialized-object'}, 'bytes'],
    ['a byte order mark and a zero', '\ufeffa\0b', {}, 'text'],
  ])('%s', (_, body, properties, kind) => {
    const message = withProperties(properties, body)
    const {read} = sent(message)
    expect(typeof read['body'] === 'string' ? 'text' : 'bytes').toBe(kind)
    expect(digest(KEY, decodeActivemq(asJms(read)) ?? envelope('?'))).toEqual(digest(KEY, message))
    // The broker would make text or an object of it.
    expect(kind === 'text' || !/text|java/.test(String(read['content_type'] ?? ''))).toBe(true)
  })
})

test('a message that mqlift did not write is none of its', () => {
  expect(decodeActivemq({text: 'x', properties: {}})).toBeNull()
})
