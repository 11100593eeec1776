import {describe, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import type {Tap} from '../../src/model/plan.ts'
import {overflowOf, tapQueueOf} from '../../src/model/tap.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import type {Taps} from '../../src/sources/source.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

const never = new AbortController().signal
const nameOf = (id: string): string => decodeURIComponent(id.split('/')[1] ?? '')

async function bench(major: 3 | 4, user?: string) {
  const stack = new AsyncDisposableStack()
  const broker = await sharedRabbitmq(major)
  const vhost = stack.use(await freshVhost(broker))
  const publish = stack.use(await publisher(vhost.amqp))
  if (user !== undefined) {
    await broker.api('PUT', `/api/users/${user}`, {password: 'secret', tags: 'monitoring'})
    stack.defer(async () => void (await broker.api('DELETE', `/api/users/${user}`)))
    const rights = {configure: '', write: '', read: '.*'}
    await broker.api('PUT', `/api/permissions/${vhost.name}/${user}`, rights)
  }
  const login = user === undefined ? 'guest:guest' : `${user}:secret`
  const source = stack.use(
    await open(`amqp://${login}@127.0.0.1:${broker.port}/${vhost.name}`, {
      tls: {caOnly: false, insecure: false},
      management: broker.management,
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    }),
  )
  const exchange = destinationId('exchange', vhost.name, 'x')
  const queue = tapQueueOf(exchange)
  const {taps} = source
  if (!taps) throw new Error('no taps')
  return {
    broker,
    vhost,
    channel: publish.channel,
    source,
    taps: taps satisfies Taps,
    queue,
    tap: (keys: string[], most = 1000): Tap => ({exchange, keys, most}),
    length: async (id: string) => (await publish.channel.checkQueue(nameOf(id))).messageCount,
    publish(key: string, count = 1, headers = {}) {
      for (let index = 0; index < count; index++)
        publish.channel.publish('x', key, Buffer.from(`${index}`), {headers, persistent: true})
      return publish.channel.waitForConfirms()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe.skipIf(withoutBrokers()).each(MAJORS)('taps of RabbitMQ %i', {concurrent: true}, (major) => {
  test.for([
    ['topic', ['#'], 4],
    ['fanout', [''], 4],
    ['headers', [''], 4],
    ['direct', ['a', 'b.c'], 2],
  ] as const)('a %s exchange: everything it routes', async ([type, keys, expected], {expect}) => {
    await using at = await bench(major)
    await at.channel.assertExchange('x', type)
    const tap = at.tap([...keys])
    expect(await at.taps.make(at.queue, tap, never)).toBe('made')
    expect(await at.taps.make(at.queue, tap, never)).toBe('found')
    for (const [key, headers] of [
      ['a', {}],
      ['b.c', {h: 1}],
      ['', {}],
      ['z', {'x-h': 'v'}],
    ] as const)
      await at.publish(key, 1, headers)
    await expect.poll(() => at.length(at.queue)).toBe(expected)
    await at.taps.unbind(at.queue, tap)
    await at.publish('a')
    expect(await at.taps.remove(at.queue)).toBe(expected)
    expect(await at.length(at.queue)).toBe(expected)
    await at.channel.purgeQueue(nameOf(at.queue))
    await expect.poll(() => at.taps.remove(at.queue)).toBe(0)
    expect(await at.source.depth(at.queue)).toBeNull()
    expect(await at.source.depth(overflowOf(at.queue))).toBeNull()
  })

  test('full: publishers go on, what it gave up is kept and counted, and other queues get everything', async ({
    expect,
  }) => {
    await using at = await bench(major)
    await at.channel.assertExchange('x', 'fanout')
    await at.channel.assertQueue('reader')
    await at.channel.bindQueue('reader', 'x', '')
    await at.taps.make(at.queue, at.tap([''], 10), never)
    await at.publish('', 25)
    await expect.poll(() => at.taps.overflowed(at.queue)).toBe(15)
    expect(await at.length(at.queue)).toBe(10)
    expect((await at.channel.checkQueue('reader')).messageCount).toBe(25)
    await at.taps.unbind(at.queue, at.tap(['']))
    expect(await at.taps.remove(at.queue)).toBe(25)
  })

  test('what a plan before this one has bound goes, and nothing is removed while it is there', async ({
    expect,
  }) => {
    await using at = await bench(major)
    await at.channel.assertExchange('x', 'direct')
    await at.channel.assertExchange('other', 'headers')
    await at.taps.make(at.queue, at.tap(['old', 'both']), never)
    await at.taps.make(at.queue, at.tap(['both', 'new']), never)
    for (const key of ['old', 'both', 'new']) await at.publish(key)
    expect(await at.length(at.queue)).toBe(2)
    await at.channel.purgeQueue(nameOf(at.queue))
    const matched = {'x-match': 'all', count: 3, share: 1.5, yes: true, text: 'ä', list: ['a', 1]}
    await at.channel.bindQueue(nameOf(at.queue), 'other', 'key', matched)
    await expect(at.taps.remove(at.queue)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'tap-bound',
      message: expect.stringContaining('other with key "key"'),
    })
    await at.taps.unbind(at.queue, at.tap(['new']))
    for (const key of ['old', 'both', 'new']) await at.publish(key)
    expect(await at.length(at.queue)).toBe(0)
    expect(await at.taps.remove(at.queue)).toBe(0)
    expect(await at.source.depth(at.queue)).toBeNull()
  })

  test('a policy that would remove messages is said before anything is bound', async ({expect}) => {
    await using at = await bench(major)
    await at.channel.assertExchange('x', 'fanout')
    const policy = {pattern: '.*', definition: {'message-ttl': 1000}, 'apply-to': 'queues'}
    await at.broker.api('PUT', `/api/policies/${at.vhost.name}/all`, policy)
    await expect(at.taps.make(at.queue, at.tap(['']), never)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'tap-policy',
    })
    expect(await at.source.depth(at.queue)).toBeNull()
  })

  test('without the rights nothing is made, and the error says which', async ({expect}) => {
    await using at = await bench(major, `reader-${process.pid}-${major}`)
    await at.channel.assertExchange('x', 'fanout')
    await expect(at.taps.make(at.queue, at.tap(['']), never)).rejects.toMatchObject({
      reason: 'not-permitted',
      suggestions: [expect.stringContaining(String.raw`'^mqlift\.tap\.'`)],
    })
  })

  test('an exchange that is gone is said', async ({expect}) => {
    await using at = await bench(major)
    await expect(at.taps.make(at.queue, at.tap(['']), never)).rejects.toMatchObject({
      reason: 'source-changed',
    })
  })

  test('the inventory does not know of it', async ({expect}) => {
    await using at = await bench(major)
    await at.channel.assertExchange('x', 'fanout')
    await at.taps.make(at.queue, at.tap(['']), never)
    const {inventory} = await at.source.inspect(never)
    expect(inventory.destinations.filter(({name}) => name.includes('tap'))).toEqual([])
    expect(inventory.bindings.filter(({destination}) => destination.includes('tap'))).toEqual([])
  })
})
