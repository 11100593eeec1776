import type {Envelope, Headers, Typed} from '../../../model/envelope.ts'
import type {ContentHeader} from '../../../protocols/amqp091/content-header.ts'

/** What the broker adds when it delivers again; outside the digest. */
const ADDED_ON_DELIVERY = new Set(['x-delivery-count', 'x-acquired-count'])

export interface EnvelopeOptions {
  readonly id: string
  /** Classic queues add nothing: there such a header is the publisher's own and stays. */
  readonly countsDeliveries: boolean
  /** Reads the identity that the operator vouches for. */
  readonly identity: ((content: ContentHeader) => string | undefined) | undefined
}

export interface Fields {
  readonly redelivered: boolean
  readonly exchange: string
  readonly routingKey: string
}

/** The hot path: one object per message, headers copied only when the broker added one. */
export function toEnvelope(
  options: EnvelopeOptions,
  fields: Fields,
  content: ContentHeader,
  body: Uint8Array,
): Envelope {
  const {headers} = content
  const added = options.countsDeliveries && headers.some(([name]) => ADDED_ON_DELIVERY.has(name))
  const identity = options.identity?.(content)
  return {
    v: 1,
    source: {id: options.id, exchange: fields.exchange, routingKey: fields.routingKey},
    ...(identity === undefined ? {} : {identity}),
    properties: content.properties,
    headers: added ? headers.filter(([name]) => !ADDED_ON_DELIVERY.has(name)) : headers,
    body,
    delivery: added ? counted(fields, headers) : {redelivered: fields.redelivered},
  }
}

function counted(fields: Fields, headers: Headers): Envelope['delivery'] {
  const count = integer(headers.find(([name]) => name === 'x-delivery-count')?.[1])
  return count === undefined ? {redelivered: fields.redelivered} : {redelivered: fields.redelivered, count}
}

function integer(value: Typed | undefined): number | undefined {
  const number = value?.v
  return typeof number === 'bigint' || typeof number === 'number' ? Number(number) : undefined
}

/** `header:x` or `property:x`. Only text and whole numbers identify a message. */
export function identityReader(spec: string | undefined): EnvelopeOptions['identity'] {
  if (spec === undefined) return undefined
  const [kind, ...rest] = spec.split(':')
  const name = rest.join(':')
  if (kind === 'property') return propertyReader(name)
  return ({headers}) => identityOf(headers.find(([header]) => header === name)?.[1].v)
}

function propertyReader(name: string): EnvelopeOptions['identity'] {
  // AMQP says message_id, people say message-id, the envelope says messageId.
  const wanted = name.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return ({properties}) => {
    const value: unknown = new Map<string, unknown>(Object.entries(properties)).get(wanted)
    return typeof value === 'string' ? identityOf(value) : undefined
  }
}

/** As text, exactly: two 64-bit numbers next to each other are two messages. Empty text identifies nothing. */
function identityOf(value: unknown): string | undefined {
  if (typeof value === 'bigint' || Number.isInteger(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
