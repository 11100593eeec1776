import type {Headers, Properties} from '../../model/envelope.ts'
import {FieldWriter} from './field-writer.ts'

/** A message as it goes into frames: nothing in it depends on the channel. */
export class Content {
  /** Property flags and list, the inverse of content-header.ts. */
  readonly properties: Buffer
  readonly body: Uint8Array

  constructor(properties: Buffer, body: Uint8Array) {
    this.properties = properties
    this.body = body
  }
}

/** One per process: writing never yields. */
const shared = new FieldWriter()

/**
 * Every property as it is, `cluster_id` and 64-bit timestamps included; a header table only when there are headers.
 * Throws RangeError for what the wire has no room for: text above 255 bytes, numbers out of their range.
 */
export function encodeProperties(properties: Properties, headers: Headers): Buffer {
  const writer = shared.reset()
  const {contentType, contentEncoding, deliveryMode, priority} = properties
  writer.u16(flagsOf(properties, headers.length > 0))
  if (contentType !== undefined) writer.shortText(contentType)
  if (contentEncoding !== undefined) writer.shortText(contentEncoding)
  if (headers.length > 0) writer.table(headers)
  if (deliveryMode !== undefined) writer.u8(deliveryMode)
  if (priority !== undefined) writer.u8(priority)
  for (const name of BEFORE_TIME) writeText(writer, properties[name])
  if (properties.timestamp !== undefined) writer.u64(properties.timestamp)
  for (const name of AFTER_TIME) writeText(writer, properties[name])
  return writer.take()
}

const BEFORE_TIME = ['correlationId', 'replyTo', 'expiration', 'messageId'] as const
const AFTER_TIME = ['type', 'userId', 'appId', 'clusterId'] as const

function writeText(writer: FieldWriter, text: string | undefined): void {
  if (text !== undefined) writer.shortText(text)
}

/** Bits in the order of the specification (AMQP 0-9-1, basic class), highest first. */
const FLAGS = [
  ['contentType', 0x8000],
  ['contentEncoding', 0x4000],
  ['deliveryMode', 0x1000],
  ['priority', 0x0800],
  ['correlationId', 0x0400],
  ['replyTo', 0x0200],
  ['expiration', 0x0100],
  ['messageId', 0x0080],
  ['timestamp', 0x0040],
  ['type', 0x0020],
  ['userId', 0x0010],
  ['appId', 0x0008],
  ['clusterId', 0x0004],
] as const satisfies readonly (readonly [keyof Properties, number])[]
const HAS_HEADERS = 0x2000

function flagsOf(properties: Properties, hasHeaders: boolean): number {
  let flags = hasHeaders ? HAS_HEADERS : 0
  for (const [name, flag] of FLAGS) if (properties[name] !== undefined) flags |= flag
  return flags
}
