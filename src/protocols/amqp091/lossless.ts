import {createRequire} from 'node:module'
import {dirname, join, sep} from 'node:path'

import {decodeContentHeader} from './content-header.ts'
import {decodeText} from './text.ts'

/**
 * amqplib with lossless messages. Its own codec turns every number into a JavaScript number, every string into
 * UTF-8, drops `__proto__` and cluster_id, and kills the connection on py-amqp's tag `L` (amqplib/lib/codec.js
 * 2.3.1, read 2026-11-24). Here content headers are decoded by content-header.ts and raw tables can be published.
 * The patched modules are a private copy: whoever else imports amqplib gets it unchanged, in whatever order.
 */
export type Amqplib = typeof import('amqplib')

/** A header table to publish as it is: `headers: new RawTable(encodeTable(headers))`. */
export class RawTable {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

/** The broker ended the handshake: 403 wrong credentials, 530 no such vhost or no right to it. */
export class HandshakeRefused extends Error {
  override readonly name = 'HandshakeRefused'
  readonly code: number
  /** The broker's words. */
  readonly reply: string

  constructor(code: number, reply: string) {
    super(`connection refused by the broker: ${code}`)
    this.code = code
    this.reply = reply
  }
}

/** The release whose internals are patched below. A newer one must be read and tested first. */
const VERSION = '2.3.1'

const require = createRequire(import.meta.url)
let loaded: Amqplib | undefined

export function losslessAmqplib(): Amqplib {
  loaded ??= loadPrivately()
  return loaded
}

function loadPrivately(): Amqplib {
  // The package's exports map blocks deep imports by name, not by path.
  const root = dirname(require.resolve('amqplib'))
  const manifest: unknown = require(join(root, 'package.json'))
  if (!has(manifest, 'version') || manifest.version !== VERSION)
    throw new Error(`amqplib must be ${VERSION}: the lossless codec patches its internals`)
  const others = take(root)
  try {
    // In this order: each module copies what it needs from the ones before it when it is loaded.
    patchEncoder(require(join(root, 'lib', 'codec.js')))
    patchDecoder(require(join(root, 'lib', 'frame.js')))
    const amqplib: unknown = require(join(root, 'channel_api.js'))
    if (!isAmqplib(amqplib)) throw new Error('amqplib has no connect')
    return amqplib
  } finally {
    take(root)
    for (const [file, module] of others) require.cache[file] = module
  }
}

/** Removes the package's modules from the cache and returns them. */
function take(root: string): [string, NodeJS.Module | undefined][] {
  const files = Object.keys(require.cache).filter((file) => file.startsWith(root + sep))
  return files.map((file) => {
    const module = require.cache[file]
    Reflect.deleteProperty(require.cache, file)
    return [file, module]
  })
}

function patchEncoder(codec: unknown): void {
  if (!isCodec(codec)) throw new Error('amqplib/lib/codec.js has no encodeTable')
  const encodeTable = codec.encodeTable
  codec.encodeTable = (buffer, value, offset) => {
    // publish() makes an object whose prototype is the caller's headers; CC and BCC become its own keys.
    if (!(value instanceof RawTable) || Object.hasOwn(value, 'CC') || Object.hasOwn(value, 'BCC'))
      return encodeTable(buffer, value, offset)
    const {bytes} = value
    if (offset + 4 + bytes.length > buffer.length) throw new RangeError('the header table exceeds 64 KiB')
    buffer.writeUInt32BE(bytes.length, offset)
    bytes.copy(buffer, offset + 4)
    return 4 + bytes.length
  }
}

const FRAME_METHOD = 1
const FRAME_HEADER = 2
const BASIC_CLASS = 60
const CONNECTION_CLOSE = (10 << 16) | 50
const BASIC_DELIVER = (60 << 16) | 60
const BASIC_GET_OK = (60 << 16) | 71

function patchDecoder(frame: unknown): void {
  if (!isFrameModule(frame)) throw new Error('amqplib/lib/frame.js has no decodeFrame')
  const decodeFrame = frame.decodeFrame
  frame.decodeFrame = (incoming) => {
    const {type, channel, payload} = incoming
    if (type === FRAME_HEADER) {
      const size = readUint64(payload, 4)
      return {id: BASIC_CLASS, channel, size, fields: decodeContentHeader(payload, 12)}
    }
    if (type !== FRAME_METHOD) return decodeFrame(incoming)
    const id = payload.readUInt32BE(0)
    if (id === BASIC_DELIVER) return {id, channel, fields: decodeDeliver(payload)}
    if (id === BASIC_GET_OK) return {id, channel, fields: decodeGetOk(payload)}
    if (id === CONNECTION_CLOSE) refuseHandshake(payload)
    return decodeFrame(incoming)
  }
}

function decodeDeliver(payload: Buffer): Record<string, unknown> {
  const tagEnd = 5 + payload.readUInt8(4)
  const exchangeEnd = tagEnd + 10 + payload.readUInt8(tagEnd + 9)
  return {
    consumerTag: payload.toString('utf8', 5, tagEnd),
    deliveryTag: readUint64(payload, tagEnd),
    redelivered: (payload.readUInt8(tagEnd + 8) & 1) !== 0,
    exchange: decodeText(payload, tagEnd + 10, exchangeEnd),
    routingKey: decodeText(payload, exchangeEnd + 1, exchangeEnd + 1 + payload.readUInt8(exchangeEnd)),
  }
}

function decodeGetOk(payload: Buffer): Record<string, unknown> {
  const exchangeEnd = 14 + payload.readUInt8(13)
  const keyEnd = exchangeEnd + 1 + payload.readUInt8(exchangeEnd)
  return {
    deliveryTag: readUint64(payload, 4),
    redelivered: (payload.readUInt8(12) & 1) !== 0,
    exchange: decodeText(payload, 14, exchangeEnd),
    routingKey: decodeText(payload, exchangeEnd + 1, keyEnd),
    messageCount: payload.readUInt32BE(keyEnd),
  }
}

/** As a number, without a BigInt for every message. */
const readUint64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)

/**
 * amqplib reports a refused handshake as text only; thrown here, the reply code reaches the caller. On an open
 * connection it surfaces as its `error` event, followed by `close`.
 */
function refuseHandshake(payload: Buffer): void {
  const code = payload.readUInt16BE(4)
  if (code !== 403 && code !== 530) return
  throw new HandshakeRefused(code, decodeText(payload, 7, 7 + payload.readUInt8(6)))
}

type EncodeTable = (buffer: Buffer, value: object, offset: number) => number

interface RawFrame {
  readonly type: number
  readonly channel: number
  readonly payload: Buffer
}

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value
}

function isCodec(value: unknown): value is {encodeTable: EncodeTable} {
  return has(value, 'encodeTable') && typeof value.encodeTable === 'function'
}

function isFrameModule(value: unknown): value is {decodeFrame: (frame: RawFrame) => unknown} {
  return has(value, 'decodeFrame') && typeof value.decodeFrame === 'function'
}

function isAmqplib(value: unknown): value is Amqplib {
  return has(value, 'connect') && typeof value.connect === 'function'
}
