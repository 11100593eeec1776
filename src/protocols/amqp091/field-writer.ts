import {copyOf} from '../../model/bytes.ts'
import type {Headers, Typed} from '../../model/envelope.ts'
import {encodeText} from './text.ts'

const INITIAL = 4096
/** Lengths of short strings are one byte. */
const SHORT = 255

type Scalar = Exclude<Typed, {t: 'S' | 'x' | 'F' | 'A'}>

/** Writes AMQP 0-9-1 fields, the inverse of field-table.ts. A growing buffer, used again and again. */
export class FieldWriter {
  #bytes = Buffer.allocUnsafe(INITIAL)
  #at = 0

  reset(): this {
    this.#at = 0
    return this
  }

  /** A copy of what was written. */
  take(): Buffer {
    return copyOf(this.#bytes, this.#at)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#at = this.#bytes.writeUInt8(value, this.#at)
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#at = this.#bytes.writeUInt16BE(value, this.#at)
  }

  u64(value: bigint): void {
    this.#reserve(8)
    this.#at = this.#bytes.writeBigUInt64BE(value, this.#at)
  }

  /** Throws RangeError when it is longer than 255 bytes. */
  shortText(text: string): void {
    this.#reserve(1 + 3 * text.length)
    const from = this.#at + 1
    const size = this.#text(text, from)
    if (size > SHORT) throw new RangeError('a name or property is longer than 255 bytes')
    this.#bytes[this.#at] = size
    this.#at = from + size
  }

  /** With its length in front. */
  table(headers: Headers): void {
    const start = this.#open()
    this.fields(headers)
    this.#close(start)
  }

  fields(headers: Headers): void {
    for (const [name, value] of headers) {
      this.shortText(name)
      this.#value(value)
    }
  }

  #text(text: string, at: number): number {
    // Without stray bytes, which are lone surrogates here, the usual way is right and quick.
    return text.isWellFormed() ? this.#bytes.write(text, at) : encodeText(text).copy(this.#bytes, at)
  }

  #value(value: Typed): void {
    this.u8(value.t.charCodeAt(0))
    if (value.t === 'S' && typeof value.v === 'string') this.#longText(value.v)
    else if (value.t === 'S' || value.t === 'x') this.#longBytes(value.v)
    else if (value.t === 'F') this.table(value.v)
    else if (value.t === 'A') this.#array(value.v)
    else this.#scalar(value)
  }

  #array(values: readonly Typed[]): void {
    const start = this.#open()
    for (const value of values) this.#value(value)
    this.#close(start)
  }

  #longText(text: string): void {
    const start = this.#open()
    this.#reserve(3 * text.length)
    this.#at += this.#text(text, this.#at)
    this.#close(start)
  }

  #longBytes(value: string | Uint8Array): void {
    const bytes = Buffer.from(value)
    const start = this.#open()
    this.#reserve(bytes.length)
    this.#at += bytes.copy(this.#bytes, this.#at)
    this.#close(start)
  }

  #scalar(value: Scalar): void {
    this.#reserve(8)
    const bytes = this.#bytes
    if (value.t === 't') this.#at = bytes.writeUInt8(value.v ? 1 : 0, this.#at)
    else if (value.t === 'D') {
      this.#at = bytes.writeUInt8(value.v.scale, this.#at)
      this.#at = bytes.writeUInt32BE(value.v.digits, this.#at)
    } else if (value.t === 'T') this.#at = bytes.writeBigUInt64BE(value.v, this.#at)
    else if (isNumeric(value)) this.#at = NUMBER[value.t](bytes, value.v, this.#at)
    else if (value.t !== 'V') this.#at = bytes.writeBigInt64BE(value.v, this.#at)
  }

  /** Leaves room for a length of 32 bits. */
  #open(): number {
    this.#reserve(4)
    this.#at += 4
    return this.#at
  }

  #close(start: number): void {
    this.#bytes.writeUInt32BE(this.#at - start, start - 4)
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

type Numeric = Extract<Scalar, {v: number}>

const isNumeric = (value: Scalar): value is Numeric => typeof value.v === 'number'

const NUMBER: Record<Numeric['t'], (bytes: Buffer, v: number, at: number) => number> = {
  b: (bytes, v, at) => bytes.writeInt8(v, at),
  B: (bytes, v, at) => bytes.writeUInt8(v, at),
  s: (bytes, v, at) => bytes.writeInt16BE(v, at),
  u: (bytes, v, at) => bytes.writeUInt16BE(v, at),
  I: (bytes, v, at) => bytes.writeInt32BE(v, at),
  i: (bytes, v, at) => bytes.writeUInt32BE(v, at),
  f: (bytes, v, at) => bytes.writeFloatBE(v, at),
  d: (bytes, v, at) => bytes.writeDoubleBE(v, at),
}
