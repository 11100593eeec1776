/**
 * An AMQP 1.0 message with its values as they are on the wire. rhea's decode makes one JavaScript number of six types,
 * and rounds what is above 2^53 (seen with 3.0.5, 2026-11-24).
 */
export interface RawMessage {
  /** Fields of the properties section, in the order of the specification (3.2.4). */
  readonly properties: readonly RawValue[]
  readonly applicationProperties: readonly (readonly [name: string, value: RawValue])[]
  readonly body: RawBody
}

/** Null = nothing that mqlift sends. */
export type RawBody = {readonly text: string} | {readonly bytes: Uint8Array} | null

export type RawType = 'boolean' | 'byte' | 'short' | 'int' | 'long' | 'float' | 'double' | 'string' | 'uint'

export type RawValue =
  | {readonly type: RawType; readonly value: boolean | number | bigint | string}
  /** Null, and types that nothing here needs. */
  | {readonly type: 'null' | 'other'; readonly value: null}

/** Throws a RangeError when it ends too early, or is no message. */
export function readMessage(bytes: Buffer): RawMessage {
  const cursor = new Cursor(bytes)
  let properties: RawValue[] = []
  let applicationProperties: RawMessage['applicationProperties'] = []
  let body: RawBody = {bytes: new Uint8Array()}
  const data: Buffer[] = []
  while (cursor.remaining > 0) {
    const {code, content} = cursor.section()
    if (code === PROPERTIES) properties = itemsOf(content).map(valueOf)
    if (code === APPLICATION_PROPERTIES) applicationProperties = pairsOf(content)
    if (code === DATA) data.push(content.payload)
    if (code === AMQP_VALUE || code === AMQP_SEQUENCE) body = valueBody(content)
  }
  return {properties, applicationProperties, body: data.length > 0 ? {bytes: Buffer.concat(data)} : body}
}

/** Numbers of the sections' descriptors (specification, 3.2). */
const PROPERTIES = 0x73
const APPLICATION_PROPERTIES = 0x74
const DATA = 0x75
const AMQP_SEQUENCE = 0x76
const AMQP_VALUE = 0x77

interface Encoded {
  /** The format code: which type it is, and how wide. */
  readonly format: number
  readonly payload: Buffer
}

const DESCRIBED = 0x00

class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  section(): {readonly code: number; readonly content: Encoded} {
    if (this.#byte() !== DESCRIBED) throw new RangeError('no section')
    const {payload} = this.value()
    return {code: payload.at(-1) ?? 0, content: this.value()}
  }

  value(): Encoded {
    const format = this.#byte()
    if (format === DESCRIBED) {
      // What it is described as means nothing here.
      this.value()
      this.value()
      return {format, payload: Buffer.alloc(0)}
    }
    return {format, payload: this.#take(this.#width(format >> 4))}
  }

  /** By the upper half of the format code (specification, 1.2). */
  #width(kind: number): number {
    const fixed = FIXED[kind]
    if (fixed !== undefined) return fixed
    if (kind < 0x0a) throw new RangeError('no format code')
    return kind % 2 === 0 ? this.#byte() : this.#take(4).readUInt32BE(0)
  }

  #byte(): number {
    return this.#take(1).readUInt8(0)
  }

  #take(count: number): Buffer {
    if (count > this.remaining) throw new RangeError('it ends too early')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

const FIXED: Readonly<Record<number, number>> = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}

const EMPTY_LIST = 0x45

/** Of a list or a map: behind their count, which is as wide as their size. */
function itemsOf({format, payload}: Encoded): Encoded[] {
  if (format === EMPTY_LIST) return []
  const cursor = new Cursor(payload.subarray(format >> 4 === 0xd ? 4 : 1))
  const items: Encoded[] = []
  while (cursor.remaining > 0) items.push(cursor.value())
  return items
}

function pairsOf(map: Encoded): [string, RawValue][] {
  const items = itemsOf(map)
  return items.flatMap((name, index): [string, RawValue][] => {
    const value = items[index + 1]
    return index % 2 === 0 && value ? [[name.payload.toString('utf8'), valueOf(value)]] : []
  })
}

function valueBody(content: Encoded): RawBody {
  const {type, value} = valueOf(content)
  if (type === 'string') return {text: String(value)}
  return type === 'null' ? {text: ''} : null
}

function valueOf({format, payload}: Encoded): RawValue {
  const [type, read] = READ[format] ?? []
  if (type !== undefined && read) return {type, value: read(payload)}
  return {type: format === NULL ? 'null' : 'other', value: null}
}

const NULL = 0x40

type Read = readonly [type: RawType, read: (payload: Buffer) => boolean | number | bigint | string]

/** By format code (specification, 1.6). */
const READ: Readonly<Record<number, Read>> = {
  0x41: ['boolean', () => true],
  0x42: ['boolean', () => false],
  0x56: ['boolean', (payload) => payload.readUInt8(0) === 1],
  0x51: ['byte', (payload) => payload.readInt8(0)],
  0x61: ['short', (payload) => payload.readInt16BE(0)],
  0x54: ['int', (payload) => payload.readInt8(0)],
  0x71: ['int', (payload) => payload.readInt32BE(0)],
  0x55: ['long', (payload) => BigInt(payload.readInt8(0))],
  0x81: ['long', (payload) => payload.readBigInt64BE(0)],
  0x72: ['float', (payload) => payload.readFloatBE(0)],
  0x82: ['double', (payload) => payload.readDoubleBE(0)],
  0xa1: ['string', (payload) => payload.toString('utf8')],
  0xb1: ['string', (payload) => payload.toString('utf8')],
  0x43: ['uint', () => 0],
  0x52: ['uint', (payload) => payload.readUInt8(0)],
  0x70: ['uint', (payload) => payload.readUInt32BE(0)],
}
