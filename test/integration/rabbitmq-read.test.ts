import {setTimeout as sleep} from 'node:timers/promises'

import {describe, expect, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {encodeTable} from '../../src/protocols/amqp091/field-table.ts'
import {RawTable} from '../../src/protocols/amqp091/lossless.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import type {Delivery, ReadOptions, Source, SourceEvent} from '../../src/sources/source.ts'
import {numbered, publisher} from '../brokers/messages.ts'
import {type Rabbitmq, startRabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'

const WINDOW = {messages: 500, bytes: 32 * 1024 * 1024}
const never = new AbortController().signal

function source(
  broker: Rabbitmq,
  vhost: string,
  changes: {port?: number; management?: string} = {},
): Promise<Source> {
  return open(`amqp://guest:guest@127.0.0.1:${changes.port ?? broker.port}/${vhost}`, {
    tls: {caOnly: false, insecure: false},
    management: changes.management ?? broker.management,
    allowPlaintext: false,
    connectionName: 'mqlift:test',
  })
}

/** Everything a test needs on an empty virtual host of a shared or private broker. */
async function bench(broker: Rabbitmq, changes: {port?: number; management?: string} = {}) {
  const stack = new AsyncDisposableStack()
  const vhost = stack.use(await freshVhost(broker))
  const publish = stack.use(await publisher(vhost.amqp))
  const opened = stack.use(await source(broker, vhost.name, changes))
  const id = (queue: string, kind: 'queue' | 'stream' = 'queue') => destinationId(kind, vhost.name, queue)
  return {
    broker,
    vhost,
    publish,
    source: opened,
    id,
    read: (queue: string, options: Partial<ReadOptions> = {}, signal = never) =>
      opened.read?.(id(queue), {until: 'empty', window: WINDOW, ...options}, signal) ?? fail(),
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync()
    },
  }
}

function fail(): never {
  throw new Error('cannot read')
}

interface Moved {
  readonly deliveries: Delivery[]
  readonly bodies: string[]
  readonly outcomes: ('applied' | 'lost')[]
}

/** Reads to the end and acks everything but what `keep` says. */
async function drain(
  reading: AsyncIterableIterator<Delivery>,
  keep: (body: string, index: number) => boolean = () => false,
): Promise<Moved> {
  const deliveries: Delivery[] = []
  const bodies: string[] = []
  const acks: Promise<'applied' | 'lost'>[] = []
  for await (const delivery of reading) {
    const body = Buffer.from(delivery.envelope.body).toString()
    if (keep(body, deliveries.length)) delivery.release()
    else acks.push(delivery.ack())
    deliveries.push(delivery)
    bodies.push(body)
  }
  await reading.return?.()
  return {deliveries, bodies, outcomes: await Promise.all(acks)}
}

const limited = (limit: number) => ({arguments: {'x-queue-type': 'quorum', 'x-delivery-limit': limit}})
const bodiesUpTo = (count: number) => Array.from({length: count}, (_, i) => String(i))
const TYPES = ['classic', 'quorum'] as const
const cases = MAJORS.flatMap((major) => TYPES.map((type) => [major, type] as const))

describe.skipIf(withoutBrokers()).each(cases)(
  'reading from RabbitMQ %i, %s queue',
  {concurrent: true},
  (major, type) => {
    const queueType = {arguments: {'x-queue-type': type}}

    test('takes everything in order, and every ack is seen to be applied', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('orders', queueType)
      await at.publish.send('orders', numbered(3000))
      const moved = await drain(at.read('orders'))
      expect(moved.bodies).toStrictEqual(bodiesUpTo(3000))
      expect(new Set(moved.outcomes)).toStrictEqual(new Set(['applied']))
      expect(await at.publish.depth('orders')).toBe(0)
      expect(await at.source.depth(at.id('orders'))).toMatchObject({ready: 0, unacked: 0, consumers: 0})
    })

    test('keeps what was released until the end, delivers it once, and moves the rest past it', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('poison', queueType)
      await at.publish.send('poison', numbered(2000))
      const moved = await drain(at.read('poison'), (body) => body === '0' || body === '700')
      expect(moved.bodies).toStrictEqual(bodiesUpTo(2000))
      expect(moved.outcomes).toHaveLength(1998)
      expect(new Set(moved.outcomes)).toStrictEqual(new Set(['applied']))
      await expect.poll(() => at.publish.depth('poison')).toBe(2)
      expect((await drain(at.read('poison'))).bodies).toStrictEqual(['0', '700'])
    })

    test('gives the same envelope on redelivery, apart from the delivery', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('again', queueType)
      const headers = new RawTable(encodeTable([['tenant', {t: 'l', v: 2n ** 60n}]]))
      await at.publish.send('again', [['body', {headers, messageId: 'm', type: 'order'}]])
      const first = await drain(at.read('again'), () => true)
      await expect.poll(() => at.publish.depth('again')).toBe(1)
      const second = await drain(at.read('again'))
      const [before, after] = [first.deliveries[0]?.envelope, second.deliveries[0]?.envelope]
      expect(before?.delivery).toStrictEqual({redelivered: false})
      expect(after?.delivery).toStrictEqual(
        type === 'quorum' ? {redelivered: true, count: 1} : {redelivered: true},
      )
      expect({...after, delivery: null}).toStrictEqual({...before, delivery: null})
    })

    test('an aborted signal stops intake; what was yielded can still be acked, the rest goes back', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('stopped', queueType)
      await at.publish.send('stopped', numbered(1000))
      const stop = new AbortController()
      const reading = at.read('stopped', {}, stop.signal)
      const taken: Delivery[] = []
      for (let i = 0; i < 10; i++) taken.push((await reading.next()).value as Delivery)
      stop.abort()
      expect(await reading.next()).toMatchObject({done: true})
      const acks = taken.map((delivery) => delivery.ack())
      await reading.return?.()
      expect(new Set(await Promise.all(acks))).toStrictEqual(new Set(['applied']))
      await expect.poll(() => at.publish.depth('stopped')).toBe(990)
    })

    test('stops at the mark although a producer goes on', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('marked', queueType)
      await at.publish.send('marked', numbered(300))
      const reading = at.read('marked', {until: 'mark'})
      const first = (await reading.next()).value as Delivery
      await at.publish.send('marked', numbered(50, 'late'))
      const ack = first.ack()
      const moved = await drain(reading)
      expect([await ack, ...moved.outcomes]).toHaveLength(300)
      await expect.poll(() => at.publish.depth('marked')).toBe(50)
    })

    test('goes on after the connection was cut, and says which acks were lost', async () => {
      const broker = await sharedRabbitmq(major)
      await using proxy = await TcpProxy.to(broker.port)
      await using at = await bench(broker, {port: proxy.port})
      await at.publish.declare('cut', queueType)
      await at.publish.send('cut', numbered(5000))
      const events: SourceEvent[] = []
      let count = 0
      const moved = await drain(at.read('cut', {onEvent: (event) => events.push(event)}), () => {
        if (++count === 1500 || count === 3000) proxy.reset()
        return false
      })
      expect(new Set(moved.bodies)).toStrictEqual(new Set(bodiesUpTo(5000)))
      const lost = moved.outcomes.filter((outcome) => outcome === 'lost').length
      expect(lost).toBeGreaterThanOrEqual(moved.bodies.length - 5000)
      // What was reported as applied never comes again.
      const outcomes = new Map<string, string[]>()
      for (const [index, body] of moved.bodies.entries())
        outcomes.set(body, [...(outcomes.get(body) ?? []), moved.outcomes[index] ?? ''])
      const wrong = [...outcomes].filter(([, seen]) => seen.slice(0, -1).includes('applied'))
      expect(wrong).toStrictEqual([])
      expect(events.map(({type: kind}) => kind)).toStrictEqual(
        expect.arrayContaining(['interrupted', 'reconnected', 'interrupted', 'reconnected']),
      )
      expect(await at.publish.depth('cut')).toBe(0)
    })

    test('counts acks as lost that the network swallowed', async () => {
      const broker = await sharedRabbitmq(major)
      await using proxy = await TcpProxy.to(broker.port)
      await using at = await bench(broker, {port: proxy.port})
      await at.publish.declare('swallowed', queueType)
      await at.publish.send('swallowed', numbered(200))
      let seen = 0
      const reading = at.read('swallowed')
      const moved = await drain(reading, () => {
        if (++seen === 100) proxy.drop('up')
        if (seen === 200) {
          setTimeout(() => {
            proxy.pass()
            proxy.reset()
          }, 100)
        }
        return false
      })
      const lost = moved.outcomes.filter((outcome) => outcome === 'lost').length
      expect(lost).toBeGreaterThanOrEqual(moved.bodies.length - 200)
      expect(moved.bodies.length).toBeGreaterThan(200)
      expect(await at.publish.depth('swallowed')).toBe(0)
    })

    test('a deleted queue ends the run with its reason', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('deleted', queueType)
      await at.publish.send('deleted', numbered(100))
      const reading = at.read('deleted', {until: 'never'})
      await reading.next()
      await at.publish.channel.deleteQueue('deleted')
      await expect(drain(reading)).rejects.toMatchObject({kind: 'incomplete', reason: 'source-changed'})
      await reading.return?.()
      expect(await at.source.depth(at.id('deleted'))).toBeNull()
    })

    test('tells about other consumers and waits for what they hold', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('shared', queueType)
      await at.publish.send('shared', numbered(10))
      await using other = await publisher(at.vhost.amqp)
      await other.channel.prefetch(4)
      const held: (() => void)[] = []
      const {consumerTag} = await other.channel.consume('shared', (message) => {
        if (message) held.push(() => other.channel.nack(message))
      })
      await expect.poll(() => held.length).toBe(4)
      const events: SourceEvent[] = []
      const reading = drain(at.read('shared', {onEvent: (event) => events.push(event)}))
      await expect
        .poll(() => events, {timeout: 40_000})
        .toContainEqual({type: 'foreign-consumers', consumers: 1})
      await sleep(3000)
      await other.channel.cancel(consumerTag)
      for (const giveBack of held) giveBack()
      expect((await reading).bodies.toSorted()).toStrictEqual(bodiesUpTo(10))
    })

    test('stays within its window of bytes', async () => {
      await using at = await bench(await sharedRabbitmq(major))
      await at.publish.declare('large', queueType)
      await at.publish.send(
        'large',
        Array.from({length: 200}, () => [Buffer.alloc(100_000)] as const),
      )
      const reading = at.read('large', {window: {messages: 200, bytes: 1_000_000}})
      const held: Delivery[] = []
      const next = async () => {
        const result = await Promise.race([reading.next(), sleep(1500, null)])
        if (result?.value) held.push(result.value)
        return result !== null
      }
      let more = true
      while (more) more = await next()
      expect(held.length).toBeLessThan(30)
      const acks = held.map((delivery) => delivery.ack())
      const moved = await drain(reading)
      // The race above left one `next` waiting: its delivery is the one that nobody took.
      expect(moved.outcomes.length + acks.length).toBeGreaterThanOrEqual(199)
    })

    test('works without the management API', async () => {
      await using at = await bench(await sharedRabbitmq(major), {management: 'http://127.0.0.1:1'})
      await at.publish.declare('plain', queueType)
      await at.publish.send('plain', numbered(500))
      const moved = await drain(at.read('plain'))
      expect(new Set(moved.outcomes)).toStrictEqual(new Set(['applied']))
      expect(await at.source.depth(at.id('plain'))).toStrictEqual({
        ready: 0,
        unacked: null,
        consumers: 0,
        counters: null,
      })
    })
  },
)

