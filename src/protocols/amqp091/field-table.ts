import type {Headers, Typed} from '../../model/envelope.ts'
import {FieldWriter} from './field-writer.ts'
import {decodeText, textOrBytes} from './text.ts'

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
  const writer = new FieldWriter()
  writer.fields(headers)
  return writer.take()
}
