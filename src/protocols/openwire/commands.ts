/**
 * The few commands of OpenWire that mqlift says, in its loose encoding (activemq-client 5.18.3, openwire/v12 and
 * org.apache.activemq.command, read 2026-11-24). A peer that asks for neither tight encoding nor a cache gets neither.
 */

/** Spoken by every release since 5.15; Amazon MQ has 5.18 and 5.19. */
export const WIRE_VERSION = 12

const WIREFORMAT_INFO = 1
const CONNECTION_INFO = 3
const DESTINATION_INFO = 8
const SHUTDOWN_INFO = 11
const RESPONSES: ReadonlySet<number> = new Set([30, 31, 32, 33, 34])
const EXCEPTION_RESPONSE = 31
const QUEUE = 100
const CONNECTION_ID = 120

const MAGIC = Buffer.from('ActiveMQ')
const REMOVE = 1

export interface Login {
  readonly connection: string
  readonly clientId: string
  readonly user: string
  readonly password: string
}

/** What each side says first, without options: nothing is switched on. */
export const hello = (): Buffer => frame(WIREFORMAT_INFO, MAGIC, int(WIRE_VERSION), NULL)

export const connect = (id: number, {connection, clientId, user, password}: Login): Buffer =>
  frame(
    CONNECTION_INFO,
    command(id),
    connectionId(connection),
    string(clientId),
    string(password),
    string(user),
    // Broker path; then, as JMS clients have them, not a broker, not manageable, of the master, not fault tolerant, no
    // failover; and the client's own address, which the broker sees.
    NULL,
    Buffer.of(0, 0, 1, 0, 0),
    NULL,
  )

/** As JMS clients do it (ActiveMQConnection.destroyDestination): refused while somebody reads from it. */
export const removeQueue = (id: number, connection: string, queue: string): Buffer =>
  frame(
    DESTINATION_INFO,
    command(id),
    connectionId(connection),
    nested(QUEUE, string(queue)),
    Buffer.of(REMOVE),
    // Time to wait for readers to go: none. Then the broker path.
    Buffer.alloc(8),
    NULL,
  )

export const goodbye = (id: number): Buffer => frame(SHUTDOWN_INFO, command(id, false))

export type Answer =
  | {readonly type: 'hello'; readonly version: number}
  | {readonly type: 'response'; readonly to: number; readonly failure: Failure | null}
  | {readonly type: 'other'}

export interface Failure {
  /** The Java class of the exception. */
  readonly of: string
  readonly message: string
}

/** Opens one frame, without its size. Throws a RangeError when it is not what it says. */
export function readAnswer(bytes: Buffer): Answer {
  const type = bytes.readUInt8(0)
  if (type === WIREFORMAT_INFO) {
    if (!bytes.subarray(1, 9).equals(MAGIC)) throw new RangeError('not OpenWire')
    return {type: 'hello', version: bytes.readInt32BE(9)}
  }
  if (!RESPONSES.has(type)) return {type: 'other'}
  // Behind the number of the command itself, and whether it wants an answer.
  const to = bytes.readInt32BE(6)
  return {type: 'response', to, failure: type === EXCEPTION_RESPONSE ? readFailure(bytes.subarray(10)) : null}
}

function readFailure(bytes: Buffer): Failure {
  if (bytes.readUInt8(0) === 0) return {of: '', message: ''}
  const [of, rest] = readString(bytes.subarray(1))
  const [message] = readString(rest)
  return {of, message}
}

function readString(bytes: Buffer): [string, Buffer] {
  if (bytes.readUInt8(0) === 0) return ['', bytes.subarray(1)]
  const end = 3 + bytes.readUInt16BE(1)
  return [bytes.toString('utf8', 3, end), bytes.subarray(end)]
}

function frame(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), ...parts])
  return Buffer.concat([int(body.length), body])
}

const NULL = Buffer.of(0)
const NO = Buffer.of(0)
const YES = Buffer.of(1)

/** Its number, by which it is answered, and whether it is. */
const command = (id: number, answered = true): Buffer => Buffer.concat([int(id), answered ? YES : NO])

const nested = (type: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([YES, Buffer.of(type), ...parts])

const connectionId = (value: string): Buffer => nested(CONNECTION_ID, string(value))

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function string(value: string): Buffer {
  const bytes = modifiedUtf8(value)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([YES, length, bytes])
}

/** Java's (DataOutput.writeUTF): U+0000 takes two bytes, and what is above U+FFFF is written as two surrogates. */
function modifiedUtf8(value: string): Buffer {
  const bytes: number[] = []
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index)
    if (unit > 0 && unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}
