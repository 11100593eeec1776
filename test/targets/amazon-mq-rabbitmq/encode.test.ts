import {describe, expect, test} from 'vitest'

import type {Envelope, Headers, Properties} from '../../../src/model/envelope.ts'
import {decodeContentHeader} from '../../../src/protocols/amqp091/content-header.ts'
import {Content} from '../../../src/protocols/amqp091/content-writer.ts'
import {type EncodeOptions, rabbitmqEncoder} from '../../../src/targets/amazon-mq-rabbitmq/encode.ts'
import type {Encoded} from '../../../src/targets/target.ts'

const NOW = Date.UTC(2026, 10, 24)
const OPTIONS: EncodeOptions = {
  queue: 'orders',
  maxMessageBytes: 1000,
  propertiesRoom: 4000,
  user: 'mover',
  impersonates: false,
  keepsRepeated: true,
  replyQueues: new Set(['replies']),
  faithful: false,
}

function envelope(parts: Partial<Envelope> = {}): Envelope {
  return {
    v: 1,
    source: {id: 'queue:%2F/orders', exchange: '', routingKey: 'orders'},
    properties: {},
    headers: [],
    body: Buffer.from('{"id":1}'),
    delivery: {redelivered: false},
    ...parts,
  }
}

const encode = (parts: Partial<Envelope>, options: Partial<EncodeOptions> = {}): Encoded =>
  rabbitmqEncoder({...OPTIONS, ...options})(envelope(parts), NOW)

function written({wire}: Encoded): {properties: Properties; headers: Headers} {
  if (!(wire instanceof Content)) throw new Error('nothing was encoded')
  const {properties, headers} = decodeContentHeader(wire.properties, 0)
  return {properties, headers}
}

const rules = ({losses}: Encoded): string[] => losses.map(({rule}) => rule)
const S = (v: string) => ({t: 'S', v}) as const

const FULL: Properties = {
  contentType: 'application/json',
  contentEncoding: 'gzip',
  deliveryMode: 2,
  priority: 255,
  correlationId: 'c',
  replyTo: 'replies',
  expiration: '60000',
  messageId: 'm',
  timestamp: 2n ** 64n - 1n,
  type: 't',
  userId: 'mover',
  appId: 'a\udcff',
  clusterId: 'k',
}

describe('what is published', () => {
  test('every property and header as it was, nothing added', () => {
    const headers: Headers = [
      ['__proto__', S('x')],
      ['x-death', {t: 'A', v: [{t: 'F', v: [['count', {t: 'l', v: 3n}]]}]}],
      ['twice', {t: 'V', v: null}],
      ['twice', {t: 'D', v: {scale: 2, digits: 1}}],
    ]
    const encoded = encode({properties: FULL, headers})
    expect(written(encoded)).toEqual({properties: FULL, headers})
    expect(encoded).toMatchObject({changes: [], losses: []})
    expect(encoded.refused).toBeUndefined()
  })

  test('delivery mode: transient stays transient, and absent stays absent', () => {
    expect(written(encode({properties: {deliveryMode: 1}})).properties).toEqual({deliveryMode: 1})
    expect(written(encode({})).properties).toEqual({})
  })

  test('a message that came through an exchange goes to the queue itself, which is said', () => {
    const through = {id: 'queue:%2F/orders', exchange: 'shop', routingKey: 'order.created'}
    expect(encode({source: through}).changes).toEqual(['route'])
    expect(encode({}).changes).toEqual([])
  })
})

test('of several headers of one name RabbitMQ 4 keeps one: somebody must accept that', () => {
  const headers: Headers = [
    ['twice', S('1')],
    ['once', S('1')],
    ['twice', S('2')],
  ]
  expect(rules(encode({headers}))).toEqual([])
  const encoded = encode({headers}, {keepsRepeated: false})
  expect(rules(encoded)).toEqual(['repeated-header'])
  expect(written(encoded).headers).toEqual(headers)
  expect(rules(encode({headers: headers.slice(1)}, {keepsRepeated: false}))).toEqual([])
})

describe('user_id', () => {
  test.each([
    ['our own user', 'mover', false, true],
    ['somebody else, as impersonator', 'shop', true, true],
    ['somebody else', 'shop', false, false],
  ])('%s', (_, userId, impersonates, kept) => {
    const encoded = encode({properties: {userId, appId: 'a'}}, {impersonates})
    expect(written(encoded).properties).toEqual(kept ? {userId, appId: 'a'} : {appId: 'a'})
    expect(rules(encoded)).toEqual(kept ? [] : ['user-id'])
  })
})

