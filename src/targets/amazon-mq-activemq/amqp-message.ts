import {asBuffer} from '../../model/bytes.ts'
import {type RawMessage, type RawType, type RawValue, readMessage} from '../../protocols/amqp1/raw-message.ts'
import type {JmsMessage} from './decode.ts'

/** Places in the properties section (AMQP 1.0, 3.2.4). */
const GROUP_ID = 10
const GROUP_SEQUENCE = 11

/**
 * The bytes that an AMQP consumer gets, as a JMS consumer sees the same message: ActiveMQ gives every property the AMQP
 * type of its Java type (seen on 5.18.3, 2026-11-24). Null = no message of ours: what we send has text or bytes.
 */
export function jmsMessageOf(bytes: Buffer): JmsMessage | null {
  const message = readOrNull(bytes)
  if (message?.body == null) return null
  const own = message.applicationProperties
  const [group, sequence] = [message.properties[GROUP_ID], message.properties[GROUP_SEQUENCE]]
  const properties = Object.fromEntries([
    ...own.flatMap(([name, value]) => property(name, value)),
    ...property('JMSXGroupID', group),
    ...property('JMSXGroupSeq', sequence),
  ])
  return 'text' in message.body
    ? {text: message.body.text, properties}
    : {bytes: asBuffer(message.body.bytes).toString('base64'), properties}
}

function readOrNull(bytes: Buffer): RawMessage | null {
  try {
    return readMessage(bytes)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const JAVA: Readonly<Record<RawType, string>> = {
  boolean: 'Boolean',
  byte: 'Byte',
  short: 'Short',
  int: 'Integer',
  long: 'Long',
  float: 'Float',
  double: 'Double',
  string: 'String',
  uint: 'Integer',
}

function property(name: string, value: RawValue | undefined): [string, [type: string, value: string]][] {
  if (value === undefined || value.type === 'null' || value.type === 'other') return []
  return [[name, [JAVA[value.type], Object.is(value.value, -0) ? '-0' : String(value.value)]]]
}
