import {z} from 'zod'

import type {Envelope, Headers, Typed} from '../../model/envelope.ts'
import {unpacker} from '../packed-envelope.ts'
import {UnpackValue} from '../packed-value.ts'
import {PACKED, WIRE_VERSION} from './wire.ts'

/** A message as a JMS consumer sees it: properties with their Java type and their text. */
export interface JmsMessage {
  /** Of a TextMessage. */
  readonly text?: string | null
  /** Of a BytesMessage, base64. */
  readonly bytes?: string
  readonly properties: Readonly<Record<string, readonly [type: string, value: string]>>
}

const PackedHeader = z.union([
  z.tuple([z.string()]),
  z.tuple([z.string(), z.string(), z.unknown()]),
  z.tuple([z.string(), z.string(), z.null(), z.string()]),
])

const unpack = unpacker(WIRE_VERSION, PackedHeader)

/**
 * Undoes encode.ts: the envelope as it left the source. Null when mqlift did not write the message. Throws a ZodError or
 * SyntaxError when it says that mqlift did and cannot be read.
 */
export function decodeActivemq(message: JmsMessage): Envelope | null {
  const json = message.properties[PACKED]?.[1]
  if (json === undefined) return null
  const {envelope, properties, headers} = unpack(json)
  return {
    ...envelope,
    properties,
    headers: headers.map((header) => headerOf(header, message)),
    body: bodyOf(message),
    delivery: {redelivered: false},
  }
}

/** The same; what says that it is ours and cannot be read was made by somebody else. */
export function decodedOrNull(message: JmsMessage): Envelope | null {
  try {
    return decodeActivemq(message)
  } catch {
    return null
  }
}

function bodyOf({text: words, bytes}: JmsMessage): Uint8Array {
  return bytes === undefined ? Buffer.from(words ?? '', 'utf8') : Buffer.from(bytes, 'base64')
}

function headerOf(header: z.infer<typeof PackedHeader>, {properties}: JmsMessage): Headers[number] {
  const [name] = header
  if (header.length === 3) return [name, UnpackValue.parse([header[1], header[2]])]
  const [property, tag] = header.length === 1 ? [name, undefined] : [header[3], header[1]]
  const [type, value] = Object.hasOwn(properties, property) ? (properties[property] ?? []) : []
  if (type === undefined || value === undefined) throw new RangeError(`property ${property} is missing`)
  return [name, typedOf(tag ?? TAGS[type] ?? type, value)]
}

const TAGS: Readonly<Record<string, Typed['t']>> = {
  String: 'S',
  Boolean: 't',
  Byte: 'b',
  Short: 's',
  Integer: 'I',
  Long: 'l',
  Float: 'f',
  Double: 'd',
}

function typedOf(tag: string, value: string): Typed {
  return UnpackValue.parse([tag, READ[tag]?.(value) ?? value])
}

/** Java writes NaN, infinities and minus zero as text, too. */
function numberOf(value: string): number | string {
  const read = Number(value)
  if (Object.is(read, -0)) return '-0'
  return Number.isFinite(read) ? read : String(read)
}

const READ: Readonly<Record<string, (value: string) => boolean | number | string>> = {
  t: (value) => value === 'true',
  ...Object.fromEntries(['b', 'B', 's', 'u', 'I', 'i', 'f', 'd'].map((tag) => [tag, numberOf])),
}
