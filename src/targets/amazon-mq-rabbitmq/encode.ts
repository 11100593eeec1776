import type {Envelope, Headers, Properties} from '../../model/envelope.ts'
import {Content, encodeProperties} from '../../protocols/amqp091/content-writer.ts'
import type {Encoded} from '../target.ts'

export interface EncodeOptions {
  readonly queue: string
  /** The broker's `max_message_size`: it counts the body alone, and closes the channel above it. */
  readonly maxMessageBytes: number
  /** Bytes of properties and headers that fit into one frame of the connection. */
  readonly propertiesRoom: number
  /** The user that publishes; it may name itself in `user_id`, and others only as `impersonator`. */
  readonly user: string
  readonly impersonates: boolean
  /** Several headers of one name stay several: before 4.0. From there on the first of them alone is kept (4.0.5). */
  readonly keepsRepeated: boolean
  /** Queues of the virtual host; undefined = not known, so nothing is said about reply queues. */
  readonly replyQueues?: ReadonlySet<string>
  /** Back to the broker it came from: whatever the broker takes stays as it is. */
  readonly faithful: boolean
}

type Losses = Encoded['losses']
type Loss = Losses[number]

/** Method, frame heads and ends, and the fixed fields of a content header. */
const OVERHEAD = 64
/** rabbit_misc: an expiration above it is refused with 406 (3.10 to 4.x, read 2026-11-24). */
const LONGEST_EXPIRATION = 4_294_967_295

/** What the broker wrote for its own use; a new one starts to count again. */
const BOOKKEEPING = new Set(['x-delivery-count', 'x-acquired-count', 'x-stream-offset'])
/** Sender-selected distribution: published again, they would route copies to other queues. */
const COPIES = new Set(['CC', 'BCC'])

/** Headers that are not published again. */
export const isDropped = (name: string): boolean => COPIES.has(name) || BOOKKEEPING.has(name)

/** Makes the encoder of one queue, by the table of docs/rabbitmq-target.md. */
export function rabbitmqEncoder(options: EncodeOptions): (envelope: Envelope, now: number) => Encoded {
  return (envelope, now) => {
    const {body} = envelope
    const bytes = body.byteLength + OVERHEAD
    const refused = refusalOf(envelope, options)
    if (refused !== undefined) return {wire: null, bytes, changes: NONE, losses: NO_LOSSES, refused}
    const found: Found = {changes: [], losses: []}
    if (!isDirect(envelope, options)) found.changes.push('route')
    const headers = takeHeaders(envelope.headers, options, found)
    const properties = takeProperties(envelope, now, options, found)
    noteForeign(envelope, now, found)
    const {wire, bytes: whole, refused: not} = write({properties, headers, body}, options)
    const encoded = {wire, bytes: whole, changes: found.changes, losses: found.losses}
    return not === undefined ? encoded : {...encoded, refused: not}
  }
}

interface Found {
  readonly changes: string[]
  readonly losses: Loss[]
}

const NONE: readonly string[] = []
const NO_LOSSES: Losses = []

interface Parts {
  readonly properties: Properties
  readonly headers: Headers
  readonly body: Uint8Array
}

function write(
  {properties, headers, body}: Parts,
  {propertiesRoom}: EncodeOptions,
): Pick<Encoded, 'wire' | 'bytes' | 'refused'> {
  const bytes = body.byteLength + OVERHEAD
  try {
    const encoded = encodeProperties(properties, headers)
    if (encoded.length > propertiesRoom) {
      const refused = `properties and headers of ${encoded.length} bytes: one frame takes ${propertiesRoom}`
      return {wire: null, bytes, refused}
    }
    return {wire: new Content(encoded, body), bytes: bytes + encoded.length}
  } catch (error) {
    if (error instanceof RangeError) return {wire: null, bytes, refused: `no AMQP message: ${error.message}`}
    throw error
  }
}

/** Where it would close the channel for every message, or can reach nobody. */
function refusalOf({body, properties}: Envelope, options: EncodeOptions): string | undefined {
  const {replyTo = '', expiration} = properties
  if (body.byteLength > options.maxMessageBytes)
    return `too large: ${body.byteLength} bytes, the broker takes ${options.maxMessageBytes} (max_message_size)`
  if (expiration !== undefined && !isExpiration(expiration))
    return 'its expiration is no number of milliseconds that RabbitMQ takes'
  // The bare name asks the broker for a reply queue of this very channel: 406.
  const bare = replyTo === DIRECT_REPLY
  if (bare || (replyTo.startsWith(`${DIRECT_REPLY}.`) && !options.faithful))
    return 'a request for a direct reply: whoever waited for it was connected to the old broker'
  return undefined
}

