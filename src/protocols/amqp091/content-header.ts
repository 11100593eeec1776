import type {Headers, Properties} from '../../model/envelope.ts'
import type {Mutable} from '../../model/mutable.ts'
import {decodeTable} from './field-table.ts'
import {decodeText} from './text.ts'

const NO_HEADERS: Headers = []

/** Properties and headers of one message as they were on the wire. amqplib hands it on as `properties`. */
export class ContentHeader {
  readonly properties: Properties
  readonly headers: Headers
  /** The header table's own bytes, without its length; undefined = the publisher sent none. */
  readonly table: Buffer | undefined
  /** Set when the table could not be understood: `headers` is empty then and the message must not be moved. */
  readonly problem: string | undefined

  constructor(content: Omit<ContentHeader, 'problem'> & {problem?: string}) {
    this.properties = content.properties
    this.headers = content.headers
    this.table = content.table
    this.problem = content.problem
  }
}

/**
 * Decodes the property flags and list of a content header frame. Never throws: an error here would close the
 * connection, the broker would deliver the same message again, and so for ever.
 */
export function decodeContentHeader(bytes: Buffer, start: number): ContentHeader {
  const properties: Mutable<Properties> = {}
  let headers = NO_HEADERS
  let table: Buffer | undefined
  try {
    const flags = bytes.readUInt16BE(start)
    const cursor = {bytes, at: start + 2}
    if (flags & 0x8000) properties.contentType = shortText(cursor)
    if (flags & 0x4000) properties.contentEncoding = shortText(cursor)
    if (flags & 0x2000) {
      const from = cursor.at + 4
      cursor.at = from + bytes.readUInt32BE(cursor.at)
      if (cursor.at > bytes.length) throw new RangeError('the header table runs over the end of its frame')
      table = bytes.subarray(from, cursor.at)
      headers = decodeTable(bytes, from, cursor.at)
    }
    decodeRest(properties, flags, cursor)
    return new ContentHeader({properties, headers, table})
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return new ContentHeader({properties, headers: NO_HEADERS, table, problem})
  }
}

interface Cursor {
  readonly bytes: Buffer
  at: number
}

function shortText(cursor: Cursor): string {
  const from = cursor.at + 1
  cursor.at = from + cursor.bytes.readUInt8(cursor.at)
  if (cursor.at > cursor.bytes.length) throw new RangeError('a property runs over the end of its frame')
  return decodeText(cursor.bytes, from, cursor.at)
}

function octet(cursor: Cursor): number {
  return cursor.bytes.readUInt8(cursor.at++)
}

function decodeRest(properties: Mutable<Properties>, flags: number, cursor: Cursor): void {
  if (flags & 0x1000) properties.deliveryMode = octet(cursor)
  if (flags & 0x0800) properties.priority = octet(cursor)
  if (flags & 0x0400) properties.correlationId = shortText(cursor)
  if (flags & 0x0200) properties.replyTo = shortText(cursor)
  if (flags & 0x0100) properties.expiration = shortText(cursor)
  if (flags & 0x0080) properties.messageId = shortText(cursor)
  if (flags & 0x0040) {
    properties.timestamp = cursor.bytes.readBigUInt64BE(cursor.at)
    cursor.at += 8
  }
  decodeNames(properties, flags, cursor)
}

function decodeNames(properties: Mutable<Properties>, flags: number, cursor: Cursor): void {
  if (flags & 0x0020) properties.type = shortText(cursor)
  if (flags & 0x0010) properties.userId = shortText(cursor)
  if (flags & 0x0008) properties.appId = shortText(cursor)
  if (flags & 0x0004) properties.clusterId = shortText(cursor)
}