describe('expiration', () => {
  test.each(['1', '60000', '4294967295'])('%s stays as it was', (expiration) => {
    const encoded = encode({properties: {expiration}})
    expect(written(encoded).properties).toEqual({expiration})
    expect(rules(encoded)).toEqual([])
  })

  test.each(['0', '00'])('%s would expire on arrival: somebody must accept that', (expiration) => {
    expect(rules(encode({properties: {expiration}}))).toEqual(['expires-at-once'])
  })

  test.each(['', 'soon', '-1', '1.5', '4294967296'])('“%s” is none that RabbitMQ takes', (expiration) => {
    expect(encode({properties: {expiration}}).refused).toContain('expiration')
  })

  test('what is left of another broker’s expiry time', () => {
    const encoded = encode({expiresAt: NOW + 1500.4})
    expect(written(encoded).properties).toEqual({expiration: '1500'})
    expect(encoded.changes).toEqual(['expiration'])
    expect(rules(encode({expiresAt: NOW - 1}))).toEqual(['expires-at-once'])
  })
})

describe('headers that would act again', () => {
  const headers: Headers = [
    ['CC', {t: 'A', v: [S('audit')]}],
    ['a', S('1')],
    ['BCC', {t: 'A', v: [S('audit')]}],
  ]

  test.each([false, true])('CC and BCC would route copies: dropped, and named (faithful: %s)', (faithful) => {
    const encoded = encode({headers}, {faithful})
    expect(written(encoded).headers).toEqual([['a', S('1')]])
    expect(rules(encoded)).toEqual(['cc-header'])
  })

  test('counters of the old broker start again; on the way back they are left to the broker', () => {
    const counters: Headers = [
      ['x-delivery-count', {t: 'l', v: 2n}],
      ['x-acquired-count', {t: 'l', v: 2n}],
      ['x-stream-offset', {t: 'l', v: 2n}],
      ['x-first-death-queue', S('orders')],
    ]
    const encoded = encode({headers: counters})
    expect(written(encoded).headers.map(([name]) => name)).toEqual(['x-first-death-queue'])
    expect(encoded).toMatchObject({changes: ['bookkeeping'], losses: []})
    expect(written(encode({headers: counters}, {faithful: true})).headers).toEqual(counters)
  })
})

describe('reply_to', () => {
  test('is kept; a queue that the target does not have is named', () => {
    expect(rules(encode({properties: {replyTo: 'replies'}}))).toEqual([])
    const nowhere = encode({properties: {replyTo: 'old.replies'}})
    expect(written(nowhere).properties).toEqual({replyTo: 'old.replies'})
    expect(rules(nowhere)).toEqual(['reply-to'])
  })

  test('without the management API nothing is said about it', () => {
    const {replyQueues: _, ...unknown} = OPTIONS
    expect(rules(rabbitmqEncoder(unknown)(envelope({properties: {replyTo: 'old'}}), NOW))).toEqual([])
  })

  test('a direct reply is for a connection that is gone', () => {
    const replyTo = 'amq.rabbitmq.reply-to.g1h2AA5yZXBseUA2'
    expect(encode({properties: {replyTo}}).refused).toContain('direct reply')
    expect(written(encode({properties: {replyTo}}, {faithful: true})).properties).toEqual({replyTo})
    const bare = {properties: {replyTo: 'amq.rabbitmq.reply-to'}}
    expect(encode(bare, {faithful: true}).refused).toContain('direct reply')
  })
})

describe('sizes', () => {
  test('a body above max_message_size is refused, one of exactly that size is not', () => {
    expect(encode({body: Buffer.alloc(1001)}).refused).toContain('max_message_size')
    expect(encode({body: Buffer.alloc(1000)}).refused).toBeUndefined()
  })

  test('properties and headers must fit one frame', () => {
    const headers: Headers = [['big', S('x'.repeat(3990))]]
    expect(encode({headers}).refused).toContain('one frame')
    expect(encode({headers: [['big', S('x'.repeat(3900))]]}).refused).toBeUndefined()
  })

  test('what AMQP has no room for is refused, not cut', () => {
    expect(encode({properties: {messageId: 'é'.repeat(128)}}).refused).toContain('255 bytes')
    expect(encode({properties: {priority: 256}}).refused).toBeTypeOf('string')
    expect(encode({headers: [['n'.repeat(256), S('')]]}).refused).toContain('255 bytes')
  })

  test('counts bytes of body, properties and frames', () => {
    expect(encode({body: Buffer.alloc(500), properties: {appId: 'a'.repeat(100)}}).bytes).toBeGreaterThan(600)
  })
})

test('what other brokers know and AMQP 0-9-1 does not is named', () => {
  expect(rules(encode({group: 'g', notBefore: NOW + 1}))).toEqual(['message-group', 'message-delay'])
  expect(rules(encode({notBefore: NOW - 1}))).toEqual([])
})