const DIRECT_REPLY = 'amq.rabbitmq.reply-to'

const isExpiration = (text: string): boolean => /^\d+$/.test(text) && Number(text) <= LONGEST_EXPIRATION

/** Published to the default exchange, which is how we publish: exchange and key stay as they were. */
const isDirect = ({source}: Envelope, {queue}: EncodeOptions): boolean =>
  source.exchange === '' && source.routingKey === queue

function takeHeaders(headers: Headers, {faithful, keepsRepeated}: EncodeOptions, found: Found): Headers {
  if (!keepsRepeated && hasRepeated(headers)) found.losses.push(REPEATED)
  const goes = ([name]: Headers[number]): boolean => COPIES.has(name) || (!faithful && BOOKKEEPING.has(name))
  // Nearly always: no array is made for a message that keeps all it has.
  if (!headers.some(goes)) return headers
  const dropped = headers.filter(goes)
  if (dropped.some(([name]) => BOOKKEEPING.has(name))) found.changes.push('bookkeeping')
  if (dropped.some(([name]) => COPIES.has(name)))
    found.losses.push({
      rule: 'cc-header',
      field: 'CC',
      reason: 'published again with it, copies would go to the other queues it names',
    })
  return headers.filter((header) => !dropped.includes(header))
}

const REPEATED: Loss = {
  rule: 'repeated-header',
  field: 'headers',
  reason: 'RabbitMQ 4 keeps the first of several headers of one name',
}

const hasRepeated = (headers: Headers): boolean =>
  headers.length > 1 && new Set(headers.map(([name]) => name)).size < headers.length

function takeProperties(envelope: Envelope, now: number, options: EncodeOptions, found: Found): Properties {
  const {properties} = envelope
  const {userId, ...others} = properties
  const expiration = expirationOf(envelope, now, found)
  noteReply(properties.replyTo, options, found)
  const kept = userId === undefined || options.impersonates || userId === options.user
  if (!kept) found.losses.push(USER_ID)
  if (expiration === properties.expiration) return kept ? properties : others
  return {...(kept ? properties : others), ...(expiration !== undefined && {expiration})}
}

/** As it was: how much of it has passed nobody knows, and it must never become shorter than it was meant. */
function expirationOf({properties, expiresAt}: Envelope, now: number, found: Found): string | undefined {
  let {expiration} = properties
  if (expiration === undefined && expiresAt !== undefined) {
    expiration = String(Math.max(0, Math.round(expiresAt - now)))
    found.changes.push('expiration')
  }
  if (expiration !== undefined && Number(expiration) === 0) found.losses.push(EXPIRES_AT_ONCE)
  return expiration
}

const EXPIRES_AT_ONCE: Loss = {
  rule: 'expires-at-once',
  field: 'expiration',
  reason: 'it expires on arrival unless a consumer waits for it there',
}

const USER_ID: Loss = {
  rule: 'user-id',
  field: 'user_id',
  reason:
    'the broker takes a foreign user_id only from a user with the tag impersonator: give it to the target’s user, and it is kept',
}

function noteReply(replyTo: string | undefined, {replyQueues, faithful}: EncodeOptions, found: Found): void {
  if (replyTo === undefined || replyTo === '' || faithful) return
  if (replyQueues === undefined || replyQueues.has(replyTo)) return
  const reason = 'the target has no queue of this name: it is kept, and the reply would reach nobody'
  found.losses.push({rule: 'reply-to', field: 'reply_to', reason})
}

/** Fields of other brokers that AMQP 0-9-1 has no place for. */
function noteForeign({group, notBefore}: Envelope, now: number, {losses}: Found): void {
  if (group !== undefined)
    losses.push({rule: 'message-group', field: 'group', reason: 'RabbitMQ has no message groups'})
  if (notBefore !== undefined && notBefore > now)
    losses.push({rule: 'message-delay', field: 'notBefore', reason: 'RabbitMQ delays no single message'})
}
