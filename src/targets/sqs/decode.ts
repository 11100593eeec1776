import {z} from 'zod'

import type {Envelope, Headers, Properties} from '../../model/envelope.ts'
import {unpacker} from '../packed-envelope.ts'
import {UnpackValue} from '../packed-value.ts'
import {BODY_MARKER, PACKED, PROPERTY_PREFIX, WIRE_VERSION} from './wire.ts'

/** A message as ReceiveMessage gives it, so far as the wire format needs it. */
export interface ReceivedMessage {
  readonly Body?: string | undefined
  readonly MessageAttributes?: Attributes | undefined
}
type Attributes = Readonly<Record<string, {readonly StringValue?: string | undefined}>>

const PackedHeader = z.union([z.tuple([z.string()]), z.tuple([z.string(), z.string(), z.unknown()])])

const unpack = unpacker(WIRE_VERSION, PackedHeader)

/**
 * Undoes encode.ts: the envelope as it left the source. Null when mqlift did not write the message. Throws a
 * ZodError or SyntaxError when it says that mqlift did and cannot be read. The same for consumers in three
 * languages: docs/wire-format.md.
 */
export function decodeSqs(message: ReceivedMessage): Envelope | null {
  const attributes = new Map(
    Object.entries(message.MessageAttributes ?? {}).map(([name, {StringValue = ''}]) => [name, StringValue]),
  )
  const json = attributes.get(PACKED)
  if (json === undefined) return null
  const {envelope, properties, headers} = unpack(json)
  return {
    ...envelope,
    properties: {...properties, ...ownProperties(attributes)},
    headers: decodeHeaders(headers, attributes),
    body: decodeBody(message.Body ?? '', attributes.get(BODY_MARKER)),
    delivery: {redelivered: false},
  }
}

/** The same; what says that it is ours and cannot be read was made by somebody else. */
export function decodedOrNull(message: ReceivedMessage): Envelope | null {
  try {
    return decodeSqs(message)
  } catch {
    return null
  }
}

function decodeBody(body: string, marker: string | undefined): Uint8Array {
  if (marker === 'empty') return new Uint8Array()
  return new Uint8Array(Buffer.from(body, marker === 'base64' ? 'base64' : 'utf8'))
}

function ownProperties(attributes: ReadonlyMap<string, string>): Properties {
  const own = [...attributes].filter(([name]) => name.startsWith(PROPERTY_PREFIX))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PROPERTY_PREFIX.length), value]))
}

function decodeHeaders(
  headers: readonly z.infer<typeof PackedHeader>[],
  attributes: ReadonlyMap<string, string>,
): Headers {
  return headers.map((header) => {
    const [name] = header
    if (header.length === 1) return [name, {t: 'S', v: attributes.get(name) ?? ''}]
    return [name, UnpackValue.parse([header[1], header[2]])]
  })
}
