import {asBuffer} from '../../model/bytes.ts'
import type {Envelope, Headers, Properties} from '../../model/envelope.ts'
import type {Move} from '../../model/plan.ts'
import {packed} from '../packed-envelope.ts'
import {NestedTooDeep, packValue} from '../packed-value.ts'
import type {Encoded} from '../target.ts'
import {groupOf} from './group.ts'
import {isLegalBody, isLegalName, isLegalValue} from './legal.ts'
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
  /** The target's own MaximumMessageSize, at most 1 MiB. */
  readonly maximumBytes?: number
  /** A topic delays nothing. */
  readonly place?: 'queue' | 'topic'
  /** Attributes that come first, because somebody filters by them; or why the message must not be sent. Pure. */
  readonly filteredBy?: (envelope: Envelope) => readonly WireAttribute[] | string
}

const NOTHING: readonly WireAttribute[] = []

type Losses = Encoded['losses']

/** Makes the encoder of one move. What it makes can be undone exactly (decode.ts); it drops nothing. */
export function sqsEncoder(
  move: Pick<Move, 'platform' | 'group' | 'delay'>,
  {maximumBytes = MESSAGE_LIMITS.bytes, place = 'queue', filteredBy}: EncodeOptions = {},
): (envelope: Envelope, now: number) => Encoded {
  const fifo = move.platform === 'sqs-fifo'
  if (fifo && !move.group) throw new Error('a FIFO move needs a group rule')
  const group = fifo ? move.group : undefined
  const delay = {
    ...(fifo && NO_DELAY.fifo),
    ...(place === 'topic' && NO_DELAY.topic),
    ...(move.delay && {delay: move.delay}),
  }

  return (envelope, now) => {
    const changes: string[] = []
    const filtered = filteredBy?.(envelope) ?? NOTHING
    if (typeof filtered === 'string') return refusal(filtered, changes)
    const body = encodeBody(envelope.body, changes)
    let attributes: WireAttribute[]
    try {
      attributes = encodeAttributes(envelope, {marker: body.marker, filtered}, changes)
    } catch (error) {
      if (error instanceof NestedTooDeep) return refusal(error.message, changes)
      throw error
    }
    const bytes = body.bytes.length + sizeOf(attributes)
    if (bytes > maximumBytes) return refusal(tooLarge(bytes, maximumBytes, place), changes, bytes)
    const {delaySeconds, losses} = delayOf(envelope, now, delay)
    const groupId = group && groupOf(group, envelope)
    const wire = new SqsWire(body.bytes, attributes, {
      groupId,
      delaySeconds: delaySeconds > 0 ? delaySeconds : undefined,
    })
    return {wire, bytes, changes, losses, ...(groupId !== undefined && {group: groupId})}
  }
}

const NO_LOSSES: Losses = []

function refusal(refused: string, changes: readonly string[], bytes = 0): Encoded {
  return {wire: null, bytes, changes, losses: NO_LOSSES, refused}
}

function tooLarge(bytes: number, limit: number, place: string): string {
  return `too large: ${bytes} bytes with attributes, the ${place} takes ${limit}`
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

interface Given {
  readonly marker: string | undefined
  readonly filtered: readonly WireAttribute[]
}

function encodeAttributes(envelope: Envelope, {marker, filtered}: Given, changes: string[]): WireAttribute[] {
  const own: WireAttribute[] = marker === undefined ? [...filtered] : [...filtered, [BODY_MARKER, marker]]
  const properties = takeProperties(envelope.properties, own)
  const headers = envelope.headers.length > 0 ? takeHeaders(envelope.headers, own, filtered) : undefined
  if (properties) changes.push('properties')
  if (headers?.some((header) => header.length > 1)) changes.push('headers')
  own.push([PACKED, packed(envelope, {v: WIRE_VERSION, properties, headers})])
  return own.toSorted(byName)
}

const byName = (a: WireAttribute, b: WireAttribute): number => (a[0] < b[0] ? -1 : 1)

/** Moves properties into `own`; returns those that stay packed. */
function takeProperties(properties: Properties, own: WireAttribute[]): Record<string, unknown> | undefined {
  let rest: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries<string | number | bigint | undefined>({...properties})) {
    if (value === undefined) continue
    if (hasRoom(own) && OWN.has(name) && typeof value === 'string' && isLegalValue(value))
      own.push([PROPERTY_PREFIX + name, value])
    else (rest ??= {})[name] = typeof value === 'bigint' ? String(value) : value
  }
  return rest
}

const OWN: ReadonlySet<string> = new Set(OWN_PROPERTIES)

/** One place is kept for what is packed. */
const hasRoom = (own: readonly WireAttribute[]): boolean => own.length < MESSAGE_LIMITS.attributes - 1

/** Dead-letter bookkeeping of RabbitMQ is nothing a consumer filters by: it does not take a place. */
const BOOKKEEPING = /^x-(?:first|last)-death-/

/** Text headers with a legal name and value become attributes while there is room, in the order they came. */
function takeHeaders(
  headers: Headers,
  own: WireAttribute[],
  filtered: readonly WireAttribute[],
): PackedHeader[] {
  const taken = new Set(filtered.map(([name]) => name))
  return headers.map(([name, value]): PackedHeader => {
    if (
      hasRoom(own) &&
      value.t === 'S' &&
      typeof value.v === 'string' &&
      canStandAlone(name, value.v, taken)
    ) {
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

/** As SQS counts: names, types and values. */
function sizeOf(attributes: readonly WireAttribute[]): number {
  let bytes = 0
  for (const [name, value] of attributes)
    bytes += name.length + ATTRIBUTE_TYPE.length + Buffer.byteLength(value)
  return bytes
}

interface DelayRules {
  readonly most?: number
  readonly because?: string
  readonly delay?: number
}

const NO_DELAY = {
  fifo: {most: 0, because: 'a FIFO queue delays no single message'},
  topic: {most: 0, because: 'SNS delays no message'},
} as const

/** A FIFO queue takes no delay per message, a standard one at most 15 minutes. */
function delayOf(
  envelope: Envelope,
  now: number,
  {most = MESSAGE_LIMITS.delaySeconds, because, delay = 0}: DelayRules,
): {delaySeconds: number; losses: Losses} {
  const due = envelope.notBefore === undefined ? 0 : Math.ceil((envelope.notBefore - now) / 1000)
  const wanted = Math.max(delay, due)
  const possible = Math.min(wanted, most)
  if (wanted <= possible) return {delaySeconds: Math.max(wanted, 0), losses: NO_LOSSES}
  const reason = because ?? `SQS delays a message by at most ${most} s, ${wanted} s are left`
  return {delaySeconds: possible, losses: [{rule: 'message-delay', field: 'notBefore', reason}]}
}
