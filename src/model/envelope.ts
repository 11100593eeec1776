/**
 * Our neutral message. Digest, archive and fidelity depend on it: versioned, and frozen by the test vectors of
 * model/canonical.ts.
 */

/**
 * A header value that keeps its type. `t` is the AMQP 0-9-1 field tag (JMS types map onto the same letters):
 * S longstr, x bytes, F table, A array, t bool, b i8, B u8, s i16, u u16, I i32, i u32, l i64, L i64 (py-amqp),
 * f float, d double, D decimal, T timestamp (s), V void. 64-bit integers are bigint: no value is rounded.
 * A longstr that is not UTF-8 is kept as bytes.
 */
export type Typed =
  | {readonly t: 'S'; readonly v: string | Uint8Array}
  | {readonly t: 'x'; readonly v: Uint8Array}
  | {readonly t: 'F'; readonly v: Headers}
  | {readonly t: 'A'; readonly v: readonly Typed[]}
  | {readonly t: 't'; readonly v: boolean}
  | {readonly t: 'b' | 'B' | 's' | 'u' | 'I' | 'i'; readonly v: number}
  | {readonly t: 'l' | 'L' | 'T'; readonly v: bigint}
  | {readonly t: 'f' | 'd'; readonly v: number}
  | {readonly t: 'D'; readonly v: {readonly scale: number; readonly digits: number}}
  | {readonly t: 'V'; readonly v: null}

/**
 * Ordered pairs, not an object: `__proto__`, repeats and order all survive. A name that is not UTF-8 keeps each
 * stray byte 0xNN as the lone surrogate U+DCNN (reversible).
 */
export type Headers = readonly (readonly [name: string, value: Typed])[]

/** AMQP 0-9-1 basic properties, other protocols map onto them. Absent = the publisher did not set it. */
export interface Properties {
  readonly contentType?: string
  readonly contentEncoding?: string
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: number
  readonly priority?: number
  readonly correlationId?: string
  readonly replyTo?: string
  /** Milliseconds as text, as on the wire. */
  readonly expiration?: string
  readonly messageId?: string
  /** Seconds since 1970. */
  readonly timestamp?: bigint
  readonly type?: string
  readonly userId?: string
  readonly appId?: string
  readonly clusterId?: string
}

export interface Envelope {
  readonly v: 1
  readonly source: {readonly id: string; readonly exchange?: string; readonly routingKey?: string}
  /** Only when the broker guarantees uniqueness or the operator vouches for it. Never a content hash. */
  readonly identity?: string
  /** The source's own message group (JMSXGroupID). */
  readonly group?: string
  readonly seq?: number
  /** Epoch milliseconds. */
  readonly notBefore?: number
  readonly expiresAt?: number
  readonly properties: Properties
  readonly headers: Headers
  readonly body: Uint8Array
  /** What brokers add on redelivery. Outside the digest. */
  readonly delivery: {readonly redelivered: boolean; readonly count?: number; readonly offset?: string}
}
