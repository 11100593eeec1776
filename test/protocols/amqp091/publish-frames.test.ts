import {describe, expect, test} from 'vitest'

import {Content, encodeProperties} from '../../../src/protocols/amqp091/content-writer.ts'
import {PublishFrames} from '../../../src/protocols/amqp091/publish-frames.ts'

const FRAME_MAX = 4096
const route = {channel: 7, exchange: '', routingKey: 'orders.späne'}

interface Frame {
  readonly type: number
  readonly channel: number
  readonly payload: Buffer
}

/** Reads frames as a broker would (AMQP 0-9-1, 4.2.3). */
function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32BE(at + 3)
    frames.push({
      type: bytes.readUInt8(at),
      channel: bytes.readUInt16BE(at + 1),
      payload: bytes.subarray(at + 7, at + 7 + size),
    })
    expect(bytes.readUInt8(at + 7 + size)).toBe(0xce)
    expect(size + 8).toBeLessThanOrEqual(FRAME_MAX)
    at += size + 8
  }
  return frames
}

const content = (size: number): Content =>
  new Content(encodeProperties({messageId: 'm'}, [['a', {t: 'I', v: -1}]]), Buffer.alloc(size, 'x'))

describe('publish frames', () => {
  test.each([
    [0, 0],
    [1, 1],
    [FRAME_MAX - 8, 1],
    [FRAME_MAX - 7, 2],
    [10_000, 3],
  ])('a body of %i bytes takes %i frames', (size, bodies) => {
    const frames = framesIn(new PublishFrames(route, FRAME_MAX).of([content(size)]))
    expect(frames.map(({type}) => type)).toEqual([1, 2, ...Array.from({length: bodies}, () => 3)])
    expect(frames.every(({channel}) => channel === 7)).toBe(true)
    expect(frames[1]?.payload.readBigUInt64BE(4)).toBe(BigInt(size))
    const body = Buffer.concat(frames.slice(2).map(({payload}) => payload))
    expect(body.equals(Buffer.alloc(size, 'x'))).toBe(true)
  })

  test('says exchange, routing key and mandatory; properties follow unchanged', () => {
    const one = content(1)
    const [method, header] = framesIn(new PublishFrames(route, FRAME_MAX).of([one]))
    const key = Buffer.from(route.routingKey)
    const wanted = [Buffer.of(0, 60, 0, 40, 0, 0, 0, key.length), key, Buffer.of(1)]
    expect(method?.payload.equals(Buffer.concat(wanted))).toBe(true)
    expect(header?.payload.subarray(12).equals(one.properties)).toBe(true)
  })

  test('many messages are one buffer, in order', () => {
    const sizes = [3, 0, 5000]
    const frames = framesIn(new PublishFrames(route, FRAME_MAX).of(sizes.map(content)))
    const announced = frames
      .filter(({type}) => type === 2)
      .map(({payload}) => Number(payload.readBigUInt64BE(4)))
    expect(announced).toEqual(sizes)
  })
})
