import type {Message} from '@aws-sdk/client-sqs'

import type {Envelope, Headers, Properties, Typed} from '../../../model/envelope.ts'
import {BODY_MARKER, OWN_PROPERTIES, PROPERTY_PREFIX} from '../wire.ts'

/** AMQP: without it a message is gone when the broker restarts, which no queue of SQS would do to it. */
const PERSISTENT = 2
const WIDEST = 2n ** 63n

/**
 * A message that mqlift did not write, as a message of the old broker: attributes become headers, `prop.…` properties
 * (docs/wire-format.md). Group and deduplication id have no place there.
 */
export function foreignEnvelope(message: Message, source: string): Envelope {
  const attributes = Object.entries(message.MessageAttributes ?? {})
  const properties: Record<string, string | number> = {deliveryMode: PERSISTENT}
  const headers: (readonly [string, Typed])[] = []
  for (const [name, attribute] of attributes) {
    const {StringValue: text} = attribute
    if (name === BODY_MARKER) continue
    const property = PROPERTY.get(name)
    if (property !== undefined && text !== undefined) properties[property] = text
    else headers.push([name, headerOf(attribute)])
  }
  return {
    v: 1,
    source: {id: source},
    properties: properties satisfies Properties,
    headers: headers satisfies Headers,
    body: bodyOf(message),
    delivery: {redelivered: false},
  }
}

const PROPERTY: ReadonlyMap<string, string> = new Map(
  OWN_PROPERTIES.map((name) => [PROPERTY_PREFIX + name, name]),
)

type Attribute = NonNullable<Message['MessageAttributes']>[string]

/** A number keeps its digits: what fits no 64-bit integer stays text. */
function headerOf({DataType = 'String', StringValue = '', BinaryValue}: Attribute): Typed {
  if (DataType.startsWith('Binary')) return {t: 'x', v: new Uint8Array(BinaryValue ?? [])}
  if (DataType.startsWith('Number') && /^-?\d{1,19}$/.test(StringValue)) {
    const value = BigInt(StringValue)
    if (value >= -WIDEST && value < WIDEST) return {t: 'l', v: value}
  }
  return {t: 'S', v: StringValue}
}

/** Publishers that follow our wire format mark what is not the body itself. */
function bodyOf({Body = '', MessageAttributes}: Message): Uint8Array {
  const marker = MessageAttributes?.[BODY_MARKER]?.StringValue
  if (marker === 'empty') return new Uint8Array()
  return new Uint8Array(Buffer.from(Body, marker === 'base64' ? 'base64' : 'utf8'))
}
