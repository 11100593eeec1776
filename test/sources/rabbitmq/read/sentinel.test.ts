import {EventEmitter} from 'node:events'

import {describe, expect, onTestFinished, test, vi} from 'vitest'

import {sentinelContent, sentinelId, sentinelOf} from '../../../../src/model/sentinel.ts'
import type {AmqpConnection, Closed} from '../../../../src/protocols/amqp091/connection.ts'
import type {ReadContext} from '../../../../src/sources/rabbitmq/read/context.ts'
import {QueueNow} from '../../../../src/sources/rabbitmq/read/queue-now.ts'
import {putSentinel, refuseWithoutRoom} from '../../../../src/sources/rabbitmq/read/sentinel.ts'

const context = {queue: {vhost: '/', name: 'orders'}} as ReadContext
const now = (more: Record<string, unknown>): QueueNow => QueueNow.parse({messages: 0, ...more})
const refused = (queue: QueueNow | undefined) => {
  try {
    refuseWithoutRoom(context, queue)
    return null
  } catch (error) {
    return error
  }
}

describe('a sentinel costs no message', () => {
  test.each([
    ['no limit', {messages: 1e6}],
    ['far below its limit', {messages: 89, arguments: {'x-max-length': 100}}],
    ['full, and rejects', {messages: 100, arguments: {'x-max-length': 100, 'x-overflow': 'reject-publish'}}],
    [
      'full, and rejects by policy',
      {messages: 100, effective_policy_definition: {'max-length': 100, overflow: 'reject-publish'}},
    ],
  ])('%s: put', (_, queue) => {
    expect(refused(now(queue))).toBeNull()
  })

  test.each([
    ['nearly full', {messages: 90, arguments: {'x-max-length': 100}}],
    ['by policy', {messages: 100, effective_policy_definition: {'max-length': 100}}],
    [
      'the smaller of two limits',
      {
        messages: 50,
        arguments: {'x-max-length': 1000},
        effective_policy_definition: {'max-length': 50},
      },
    ],
    ['by bytes', {messages: 1, message_bytes: 950, arguments: {'x-max-length-bytes': 1000}}],
    ['bytes not told', {messages: 1, arguments: {'x-max-length-bytes': 1000}}],
  ])('%s: refused', (_, queue) => {
    expect(refused(now(queue))).toMatchObject({kind: 'refused', reason: 'sentinel-no-room'})
  })

  test('nothing known: refused', () => {
    expect(refused(undefined)).toMatchObject({kind: 'refused', reason: 'sentinel-no-room'})
  })
})

describe('what is a sentinel', () => {
  const id = sentinelId('mqlift:run', 1)
  const content = sentinelContent(id)
  const empty = new Uint8Array()

  test('one of any run, wherever it came from', () => {
    expect(sentinelOf(content, empty)).toBe(id)
    const deadLettered = {...content, headers: [...content.headers, ['x-death', {t: 'A', v: []}] as const]}
    expect(sentinelOf(deadLettered, empty)).toBe(id)
  })

  test.each([
    ['with a body', content, Buffer.from('x')],
    ['without the header', {...content, headers: []}, empty],
    [
      'with another id in the header',
      {...content, properties: {...content.properties, messageId: 'other:sentinel:1'}},
      empty,
    ],
    ['of another type', {...content, properties: {...content.properties, type: 'order'}}, empty],
  ] as const)('a message %s is none', (_, message, body) => {
    expect(sentinelOf(message, body)).toBeUndefined()
  })

  test('it is the last of a priority queue: an absent priority is 4 in a quorum queue of 4.x', () => {
    expect(content.properties.priority).toBe(0)
  })
})

/** A broker that is asked to take a sentinel, and says `blocked` when the test does. */
class Wire {
  readonly channel = new EventEmitter()
  readonly written = Promise.withResolvers<void>()
  blocked: (reason: string | null) => void = () => undefined
  isOpen = true
  #ended: (closed: Closed) => void = () => undefined

  get connection(): AmqpConnection {
    const connection = {
      frameMax: 131_072,
      openConfirmChannel: (ended: (closed: Closed) => void) => {
        this.#ended = ended
        return Promise.resolve({channel: this.channel, number: 1})
      },
      onBlocked: (listener: (reason: string | null) => void) => {
        this.blocked = listener
      },
      write: () => this.written.resolve(),
      destroy: () => this.#close(),
      [Symbol.asyncDispose]: () => {
        this.#close()
        return Promise.resolve()
      },
    }
    return Object.defineProperty(connection, 'isOpen', {get: () => this.isOpen}) as unknown as AmqpConnection
  }

  #close(): void {
    this.isOpen = false
    this.#ended({code: undefined, reason: 'connection given up by mqlift'})
  }
}

async function putting() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const wire = new Wire()
  const said: string[] = []
  const stop = new AbortController()
  const reading = {
    ...context,
    connect: () => Promise.resolve(wire.connection),
    onNotice: (text: string) => void said.push(text),
  }
  const put = putSentinel(reading, sentinelId('mqlift:run', 1), stop.signal).then(
    () => 'taken',
    (error: unknown) => error,
  )
  await wire.written.promise
  return {wire, said, stop, put}
}

describe('a broker in alarm', () => {
  test('says so, and is given up with what to do instead', async () => {
    const {wire, said, put} = await putting()
    wire.blocked('low on memory')
    expect(said).toEqual([expect.stringContaining('low on memory')])
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await put).toMatchObject({
      kind: 'unreachable',
      reason: 'sentinel-not-taken',
      message: expect.stringContaining('low on memory'),
      suggestions: expect.arrayContaining([expect.stringContaining('--until mark')]),
    })
    expect(wire.isOpen).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('Ctrl-C ends the wait at once', async () => {
    const {wire, stop, put} = await putting()
    wire.blocked('low on disk')
    stop.abort()
    expect(await put).toMatchObject({name: 'AbortError'})
    expect(wire.isOpen).toBe(false)
  })

  test('that ends in time: the sentinel is taken', async () => {
    const {wire, put} = await putting()
    wire.blocked('low on memory')
    await vi.advanceTimersByTimeAsync(14_000)
    wire.blocked(null)
    await vi.advanceTimersByTimeAsync(14_000)
    wire.channel.emit('ack', {deliveryTag: 1, multiple: false})
    expect(await put).toBe('taken')
  })
})
