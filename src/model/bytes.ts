import {isUtf8} from 'node:buffer'

const INITIAL = 4096
const MAX_LENGTH_BYTES = 7

/** The same bytes as a Buffer, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The first bytes, in one object: `Buffer.from` a `subarray` makes two. */
export function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length)
  bytes.copy(copy, 0, 0, length)
  return copy
}

/** A growing buffer that is used again and again; `take` copies out what was written. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(INITIAL)
  #at = 0

  reset(): this {
    this.#at = 0
    return this
  }

  take(): Buffer {
    return copyOf(this.#buffer, this.#at)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = value
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleBE(value, this.#at)
  }

  /** Sign and magnitude: signed and unsigned 64-bit values come back as they were. */
  int64(value: bigint): void {
    this.#reserve(9)
    const negative = value < 0n
    this.#buffer[this.#at++] = negative ? 1 : 0
    this.#at = this.#buffer.writeBigUInt64BE(negative ? -value : value, this.#at)
  }

  /** LEB128. Arithmetic, not bit operators: lengths may exceed 2^31. */
  length(value: number): void {
    this.#reserve(MAX_LENGTH_BYTES)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#at++] = rest
  }

  bytes(value: Uint8Array): void {
    this.length(value.byteLength)
    this.#reserve(value.byteLength)
    this.#buffer.set(value, this.#at)
    this.#at += value.byteLength
  }

  text(value: string): void {
    if (!value.isWellFormed()) return this.bytes(wtf8(value))
    const size = Buffer.byteLength(value)
    this.length(size)
    this.#reserve(size)
    this.#at += this.#buffer.write(value, this.#at)
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + size))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

/** Reads what {@link ByteWriter} wrote. Every read is bounded by the input: files are not trusted (SEC-34). */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(size: number): Buffer {
    if (size > this.left) throw new RangeError(`${size} bytes announced, ${this.left} left`)
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  u8(): number {
    return this.take(1).readUInt8()
  }

  double(): number {
    return this.take(8).readDoubleBE()
  }

  int64(): bigint {
    const negative = this.u8() === 1
    const magnitude = this.take(8).readBigUInt64BE()
    return negative ? -magnitude : magnitude
  }

  length(): number {
    let value = 0
    for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
      const byte = this.u8()
      value += (byte & 0x7f) * 0x80 ** index
      if (byte < 0x80) return value
    }
    throw new RangeError('a length that does not end')
  }

  /** A number of items, each of which takes at least one byte. */
  count(): number {
    const value = this.length()
    if (value > this.left) throw new RangeError(`${value} items announced, ${this.left} bytes left`)
    return value
  }

  text(): string {
    const bytes = this.take(this.length())
    return isUtf8(bytes) ? bytes.toString() : fromWtf8(bytes)
  }

  /** Text when it is UTF-8, else a view of the bytes. */
  textOrBytes(): string | Uint8Array {
    const bytes = this.take(this.length())
    return isUtf8(bytes) ? bytes.toString() : bytes
  }
}

const SURROGATE_LEAD = 0xed
const FIRST_SURROGATE_SECOND = 0xa0

/** UTF-8 in which a lone surrogate takes the three bytes it would have as a code point: nothing is replaced. */
function wtf8(text: string): Buffer {
  const parts: Buffer[] = []
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    const lone = code >= 0xd800 && code <= 0xdfff
    parts.push(
      lone
        ? Buffer.from([SURROGATE_LEAD, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
        : Buffer.from(char),
    )
  }
  return Buffer.concat(parts)
}

function fromWtf8(bytes: Buffer): string {
  let text = ''
  let start = 0
  for (let at = bytes.indexOf(SURROGATE_LEAD); at >= 0; at = bytes.indexOf(SURROGATE_LEAD, at + 1)) {
    const second = bytes[at + 1] ?? 0
    if (second < FIRST_SURROGATE_SECOND) continue
    text += bytes.toString('utf8', start, at)
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f))
    start = at + 3
  }
  return text + bytes.toString('utf8', start)
}