describe.skipIf(withoutBrokers()).each(MAJORS)('reading from RabbitMQ %i', (major) => {
  test('keeps bodies, properties and headers of every kind', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    await at.publish.declare('kinds')
    const python = encodeTable([['retries', {t: 'L', v: 7n}]])
    const proto = encodeTable([['__proto__', {t: 'S', v: 'kept'}]])
    await at.publish.send('kinds', [
      ['', {}],
      [Buffer.alloc(300 * 1024, 1), {contentType: 'application/octet-stream'}],
      ['python', {headers: new RawTable(python)}],
      ['proto', {headers: new RawTable(proto)}],
      [
        'props',
        {correlationId: 'ő', replyTo: 'r', expiration: '3600000', timestamp: 5, priority: 3, appId: 'a'},
      ],
    ])
    const {deliveries} = await drain(at.read('kinds', {identity: 'property:correlationId'}))
    const envelopes = deliveries.map(({envelope}) => envelope)
    expect(envelopes.map(({body}) => body.length)).toStrictEqual([0, 300 * 1024, 6, 5, 5])
    expect(envelopes[2]?.headers).toStrictEqual([['retries', {t: major === 3 ? 'L' : 'l', v: 7n}]])
    expect(envelopes[3]?.headers).toStrictEqual([['__proto__', {t: 'S', v: 'kept'}]])
    expect(envelopes[4]).toMatchObject({
      identity: 'ő',
      source: {id: at.id('kinds'), exchange: '', routingKey: 'kinds'},
      properties: {
        correlationId: 'ő',
        replyTo: 'r',
        expiration: '3600000',
        timestamp: 5n,
        priority: 3,
        appId: 'a',
      },
    })
  })

  test('reads priority, TTL and non-ASCII-named queues', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    const names = {'r/eu %é\u{1F680}': {}, ttl: {messageTtl: 600_000}, prio: {maxPriority: 5}}
    for (const [name, options] of Object.entries(names)) {
      await at.publish.declare(name, options)
      await at.publish.send(name, [
        ['0', {priority: 1}],
        ['1', {priority: 1}],
      ])
      expect((await drain(at.read(name))).bodies).toStrictEqual(['0', '1'])
    }
  })

  test('does not delete an auto-delete queue with what it left there', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    await at.publish.declare('temporary', {autoDelete: true})
    await at.publish.send('temporary', numbered(50))
    await drain(at.read('temporary'), (body) => body === '7')
    await expect.poll(() => at.publish.depth('temporary')).toBe(1)
  })

  test('waits for its turn behind a single active consumer', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    await at.publish.declare('sac', {arguments: {'x-single-active-consumer': true}})
    await using active = await publisher(at.vhost.amqp)
    const {consumerTag} = await active.channel.consume('sac', () => {})
    const reading = drain(at.read('sac'))
    await sleep(500)
    await active.channel.cancel(consumerTag)
    await at.publish.send('sac', numbered(20))
    expect((await reading).bodies).toStrictEqual(bodiesUpTo(20))
  })

  test('refuses streams, exclusive queues, exclusive consumers and missing queues with their reason', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    await at.publish.declare('log', {arguments: {'x-queue-type': 'stream'}})
    await expect(drain(at.read('log'))).rejects.toMatchObject({kind: 'refused', reason: 'stream'})
    await at.publish.declare('mine', {exclusive: true, durable: false})
    await expect(drain(at.read('mine'))).rejects.toMatchObject({kind: 'refused', reason: 'exclusive'})
    await at.publish.declare('taken')
    await at.publish.channel.consume('taken', () => {}, {exclusive: true})
    await expect(drain(at.read('taken'))).rejects.toMatchObject({
      kind: 'refused',
      reason: 'exclusive-consumer',
    })
    await expect(drain(at.read('absent'))).rejects.toMatchObject({
      kind: 'incomplete',
      reason: 'source-changed',
    })
    expect(await at.source.depth(at.id('absent'))).toBeNull()
    expect(await at.source.depth(at.id('mine'))).toMatchObject({consumers: 0})
  })

  test('says which right is missing', async () => {
    const broker = await sharedRabbitmq(major)
    await using at = await bench(broker)
    await at.publish.declare('secret')
    await broker.api('PUT', `/api/permissions/${at.vhost.name}/guest`, {
      configure: '.*',
      write: '.*',
      read: '^$',
    })
    await expect(drain(at.read('secret'))).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'not-permitted',
    })
  })

  test('reads a queue whose messages were delivered before, but not near its limit', async () => {
    const broker = await sharedRabbitmq(major)
    await using at = await bench(broker)
    await at.publish.declare('tight', limited(3))
    await expect(drain(at.read('tight'))).rejects.toMatchObject({kind: 'refused', reason: 'delivery-limit'})

    await using proxy = await TcpProxy.to(broker.port)
    await using cut = await source(broker, at.vhost.name, {port: proxy.port})
    await at.publish.declare('worn', limited(6))
    await at.publish.send('worn', numbered(100))
    const reading = cut.read?.(at.id('worn'), {until: 'empty', window: WINDOW}, never) ?? fail()
    const cutting = drain(reading, () => {
      proxy.reset()
      return true
    })
    await expect(cutting).rejects.toMatchObject({kind: 'refused', reason: 'delivery-limit'})
    await expect.poll(() => at.publish.depth('worn'), {timeout: 40_000}).toBe(100)
  })
})

