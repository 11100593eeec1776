import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'

import {expect, test} from 'vitest'

import {ContentHeader, decodeContentHeader} from '../../../src/protocols/amqp091/content-header.ts'
import {encodeTable} from '../../../src/protocols/amqp091/field-table.ts'
import {losslessAmqplib} from '../../../src/protocols/amqp091/lossless.ts'

const require = createRequire(import.meta.url)

test('is a private copy: whoever else uses amqplib gets it unchanged, before and after', async () => {
  const before: unknown = require('amqplib')
  const lossless = losslessAmqplib()
  expect(lossless).not.toBe(before)
  expect(losslessAmqplib()).toBe(lossless)
  expect(require('amqplib')).toBe(before)
  const codec: {decodeFields: (bytes: Buffer) => unknown} = require(
    join(dirname(require.resolve('amqplib')), 'lib', 'codec.js'),
  )
  expect(codec.decodeFields(encodeTable([['n', {t: 's', v: 5}]]))).toStrictEqual({n: 5})
})

const short = (text: string | Buffer) =>
  Buffer.concat([Buffer.of(Buffer.byteLength(text)), Buffer.from(text)])

test('reads every property, cluster id included, and text that is not UTF-8', () => {
  const table = encodeTable([['a', {t: 'V', v: null}]])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(table.length)
  const timestamp = Buffer.from('fffffffffffffff0', 'hex')
  const bytes = Buffer.concat([
    Buffer.from('fffc', 'hex'),
    ...['type/x', 'gzip'].map(short),
    length,
    table,
    Buffer.of(2, 9),
    ...['correlation', 'reply', '60000', Buffer.of(0x61, 0xff)].map(short),
    timestamp,
    ...['kind', 'user', 'app', 'cluster'].map(short),
  ])
  const header = decodeContentHeader(bytes, 0)
  expect(header).toBeInstanceOf(ContentHeader)
  expect(header.problem).toBeUndefined()
  expect(header.headers).toStrictEqual([['a', {t: 'V', v: null}]])
  expect(header.table?.equals(table)).toBe(true)
  expect(header.properties).toStrictEqual({
    contentType: 'type/x',
    contentEncoding: 'gzip',
    deliveryMode: 2,
    priority: 9,
    correlationId: 'correlation',
    replyTo: 'reply',
    expiration: '60000',
    messageId: 'a\uDCFF',
    timestamp: 0xfffffffffffffff0n,
    type: 'kind',
    userId: 'user',
    appId: 'app',
    clusterId: 'cluster',
  })
})

test.each([
  ['an unknown field type', Buffer.from('2000 00000003 0161 3f'.replaceAll(' ', ''), 'hex')],
  ['a table longer than its frame', Buffer.from('2000 000000ff 0161'.replaceAll(' ', ''), 'hex')],
  ['a property longer than its frame', Buffer.from('8000 ff61'.replaceAll(' ', ''), 'hex')],
  ['no flags at all', Buffer.alloc(0)],
])('never throws: %s is a problem of that message', (_, bytes) => {
  const header = decodeContentHeader(bytes, 0)
  expect(header.problem).toBeTypeOf('string')
  expect(header.headers).toStrictEqual([])
})
