import {z} from 'zod'

import type {Envelope, Properties} from '../model/envelope.ts'

/** What of an envelope has no place of its own in a target's message, as JSON that undoes it exactly. */
interface Unplaced {
  /** Of the wire format. */
  readonly v: number
  readonly properties: Readonly<Record<string, unknown>> | undefined
  readonly headers: readonly unknown[] | undefined
}

/** In ASCII. JSON.stringify leaves out what is undefined. */
export function packed(
  {source, identity, group, seq, notBefore, expiresAt}: Envelope,
  {v, properties, headers}: Unplaced,
): string {
  const {id, exchange, routingKey} = source
  const rest = {identity, group, seq, notBefore, expiresAt, properties, headers}
  return ascii(JSON.stringify({v, source: id, exchange, routingKey, ...rest}))
}

const NOT_ASCII = /[^\u0020-\u007e]/
const NOT_ASCII_ALL = /[^\u0020-\u007e]/g

/** Legal everywhere whatever the names hold, lone surrogates included, one byte a character. */
function ascii(json: string): string {
  if (!NOT_ASCII.test(json)) return json
  return json.replace(NOT_ASCII_ALL, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const text = z.string().optional()
const number = z.number().optional()

const PackedProperties = z.object({
  contentType: text,
  contentEncoding: text,
  deliveryMode: number,
  priority: number,
  correlationId: text,
  replyTo: text,
  expiration: text,
  messageId: text,
  timestamp: z.string().transform(BigInt).optional(),
  type: text,
  userId: text,
  appId: text,
  clusterId: text,
})

/** Reads what `packed` wrote, with headers as the target packs them. Throws a ZodError or SyntaxError. */
export function unpacker<Header extends z.ZodType>(v: number, header: Header) {
  const Packed = z.object({
    v: z.literal(v),
    source: z.string(),
    exchange: text,
    routingKey: text,
    identity: text,
    group: text,
    seq: number,
    notBefore: number,
    expiresAt: number,
    properties: PackedProperties.default({}),
    headers: z.array(header).default([]),
  })
  return (json: string) => {
    const {
      source: id,
      exchange,
      routingKey,
      properties,
      headers,
      v: _,
      ...rest
    } = Packed.parse(JSON.parse(json))
    const kept: Properties = present(properties)
    return {
      envelope: {v: 1, source: {id, ...present({exchange, routingKey})}, ...present(rest)} as const,
      properties: kept,
      headers,
    }
  }
}

type Present<T> = {[K in keyof T]?: Exclude<T[K], undefined>}

/** Absent stays absent: an envelope never says `undefined`. */
function present<T extends object>(fields: T): Present<T> {
  const kept: Present<T> = {...fields}
  for (const name of Object.keys(kept))
    if (Reflect.get(kept, name) === undefined) Reflect.deleteProperty(kept, name)
  return kept
}
