import type {Envelope, Headers, Properties} from '../../model/envelope.ts'
import type {Move} from '../../model/plan.ts'
import type {Encoded} from '../target.ts'
import {groupOf} from './group.ts'
import {asBuffer, isLegalBody, isLegalName, isLegalValue} from './legal.ts'
import {NestedTooDeep, packValue} from './packed-value.ts'
import {
  ATTRIBUTE_TYPE,
  BODY_MARKER,
  EMPTY_BODY,
  MESSAGE_LIMITS,
  OWN_PROPERTIES,
  PACKED,
  type PackedHeader,
  PROPERTY_PREFIX,
  SqsWire,
  WIRE_VERSION,
  type WireAttribute,
} from './wire.ts'

export interface EncodeOptions {
  /** The queue's own MaximumMessageSize, at most 1 MiB. */
  readonly maximumBytes?: number
}

type Losses = Encoded['losses']

/** Makes the encoder of one move. What it makes can be undone exactly (decode.ts); it drops nothing. */
export function sqsEncoder(
  move: Pick<Move, 'platform' | 'group' | 'delay'>,
  {maximumBytes = MESSAGE_LIMITS.bytes}: EncodeOptions = {},
): (envelope: Envelope, now: number) => Encoded {
  const fifo = move.platform === 'sqs-fifo'
  if (fifo && !move.group) throw new Error('a FIFO move needs a group rule')

  return (envelope, now) => {
    const changes: string[] = []
    const body = encodeBody(envelope.body, changes)
    let attributes: WireAttribute[]
    try {
      attributes = encodeAttributes(envelope, body.marker, changes)
    } catch (error) {
      if (error instanceof NestedTooDeep) return refusal(error.message, changes)
      throw error
    }
    const bytes = body.bytes.length + sizeOf(attributes)
    if (bytes > maximumBytes) return refusal(tooLarge(bytes, maximumBytes), changes, bytes)
    const group = fifo && move.group ? groupOf(move.group, envelope) : undefined
    const {delaySeconds, losses} = delayOf(envelope, now, {fifo, ...(move.delay && {delay: move.delay})})
    const wire = new SqsWire(body.bytes, attributes, {
      groupId: group,
      delaySeconds: delaySeconds > 0 ? delaySeconds : undefined,
    })
    return {wire, bytes, changes, losses, ...(group !== undefined && {group})}
  }
}

const NO_LOSSES: Losses = []

function refusal(refused: string, changes: readonly string[], bytes = 0): Encoded {
  return {wire: null, bytes, changes, losses: NO_LOSSES, refused}
}

function tooLarge(bytes: number, limit: number): string {
  return `too large: ${bytes} bytes with attributes, the queue takes ${limit}`
}

interface EncodedBody {
  readonly bytes: Uint8Array
  readonly marker?: string
}

function encodeBody(body: Uint8Array, changes: string[]): EncodedBody {
  if (isLegalBody(body)) return {bytes: body}
  changes.push('body')
  if (body.length === 0) return {bytes: Buffer.from(EMPTY_BODY, 'latin1'), marker: 'empty'}
  return {bytes: Buffer.from(asBuffer(body).toString('base64'), 'latin1'), marker: 'base64'}
}

function encodeAttributes(
  envelope: Envelope,
  marker: string | undefined,
  changes: string[],
): WireAttribute[] {
  const own: WireAttribute[] = marker === undefined ? [] : [[BODY_MARKER, marker]]
  const properties = takeProperties(envelope.properties, own)
  const headers = envelope.headers.length > 0 ? takeHeaders(envelope.headers, own) : undefined
  if (properties) changes.push('properties')
  if (headers?.some((header) => header.length > 1)) changes.push('headers')
  const {source, identity, group, seq, notBefore, expiresAt} = envelope
  // JSON.stringify leaves out what is undefined.
  const packed = {
    v: WIRE_VERSION,
    source: source.id,
    exchange: source.exchange,
    routingKey: source.routingKey,
    identity,
    group,
    seq,
    notBefore,
    expiresAt,
    properties,
    headers,
  }
  own.push([PACKED, ascii(JSON.stringify(packed))])
  return own.toSorted(byName)
}

const byName = (a: WireAttribute, b: WireAttribute): number => (a[0] < b[0] ? -1 : 1)

/** Moves properties into `own`; returns those that stay packed. */
function takeProperties(properties: Properties, own: WireAttribute[]): Record<string, unknown> | undefined {
  let packed: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries<string | number | bigint | undefined>({...properties})) {
    if (value === undefined) continue
    if (OWN.has(name) && typeof value === 'string' && isLegalValue(value))
      own.push([PROPERTY_PREFIX + name, value])
    else (packed ??= {})[name] = typeof value === 'bigint' ? String(value) : value
  }
  return packed
}

const OWN: ReadonlySet<string> = new Set(OWN_PROPERTIES)

/** Dead-letter bookkeeping of RabbitMQ is nothing a consumer filters by: it does not take a place. */
const BOOKKEEPING = /^x-(?:first|last)-death-/

/** Text headers with a legal name and value become attributes while there is room, in the order they came. */
function takeHeaders(headers: Headers, own: WireAttribute[]): PackedHeader[] {
  const taken = new Set<string>()
  return headers.map(([name, value]): PackedHeader => {
    const room = own.length < MESSAGE_LIMITS.attributes - 1
    if (room && value.t === 'S' && typeof value.v === 'string' && canStandAlone(name, value.v, taken)) {
      taken.add(name)
      own.push([name, value.v])
      return [name]
    }
    return [name, ...packValue(value)]
  })
}

function canStandAlone(name: string, value: string, taken: ReadonlySet<string>): boolean {
  return !taken.has(name) && isLegalName(name) && isLegalValue(value) && !BOOKKEEPING.test(name)
}

const NOT_ASCII = /[^\u0020-\u007e]/
const NOT_ASCII_ALL = /[^\u0020-\u007e]/g

/** JSON in ASCII: legal for SQS and SNS whatever the names hold, lone surrogates included, one byte a character. */
function ascii(json: string): string {
  if (!NOT_ASCII.test(json)) return json
  return json.replace(NOT_ASCII_ALL, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** As SQS counts: names, types and values. */
function sizeOf(attributes: readonly WireAttribute[]): number {
  let bytes = 0
  for (const [name, value] of attributes)
    bytes += name.length + ATTRIBUTE_TYPE.length + Buffer.byteLength(value)
  return bytes
}

interface DelayRules {
  readonly fifo: boolean
  readonly delay?: number
}

/** A FIFO queue takes no delay per message, a standard one at most 15 minutes. */
function delayOf(
  envelope: Envelope,
  now: number,
  {fifo, delay = 0}: DelayRules,
): {delaySeconds: number; losses: Losses} {
  const due = envelope.notBefore === undefined ? 0 : Math.ceil((envelope.notBefore - now) / 1000)
  const wanted = Math.max(delay, due)
  const possible = fifo ? 0 : Math.min(wanted, MESSAGE_LIMITS.delaySeconds)
  if (wanted <= possible) return {delaySeconds: Math.max(wanted, 0), losses: NO_LOSSES}
  const reason = fifo
    ? 'a FIFO queue delays no single message'
    : `SQS delays a message by at most ${MESSAGE_LIMITS.delaySeconds} s, ${wanted} s are left`
  return {delaySeconds: possible, losses: [{rule: 'message-delay', field: 'notBefore', reason}]}
}
