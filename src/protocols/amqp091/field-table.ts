import type {Headers, Typed} from '../../model/envelope.ts'
import {decodeText, encodeText, textOrBytes} from './text.ts'

/**
 * Field tables as RabbitMQ and its clients write them (rabbitmq.com/amqp-0-9-1-errata, read 2026-11-24), plus the
 * tag `L` of py-amqp. Nothing is rounded, renamed or lost; an unknown tag or a table that runs over its end throws
 * a RangeError, because what follows it cannot be found.
 */
export function decodeTable(bytes: Buffer, start = 0, end = bytes.length): Headers {
  const headers: [string, Typed][] = []
  const cursor = {bytes, at: start}
  while (cursor.at < end) {
    const nameEnd = within(cursor.at + 1 + bytes.readUInt8(cursor.at), end)
    const name = decodeText(bytes, cursor.at + 1, nameEnd)
    cursor.at = nameEnd
    headers.push([name, decodeValue(cursor, end)])
  }
  return headers
}

interface Cursor {
  readonly bytes: Buffer
  at: number
}

function within(upTo: number, end: number): number {
  if (upTo > end) throw new RangeError('a field runs over the end of its table')
  return upTo
}

function decodeValue(cursor: Cursor, end: number): Typed {
  const tag = cursor.bytes.readUInt8(cursor.at++)
  const decode = DECODERS[tag]
  if (!decode) throw new RangeError(`unknown field type 0x${tag.toString(16)}`)
  return decode(cursor, end)
}

type Decoder = (cursor: Cursor, end: number) => Typed

const fixed =
  (size: number, read: (bytes: Buffer, at: number) => Typed): Decoder =>
  (cursor, end) => {
    const at = cursor.at
    cursor.at = within(at + size, end)
    return read(cursor.bytes, at)
  }

const sized =
  (read: (bytes: Buffer, from: number, to: number) => Typed): Decoder =>
  (cursor, end) => {
    const from = within(cursor.at + 4, end)
    cursor.at = within(from + cursor.bytes.readUInt32BE(cursor.at), end)
    return read(cursor.bytes, from, cursor.at)
  }

function decodeArray(bytes: Buffer, from: number, to: number): Typed {
  const values: Typed[] = []
  const cursor = {bytes, at: from}
  while (cursor.at < to) values.push(decodeValue(cursor, to))
  return {t: 'A', v: values}
}

const decoders: Record<Typed['t'], Decoder> = {
  S: sized((bytes, from, to) => ({t: 'S', v: textOrBytes(bytes, from, to)})),
  x: sized((bytes, from, to) => ({t: 'x', v: new Uint8Array(bytes.subarray(from, to))})),
  F: sized((bytes, from, to) => ({t: 'F', v: decodeTable(bytes, from, to)})),
  A: sized(decodeArray),
  t: fixed(1, (bytes, at) => ({t: 't', v: bytes[at] !== 0})),
  b: fixed(1, (bytes, at) => ({t: 'b', v: bytes.readInt8(at)})),
  B: fixed(1, (bytes, at) => ({t: 'B', v: bytes.readUInt8(at)})),
  s: fixed(2, (bytes, at) => ({t: 's', v: bytes.readInt16BE(at)})),
  u: fixed(2, (bytes, at) => ({t: 'u', v: bytes.readUInt16BE(at)})),
  I: fixed(4, (bytes, at) => ({t: 'I', v: bytes.readInt32BE(at)})),
  i: fixed(4, (bytes, at) => ({t: 'i', v: bytes.readUInt32BE(at)})),
  l: fixed(8, (bytes, at) => ({t: 'l', v: bytes.readBigInt64BE(at)})),
  L: fixed(8, (bytes, at) => ({t: 'L', v: bytes.readBigInt64BE(at)})),
  f: fixed(4, (bytes, at) => ({t: 'f', v: bytes.readFloatBE(at)})),
  d: fixed(8, (bytes, at) => ({t: 'd', v: bytes.readDoubleBE(at)})),
  D: fixed(5, (bytes, at) => ({t: 'D', v: {scale: bytes.readUInt8(at), digits: bytes.readUInt32BE(at + 1)}})),
  T: fixed(8, (bytes, at) => ({t: 'T', v: bytes.readBigUInt64BE(at)})),
  V: fixed(0, () => ({t: 'V', v: null})),
}

/** By tag byte: a look-up per value instead of a string made and compared. */
const DECODERS: readonly (Decoder | undefined)[] = Array.from({length: 256}, (_, tag) => {
  const name = String.fromCharCode(tag)
  return isTag(name) ? decoders[name] : undefined
})

function isTag(name: string): name is Typed['t'] {
  return Object.hasOwn(decoders, name)
}

/** The bytes of {@link decodeTable}, without the length in front. */
export function encodeTable(headers: Headers): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of headers) {
    const bytes = encodeText(name)
    if (bytes.length > 255) throw new RangeError('a header name is longer than 255 bytes')
    parts.push(Buffer.of(bytes.length), bytes, encodeValue(value))
  }
  return Buffer.concat(parts)
}

function encodeValue(value: Typed): Buffer {
  if (value.t === 'S') return withLength('S', typeof value.v === 'string' ? Buffer.from(value.v) : value.v)
  if (value.t === 'x') return withLength('x', value.v)
  if (value.t === 'F') return withLength('F', encodeTable(value.v))
  if (value.t === 'A') return withLength('A', Buffer.concat(value.v.map(encodeValue)))
  const bytes = Buffer.alloc(1 + WIDTH[value.t])
  bytes.write(value.t, 'latin1')
  writeScalar(bytes, value)
  return bytes
}

function withLength(tag: string, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.write(tag, 'latin1')
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

type Scalar = Exclude<Typed, {t: 'S' | 'x' | 'F' | 'A'}>

const WIDTH: Record<Scalar['t'], number> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  L: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
}

function writeScalar(bytes: Buffer, value: Scalar): void {
  if (value.t === 'V') return
  if (value.t === 't') bytes.writeUInt8(value.v ? 1 : 0, 1)
  else if (value.t === 'D') {
    bytes.writeUInt8(value.v.scale, 1)
    bytes.writeUInt32BE(value.v.digits, 2)
  } else if (isNumeric(value)) NUMBER[value.t](bytes, value.v)
  else if (value.t === 'T') bytes.writeBigUInt64BE(value.v, 1)
  else bytes.writeBigInt64BE(value.v, 1)
}

type Numeric = Extract<Scalar, {v: number}>

function isNumeric(value: Scalar): value is Numeric {
  return typeof value.v === 'number'
}

const NUMBER: Record<Numeric['t'], (bytes: Buffer, v: number) => number> = {
  b: (bytes, v) => bytes.writeInt8(v, 1),
  B: (bytes, v) => bytes.writeUInt8(v, 1),
  s: (bytes, v) => bytes.writeInt16BE(v, 1),
  u: (bytes, v) => bytes.writeUInt16BE(v, 1),
  I: (bytes, v) => bytes.writeInt32BE(v, 1),
  i: (bytes, v) => bytes.writeUInt32BE(v, 1),
  f: (bytes, v) => bytes.writeFloatBE(v, 1),
  d: (bytes, v) => bytes.writeDoubleBE(v, 1),
}
