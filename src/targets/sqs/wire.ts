/**
 * The wire format of docs/wire-format.md, version 1: what one message looks like in SQS. Frozen by
 * fixtures/wire-format/vectors.json, which is read back in Node, Python and Java.
 */

/** Holds, as JSON, all that has no attribute of its own. On every message we write. */
export const PACKED = 'mqlift'
/** Present when the body is not the original body: `base64`, or `empty` for a message without one. */
export const BODY_MARKER = 'mqlift.body'
/** SQS refuses an empty body (AWS API reference SendMessage, read 2026-11-22). */
export const EMPTY_BODY = '(empty)'
/** Own attributes of AMQP properties are called `prop.<name>`, so that no header can be taken for one. */
export const PROPERTY_PREFIX = 'prop.'
export const WIRE_VERSION = 1

/** Properties that consumers and event filters look at get an attribute of their own, in this order. */
export const OWN_PROPERTIES = [
  'contentType',
  'contentEncoding',
  'correlationId',
  'replyTo',
  'messageId',
  'type',
] as const

/** AWS SQS developer guide, "Message quotas" and "Message metadata", read 2026-11-22. */
export const MESSAGE_LIMITS = {
  /** Body plus names, types and values of attributes; also the limit of a whole batch. */
  bytes: 1_048_576,
  batchEntries: 10,
  attributes: 10,
  delaySeconds: 900,
} as const

/** Numbers too: a Number attribute loses its trailing zeros (reliability.md T12). */
export const ATTRIBUTE_TYPE = 'String'

/** Only what a filter of SNS compares as a number has another type than {@link ATTRIBUTE_TYPE}. */
export type WireAttribute = readonly [name: string, value: string, type?: 'Number']

/** One message as SQS takes it. A class, so that `Encoded.wire` can be told from anything else. */
export class SqsWire {
  /** UTF-8 bytes of `MessageBody`. */
  readonly body: Uint8Array
  /** Sorted by name, as the service hashes them. All of type String, but for numbers that a topic filters by. */
  readonly attributes: readonly WireAttribute[]
  readonly groupId: string | undefined
  readonly delaySeconds: number | undefined

  constructor(body: Uint8Array, attributes: readonly WireAttribute[], options: WireOptions = {}) {
    this.body = body
    this.attributes = attributes
    this.groupId = options.groupId
    this.delaySeconds = options.delaySeconds
  }
}

export interface WireOptions {
  readonly groupId?: string | undefined
  readonly delaySeconds?: number | undefined
}

/** `[name]`: the value is the attribute of that name, a longstr. `[name, tag, value]`: here it is (packed-value.ts). */
export type PackedHeader = readonly [name: string] | readonly [name: string, tag: string, value: unknown]