/** What a run reported as lost covers what came back, on a quorum queue closed at once (reliability.md 2.3, 4). */
describe.skipIf(withoutBrokers()).each(MAJORS)('closing a quorum queue of RabbitMQ %i at once', (major) => {
  test.each([1, 2, 3])('20,000 messages, attempt %i', async () => {
    await using at = await bench(await sharedRabbitmq(major))
    await at.publish.declare('tail', {arguments: {'x-queue-type': 'quorum'}})
    await at.publish.send('tail', numbered(20_000))
    const stop = new AbortController()
    const reading = at.read('tail', {window: {messages: 4000, bytes: 32 * 1024 * 1024}}, stop.signal)
    const outcomes: Promise<'applied' | 'lost'>[] = []
    while (outcomes.length < 20_000) outcomes.push(((await reading.next()).value as Delivery).ack())
    stop.abort()
    await reading.return?.()
    const lost = (await Promise.all(outcomes)).filter((outcome) => outcome === 'lost').length
    await sleep(1500)
    expect(lost).toBeGreaterThanOrEqual(await at.publish.depth('tail'))
  })
})

describe.skipIf(withoutBrokers())('a broker in trouble', () => {
  test.each([
    [3, 'classic'],
    [4, 'quorum'],
  ] as const)('RabbitMQ %i is killed and started again: a %s queue loses nothing', async (major, type) => {
    await using broker = await startRabbitmq({major})
    await using at = await bench(broker)
    await at.publish.declare('killed', {arguments: {'x-queue-type': type}})
    await at.publish.send('killed', numbered(4000))
    // 4.0.5 loses a quorum queue that is younger than about two seconds when it is killed ("name_not_registered").
    await sleep(4000)
    let seen = 0
    let restarted: Promise<void> | undefined
    const moved = await drain(at.read('killed'), () => {
      if (++seen === 1000) {
        broker.kill('SIGKILL')
        restarted = broker.restart()
      }
      return false
    })
    await restarted
    expect(new Set(moved.bodies)).toStrictEqual(new Set(bodiesUpTo(4000)))
    const lost = moved.outcomes.filter((outcome) => outcome === 'lost').length
    const repeated = moved.deliveries.filter(({envelope}) => envelope.delivery.redelivered).length
    // A killed broker may forget acks that a classic queue had applied: nothing at this end can know, but what comes
    // again says so.
    expect(type === 'quorum' ? lost : repeated).toBeGreaterThanOrEqual(moved.bodies.length - 4000)
  })

  test('a consumer timeout is survived with progress', async () => {
    // The check runs once a minute unless told otherwise.
    const rabbit = ['{channel_tick_interval, 1000}']
    await using broker = await startRabbitmq({major: 4, conf: ['consumer_timeout = 3000'], rabbit})
    await using at = await bench(broker)
    await at.publish.declare('slow', {arguments: {'x-queue-type': 'classic'}})
    await at.publish.send('slow', numbered(40))
    const events: SourceEvent[] = []
    const reading = at.read('slow', {onEvent: (event) => events.push(event)})
    const bodies = new Set<string>()
    for await (const delivery of reading) {
      await sleep(250)
      bodies.add(Buffer.from(delivery.envelope.body).toString())
      void delivery.ack()
    }
    await reading.return?.()
    expect(bodies.size).toBe(40)
    expect(events).toContainEqual(
      expect.objectContaining({type: 'interrupted', reason: expect.stringContaining('406')}),
    )
  })
})
