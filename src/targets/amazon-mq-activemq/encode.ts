import rhea from 'rhea'

import {asBuffer} from '../../model/bytes.ts'
import type {Envelope, Properties} from '../../model/envelope.ts'
import {packed} from '../packed-envelope.ts'
import {NestedTooDeep} from '../packed-value.ts'
import type {Encoded} from '../target.ts'
import {isText, keepsBytes} from './body.ts'
import {isSafe, takeHeaders, type Taken} from './properties.ts'
import {AmqpWire, MAXIMUM_BYTES, PACKED, WIRE_VERSION} from './wire.ts'

export interface EncodeRules {
  /** The queue at the target that a reply-to of the source means; undefined = it is no queue of the plan. */
  readonly replyQueue?: (name: string) => string | undefined
  /**
   * False in a scratch queue: what expires there would make the broker make a dead-letter queue for it. What the message
   * would lose is said all the same.
   */
  readonly expires?: boolean
}

type Losses = Encoded['losses']

/** Makes the encoder of one move. What it makes can be undone exactly (decode.ts). */
export function activemqEncoder({replyQueue = () => undefined, expires = true}: EncodeRules = {}): (
  envelope: Envelope,
  now: number,
) => Encoded {
  return (envelope, now) => {
    const changes: string[] = []
    // Before it is copied: what is too large is not encoded at all.
    if (envelope.body.length > MAXIMUM_BYTES) return refusal(tooLarge(envelope.body.length), changes)
    let headers: Taken
    try {
      headers = takeHeaders(envelope.headers)
    } catch (error) {
      if (error instanceof NestedTooDeep) return refusal(error.message, changes)
      throw error
    }
    const ttl = timeToLive(envelope, now)
    const message = messageOf(envelope, headers, {now, ttl: expires ? ttl : undefined, replyQueue})
    const bytes = rhea.message.encode(message)
    if (headers.changed) changes.push('headers')
    if (Object.keys(envelope.properties).length > 0) changes.push('properties')
    if (bytes.length > MAXIMUM_BYTES) return refusal(tooLarge(bytes.length), changes, bytes.length)
    return {wire: new AmqpWire(bytes), bytes: bytes.length, changes, losses: lossesOf(envelope, {now, ttl})}
  }
}

const refusal = (refused: string, changes: readonly string[], bytes = 0): Encoded => ({
  wire: null,
  bytes,
  changes,
  losses: [],
  refused,
})

const tooLarge = (bytes: number): string =>
  `too large: ${bytes} bytes, ActiveMQ takes ${MAXIMUM_BYTES} on one connection`

interface Circumstances {
  readonly now: number
  /** Undefined = it lives for ever. */
  readonly ttl: number | undefined
  readonly replyQueue: (name: string) => string | undefined
}

/** As rhea wants it. What is undefined is not sent. */
function messageOf(
  envelope: Envelope,
  {own, packed: headers, groupId, groupSequence}: Taken,
  {now, ttl, replyQueue}: Circumstances,
): Record<string, unknown> {
  const {properties, body, group} = envelope
  const text = isText(body, properties)
  const reply = properties.replyTo === undefined ? undefined : replyQueue(properties.replyTo)
  own[PACKED] = rhea.types.wrap_string(packedText(envelope, headers))
  return defined({
    // What was accepted must be on disk before the source lets go of it, whatever its publisher wanted.
    durable: true,
    priority: properties.priority === undefined ? undefined : Math.min(properties.priority, HIGHEST_PRIORITY),
    ttl,
    message_id: safe(properties.messageId),
    correlation_id: safe(properties.correlationId),
    subject: safe(properties.type),
    reply_to: reply === undefined ? undefined : `queue://${reply}`,
    ...contentOf(properties, text),
    // Without one, JMSTimestamp would be 1970.
    creation_time: creationTime(properties.timestamp, now),
    group_id: groupId ?? safe(group),
    group_sequence: groupSequence,
    application_properties: own,
    body: text ? rhea.types.wrap_string(utf8(body)) : rhea.message.data_section(asBuffer(body)),
  })
}

/** JMS knows 0 to 9 (JMS 1.1, 3.4.10). */
const HIGHEST_PRIORITY = 9

function contentOf({contentType, contentEncoding}: Properties, text: boolean): Record<string, unknown> {
  const keeps = contentType !== undefined && ASCII.test(contentType) && (text || keepsBytes(contentType))
  return {
    content_type: keeps ? contentType : undefined,
    content_encoding:
      contentEncoding !== undefined && ASCII.test(contentEncoding) ? contentEncoding : undefined,
  }
}

/** They are AMQP symbols. */
const ASCII = /^[\u0021-\u007e][\u0020-\u007e]*$/

const safe = (value: string | undefined): string | undefined =>
  value !== undefined && value !== '' && isSafe(value) ? value : undefined

/** The last moment that JavaScript and Java both know. */
const LAST_SECOND = 8_640_000_000_000n

const creationTime = (seconds: bigint | undefined, now: number): number =>
  seconds === undefined || seconds > LAST_SECOND ? now : Number(seconds) * 1000

/** 49 days fit into the 32 bits of a time-to-live. */
const LONGEST_TTL = 4_294_967_295

/**
 * Starts anew: how long a message has waited already, RabbitMQ does not say. `0` never waits in a queue of RabbitMQ,
 * and means "for ever" here.
 */
function timeToLive({properties, expiresAt}: Envelope, now: number): number | undefined {
  if (expiresAt !== undefined) return Math.min(Math.max(1, Math.ceil(expiresAt - now)), LONGEST_TTL)
  const ms = Number(properties.expiration ?? '')
  return Number.isInteger(ms) && ms > 0 ? Math.min(ms, LONGEST_TTL) : undefined
}

function lossesOf({notBefore}: Envelope, {now, ttl}: Pick<Circumstances, 'now' | 'ttl'>): Losses {
  const losses: {rule: string; field: string; reason: string}[] = []
  if (ttl !== undefined)
    losses.push({
      rule: 'message-expiration',
      field: 'expiration',
      reason:
        'its time to live starts anew at the target, and once it is over the broker moves it to the dead-letter queue, read or not',
    })
  if (notBefore !== undefined && notBefore > now)
    losses.push({rule: 'message-delay', field: 'notBefore', reason: 'it is delivered at once'})
  return losses
}

function packedText(envelope: Envelope, headers: Taken['packed']): string {
  const {timestamp, ...rest} = envelope.properties
  const properties = {...rest, ...(timestamp !== undefined && {timestamp: String(timestamp)})}
  return packed(envelope, {
    v: WIRE_VERSION,
    properties: Object.keys(properties).length > 0 ? properties : undefined,
    headers: headers.length > 0 ? headers : undefined,
  })
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Byte order marks are kept, unlike TextDecoder does by default. */
const utf8 = (bytes: Uint8Array): string => asBuffer(bytes).toString('utf8')
