/**
 * What one message looks like in ActiveMQ, version 1 (docs/amazon-mq-activemq.md): an AMQP 1.0 message that JMS
 * consumers read as a JMS producer would have written it, and one property that holds the rest.
 */

/** Holds, as JSON in ASCII, all that JMS has no place for. On every message we write. */
export const PACKED = 'mqlift'
export const WIRE_VERSION = 1

/** The frame limit that ActiveMQ ships on its connectors (conf/activemq.xml of 5.18.3, read 2026-11-24). */
export const MAXIMUM_BYTES = 104_857_600

/** One disposition each; enough to share a commit of the ledger, few enough to repeat after a crash. */
export const BATCH_SIZE = 100

/** One message, encoded. A class, so that `Encoded.wire` can be told from anything else. */
export class AmqpWire {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

/**
 * `[name]`: the JMS property of that name, in its own type. `[name, tag, value]`: here it is (targets/packed-value.ts).
 * `[name, tag, null, property]`: the JMS property called `property`, which was of type `tag`.
 */
export type PackedHeader =
  | readonly [name: string]
  | readonly [name: string, tag: string, value: unknown]
  | readonly [name: string, tag: string, value: null, property: string]
