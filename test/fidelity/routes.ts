import type {Message} from '@aws-sdk/client-sqs'

import type {Envelope, Headers} from '../../src/model/envelope.ts'
import {decodeActivemq} from '../../src/targets/amazon-mq-activemq/decode.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'
import type {ReadByJms} from '../brokers/jms.ts'
import {type Case, partOf} from './corpus.ts'
import {isEqual, isTyped, textOf} from './equal.ts'

/** A cell of the table, made from one message that went all the way. */
export type Cell =
  | 'kept'
  | `kept: ${string}`
  | 'lost'
  | `lost: ${string}`
  | `renamed: ${string}`
  | `encoded: ${string}`
  | `stays: ${string}`

/** What arrived, and how the target's usual client sees it. */
export interface Arrived {
  /** For finding the case again. */
  readonly body: Uint8Array | undefined
  /** What undoing the wire form gives. Null = mqlift's form cannot be read, or there is none. */
  readonly decoded: Envelope | null
  /** As the client shows it without any knowledge of mqlift. */
  readonly look: (one: Case, sent: Envelope) => Cell | undefined
}

/** As `look` finds it in plain sight, else wrapped up in what mqlift adds, else not at all. */
export function cellOf(one: Case, sent: Envelope, {decoded, look}: Arrived, wrapping: string): Cell {
  const seen = look(one, sent)
  if (seen !== undefined) return seen
  const found = decoded && partOf(decoded, one.aspect)
  return isEqual(found, partOf(sent, one.aspect)) ? `encoded: ${wrapping}` : 'lost'
}

/** Through ReceiveMessage of the AWS SDK. */
export function arrivedInSqs(message: Message): Arrived {
  const attributes = new Map(
    Object.entries(message.MessageAttributes ?? {}).map(([name, {StringValue}]) => [name, StringValue]),
  )
  const decoded = decodeSqs(message)
  return {
    body: decoded?.body,
    decoded,
    look({aspect}, sent) {
      if (aspect.of === 'body') return message.Body === textOfBody(sent.body) ? 'kept' : undefined
      const value = textOf(partOf(sent, aspect))
      if (value === undefined || value === '') return undefined
      const own = aspect.of === 'header' ? aspect.name : undefined
      if (own !== undefined && attributes.get(own) === value && isText(partOf(sent, aspect))) return 'kept'
      const [other] = [...attributes].find(([name, text]) => text === value && name !== own) ?? []
      return other === undefined ? undefined : `renamed: attribute \`${other}\``
    },
  }
}

const isText = (value: unknown): boolean => isTyped(value) && value.t === 'S'

function textOfBody(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('utf8')
  return Buffer.from(text, 'utf8').equals(body) ? text : undefined
}

/** Through amqplib, with the field tags as they are on the wire. */
export const arrivedInRabbitmq = (message: Envelope): Arrived => ({
  body: message.body,
  decoded: message,
  look({aspect}, sent) {
    const found = partOf(message, aspect)
    const wanted = partOf(sent, aspect)
    if (isEqual(found, wanted)) return 'kept'
    if (aspect.of === 'headers') return rearranged(message.headers, sent.headers)
    if (isTyped(found) && isTyped(wanted) && isEqual(found.v, wanted.v)) return `kept: as \`${found.t}\``
    const other = message.headers.find(
      ([name, value]) => aspect.of !== 'body' && name !== own(aspect) && isEqual(value, wanted),
    )
    return other === undefined ? 'lost' : `renamed: header \`${other[0]}\``
  },
})

/** Headers that are not the same any more. */
function rearranged(found: Headers, sent: Headers): Cell {
  const sorted = sent.toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (isEqual(found, sorted)) return 'kept: in the order of their names'
  const first = sorted.filter(([name], at) => sorted[at - 1]?.[0] !== name)
  return isEqual(found, first) ? 'lost: all but the first' : 'lost'
}

const own = (aspect: Case['aspect']): string | undefined => (aspect.of === 'header' ? aspect.name : undefined)

/** Through ActiveMQ's own JMS client, with the Java types it gives. */
export function arrivedInActivemq(message: ReadByJms): Arrived {
  const decoded = decodeActivemq(message)
  return {
    body: decoded?.body,
    decoded,
    look({aspect}, sent) {
      const wanted = partOf(sent, aspect)
      if (aspect.of === 'body') return bodyByJms(message, sent.body)
      const text = textOf(wanted)
      if (text === undefined) return undefined
      const name = own(aspect)
      const direct = name === undefined ? undefined : message.properties[name]
      if (direct !== undefined && sameNumber(direct[1], text)) return `kept: ${direct[0]}`
      if (aspect.of === 'property' && aspect.name === 'expiration' && expiresLike(message, text))
        return 'renamed: JMSExpiration, as a time'
      const header = jmsHeaders(message).find(([, value]) => value === text)
      if (header) return `renamed: ${header[0]}`
      const other = Object.entries(message.properties).find(([, [, value]]) => text !== '' && value === text)
      return other === undefined ? undefined : `renamed: ${other[1][0]} property \`${other[0]}\``
    },
  }
}

/** Java writes 1.5 as 1.5 and 0.1 as 0.1; only whole floating numbers differ. */
const sameNumber = (one: string, other: string): boolean => one === other || Number(one) === Number(other)

function bodyByJms({kind, text, bytes}: ReadByJms, body: Uint8Array): Cell | undefined {
  if (bytes !== undefined && Buffer.from(bytes, 'base64').equals(body)) return `kept: ${kind}`
  return text !== undefined && text === textOfBody(body) ? `kept: ${kind}` : undefined
}

/** A time to live has become a time: as far away as the time to live, give or take the way. */
const expiresLike = ({expiration}: ReadByJms, milliseconds: string): boolean =>
  expiration > 0 && Math.abs(expiration - Date.now() - Number(milliseconds)) < 3_600_000

function jmsHeaders(message: ReadByJms): (readonly [string, string | null])[] {
  const {correlationId, type, replyTo, messageId, priority, deliveryMode, timestamp, expiration} = message
  return [
    ['JMSCorrelationID', correlationId],
    ['JMSType', type],
    ['JMSReplyTo', replyTo?.replace(/^queue:\/\//, '') ?? null],
    ['JMSMessageID', messageId],
    ['JMSPriority', String(priority)],
    ['JMSDeliveryMode', String(deliveryMode)],
    ['JMSTimestamp', String(timestamp)],
    ['JMSTimestamp, in milliseconds', String(Math.floor(timestamp / 1000))],
    ['JMSExpiration', String(expiration)],
  ]
}
