import rhea from 'rhea'
import type {Typed as AmqpTyped} from 'rhea'

import type {Headers, Typed} from '../../model/envelope.ts'
import {packValue} from '../packed-value.ts'
import {isGroupId, isGroupSequence, propertyFor} from './property-names.ts'
import type {PackedHeader} from './wire.ts'

/** What the headers of a message become. */
export interface Taken {
  /** JMS properties, without a prototype: a header may be called anything. */
  readonly own: Record<string, AmqpTyped>
  readonly packed: readonly PackedHeader[]
  readonly groupId: string | undefined
  readonly groupSequence: number | undefined
  /** Some are no property of their own name and type. */
  readonly changed: boolean
}

/**
 * A header becomes the JMS property that a JMS producer would have set: Boolean, Byte, Short, Integer, Long, Float,
 * Double or String. Unsigned numbers take the next larger type, a timestamp is a Long. Tables, arrays, decimals, bytes
 * and names that no property can have stay packed.
 */
export function takeHeaders(headers: Headers): Taken {
  const own = newProperties()
  const packed: PackedHeader[] = []
  let groupId: string | undefined
  let groupSequence: number | undefined
  for (const [name, value] of headers) {
    if (isGroupId(name) && groupId === undefined && isSafeText(value) && value.v !== '') {
      groupId = value.v
      packed.push([name])
    } else if (isGroupSequence(name) && groupSequence === undefined && value.t === 'I' && value.v > 0) {
      groupSequence = value.v
      packed.push([name])
    } else packed.push(takeHeader(own, name, value))
  }
  return {own, packed, groupId, groupSequence, changed: packed.some((header) => header.length > 1)}
}

function newProperties(): Record<string, AmqpTyped> {
  const properties: Record<string, AmqpTyped> = {}
  Object.setPrototypeOf(properties, null)
  return properties
}

function takeHeader(own: Record<string, AmqpTyped>, name: string, value: Typed): PackedHeader {
  const property = propertyFor(name)
  const typed = typedProperty(value)
  const free = property !== null && !isGroupId(name) && !isGroupSequence(name) && !(property in own)
  if (typed === null || !free) return [name, ...packValue(value)]
  own[property] = typed
  return property === name && value.t in EXACT ? [name] : [name, value.t, null, property]
}

const EXACT: Readonly<Partial<Record<Typed['t'], true>>> = {
  S: true,
  t: true,
  b: true,
  s: true,
  I: true,
  l: true,
  f: true,
  d: true,
}

function typedProperty({t, v}: Typed): AmqpTyped | null {
  if (typeof v === 'string') return isSafe(v) ? rhea.types.wrap_string(v) : null
  if (typeof v === 'boolean') return rhea.types.wrap_boolean(v)
  if (typeof v === 'bigint') return v > MAX_LONG ? null : long(v)
  return typeof v === 'number' ? (NUMBERS[t]?.(v) ?? null) : null
}

const NUMBERS: Readonly<Record<string, (value: number) => AmqpTyped>> = {
  b: (value) => rhea.types.wrap_byte(value),
  B: (value) => rhea.types.wrap_short(value),
  s: (value) => rhea.types.wrap_short(value),
  u: (value) => rhea.types.wrap_int(value),
  I: (value) => rhea.types.wrap_int(value),
  i: (value) => long(BigInt(value)),
  f: (value) => rhea.types.wrap_float(value),
  d: (value) => rhea.types.wrap_double(value),
}

/** A timestamp is unsigned on the wire. */
const MAX_LONG = 2n ** 63n - 1n

/** As eight bytes: rhea rounds numbers above 2^53. */
function long(value: bigint): AmqpTyped {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return rhea.types.wrap_long(bytes)
}

/**
 * ActiveMQ corrupts characters above U+FFFF in properties that came over AMQP (seen on 5.18.3, 2026-11-24), and U+0000
 * and lone surrogates are no text for everybody.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const SAFE = /^[\u0001-\ud7ff\ue000-\uffff]*$/

export const isSafe = (text: string): boolean => SAFE.test(text)

function isSafeText(value: Typed): value is Typed & {readonly t: 'S'; readonly v: string} {
  return value.t === 'S' && typeof value.v === 'string' && isSafe(value.v)
}
