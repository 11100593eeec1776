import type {Content} from './content-writer.ts'

/** Type, channel, size; and the end byte (AMQP 0-9-1, 4.2.3). */
const FRAME_OVERHEAD = 8
const [METHOD, HEADER, BODY, END] = [1, 2, 3, 0xce]
const BASIC = 60
const PUBLISH = 40
const MANDATORY = 1
/** Class, weight, body size. */
const HEADER_FIELDS = 12

/** Bytes of properties and headers that fit into a frame, which they cannot leave. */
export const propertiesRoom = (frameMax: number): number => frameMax - FRAME_OVERHEAD - HEADER_FIELDS

export interface Route {
  readonly channel: number
  readonly exchange: string
  readonly routingKey: string
}

/**
 * The frames of `basic.publish` for many messages with one route, `mandatory`, as one buffer: one write instead of
 * several streams per message, which is what amqplib's own `publish` costs most.
 */
export class PublishFrames {
  readonly #method: Buffer
  readonly #channel: number
  /** The most that one frame may carry. */
  readonly #room: number

  constructor(route: Route, frameMax: number) {
    this.#channel = route.channel
    this.#room = frameMax - FRAME_OVERHEAD
    this.#method = methodFrame(route)
  }

  of(contents: readonly Content[]): Buffer {
    let size = 0
    for (const content of contents) size += this.#sizeOf(content)
    const out = Buffer.allocUnsafe(size)
    let at = 0
    for (const content of contents) at = this.#write(out, at, content)
    return out
  }

  #sizeOf({properties, body}: Content): number {
    const bodies = Math.ceil(body.byteLength / this.#room) * FRAME_OVERHEAD
    return this.#method.length + FRAME_OVERHEAD + HEADER_FIELDS + properties.length + bodies + body.byteLength
  }

  #write(out: Buffer, start: number, {properties, body}: Content): number {
    out.set(this.#method, start)
    let at = this.#open(out, start + this.#method.length, HEADER, HEADER_FIELDS + properties.length)
    at = out.writeUInt16BE(BASIC, at)
    at = out.writeUInt16BE(0, at)
    // 64 bits, of which a body never needs more than 53.
    at = out.writeUInt32BE(Math.floor(body.byteLength / 2 ** 32), at)
    at = out.writeUInt32BE(body.byteLength % 2 ** 32, at)
    out.set(properties, at)
    at = out.writeUInt8(END, at + properties.length)
    for (let from = 0; from < body.byteLength; from += this.#room) {
      const part = body.byteLength <= this.#room ? body : body.subarray(from, from + this.#room)
      at = this.#open(out, at, BODY, part.byteLength)
      out.set(part, at)
      at = out.writeUInt8(END, at + part.byteLength)
    }
    return at
  }

  #open(out: Buffer, start: number, type: number, size: number): number {
    const at = out.writeUInt8(type, start)
    return out.writeUInt32BE(size, out.writeUInt16BE(this.#channel, at))
  }
}

function methodFrame({channel, exchange, routingKey}: Route): Buffer {
  const [to, key] = [Buffer.from(exchange), Buffer.from(routingKey)]
  if (to.length > 255 || key.length > 255) throw new RangeError('a name of more than 255 bytes')
  const payload = Buffer.concat([
    Buffer.of(0, BASIC, 0, PUBLISH, 0, 0, to.length),
    to,
    Buffer.of(key.length),
    key,
    Buffer.of(MANDATORY),
  ])
  const head = Buffer.alloc(7)
  head.writeUInt8(METHOD, 0)
  head.writeUInt16BE(channel, 1)
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Buffer.of(END)])
}
