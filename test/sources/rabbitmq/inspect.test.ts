import {expect, test} from 'vitest'

import {valueOf} from '../../../src/model/facts.ts'
import {Inventory, Observation} from '../../../src/model/inventory.ts'
import type {Inspected} from '../../../src/sources/rabbitmq/build-inventory.ts'
import {inspectRabbitmq} from '../../../src/sources/rabbitmq/inspect.ts'
import {recorded, serve, serveRecording} from './recorded-broker.ts'

const signal = new AbortController().signal

async function inspectAs(options: Parameters<typeof serveRecording>[0]): Promise<Inspected> {
  await using broker = await serveRecording(options)
  await using api = await broker.connect(options?.user)
  return await inspectRabbitmq(api, signal)
}

const kinds = ({inventory}: Inspected, kind: string): number =>
  inventory.destinations.filter((destination) => destination.kind === kind).length

const ids = ({inventory}: Inspected): string[] =>
  inventory.destinations
    .filter(({kind, vhost}) => kind !== 'exchange' && vhost === 'r_shop')
    .map(({id}) => id)

const reversed = async (): Promise<Inspected> => {
  await using broker = await serve(({url}) => {
    const body = recorded(url.replace('/api/', '').split('?')[0] ?? '')
    return {status: 200, body: Array.isArray(body) ? body.toReversed() : body}
  })
  await using api = await broker.connect()
  return await inspectRabbitmq(api, signal)
}

const stable = ({inventory}: Inspected): unknown => [
  inventory.destinations,
  inventory.bindings,
  inventory.policies,
]

const queueNumbered = (index: number): object => ({
  name: `q${index}`,
  vhost: '/',
  durable: true,
  arguments: {},
})

test('an administrator sees the whole recorded estate', async () => {
  const inspected = await inspectAs({})
  expect(kinds(inspected, 'queue') + kinds(inspected, 'stream')).toBe(48)
  expect(inspected.inventory.destinations.filter(({name}) => name === '')).toEqual([])
  expect(inspected.inventory.bindings).toHaveLength(32)
  expect(inspected.inventory.policies).toHaveLength(7)
  expect(inspected.inventory.users).toHaveLength(8)
  expect(inspected.inventory.notRead.map(({what}) => what)).toEqual([
    'which application publishes to which exchange',
  ])
  expect(inspected.inventory.broker).toMatchObject({version: '3.10.8', statistics: true})
})

test('what it returns is an inventory and an observation', async () => {
  const {inventory, observations} = await inspectAs({})
  const head = {kind: 'mqlift/inventory', version: 1, inputs: {}}
  expect(Inventory.safeParse({...head, ...inventory}).error).toBeUndefined()
  expect(Observation.array().safeParse(observations).error).toBeUndefined()
  expect(observations[0]?.at).toBe('2026-11-22T10:25:50.000Z')
})

test('every fact says where it was read', async () => {
  const {inventory} = await inspectAs({})
  const queue = inventory.destinations.find(({name}) => name === 'prio.tasks' || name.includes('prio'))
  expect(queue?.facts.maxPriority).toEqual({
    value: expect.any(Number),
    evidence: expect.stringMatching(/^GET \/api\/queues\/r_shop\/\S+ → arguments\.x-max-priority$/),
  })
})

test('only GETs are sent, and no more than needed', async () => {
  await using broker = await serveRecording()
  await using api = await broker.connect()
  await inspectRabbitmq(api, signal)
  expect(new Set(broker.requests.map(({method}) => method))).toEqual(new Set(['GET']))
  const paths = broker.requests.map(({url}) => url.split('?')[0])
  expect(paths).not.toContain('/api/definitions')
  expect(paths.filter((path) => path?.startsWith('/api/queues'))).toEqual(['/api/queues'])
})

test('the inventory holds no password, from links or from users', async () => {
  const {inventory} = await inspectAs({})
  const text = JSON.stringify(inventory)
  expect(text).not.toContain('nobody')
  expect(text).not.toContain('secret')
  const hashes = recorded('users').map(({password_hash: hash}) => hash)
  expect(hashes.filter((hash) => hash && text.includes(hash))).toEqual([])
  expect(inventory.links).toContainEqual(
    expect.objectContaining({kind: 'shovel', name: 'to-nowhere', to: 'amqp://127.0.0.1:1 queue x'}),
  )
})

test('shovels name the local queues they touch', async () => {
  const {inventory} = await inspectAs({})
  expect(inventory.links?.find(({name}) => name === 'to-dr')).toMatchObject({
    from: 'amqp://localhost/r_shop queue archive.v2',
    state: 'running',
    touches: ['queue:r_shop/archive.v2', 'queue:r_iot/archive.v2.copy'],
  })
})

test.each(['r_viewer', 'r_policy', 'r_monitor'])(
  '%s gets as far as its rights go and says what is missing',
  async (user) => {
    const {inventory} = await inspectAs({user})
    expect(inventory.destinations.length).toBeGreaterThan(30)
    expect(inventory.users).toBeNull()
    expect(inventory.permissions).toBeNull()
    expect(
      inventory.notRead.map(({what, missingRight, command}) => [what, missingRight, command]),
    ).toMatchSnapshot()
  },
)

test('a virtual host without permission is named, not left out silently', async () => {
  const {inventory} = await inspectAs({user: 'r_monitor'})
  expect(inventory.vhosts.map(({name}) => name)).toContain('r_iot')
  expect(inventory.notRead).toContainEqual({
    what: 'virtual host r_eu/α: its queues, exchanges, bindings and policies',
    endpoint: 'GET /api/queues/r_eu%2F%CE%B1',
    missingRight: 'a permission on virtual host r_eu/α, which may be empty',
    command: "rabbitmqctl set_permissions -p 'r_eu/α' r_monitor '^$' '^$' '^$'",
  })
})

test('a user who sees no virtual host at all knows no counts, which are not 0', async () => {
  const {inventory} = await inspectAs({user: 'r_monitor', permitted: 'none'})
  expect(inventory.unread).toEqual(['queues', 'exchanges', 'bindings', 'policies'])
})

test("somebody else's connections are unknown to a user who sees only its own, not none", async () => {
  const {inventory, observations} = await inspectAs({user: 'r_viewer'})
  expect(inventory.clients).toBeNull()
  const facts = Object.values(observations[0]?.destinations ?? {})
  expect(facts.length).toBeGreaterThan(0)
  expect(facts.every((fact) => fact.autoAckConsumers === undefined)).toBe(true)
})

test('a user without a management tag is told what it takes', async () => {
  await using broker = await serveRecording({user: 'r_app'})
  await using api = await broker.connect('r_app')
  await expect(inspectRabbitmq(api, signal)).rejects.toMatchObject({
    kind: 'unreachable',
    reason: 'not-management-user',
    suggestions: expect.arrayContaining([
      expect.stringContaining('rabbitmqctl set_user_tags r_app monitoring'),
    ]),
  })
})

test('with statistics off the structure is complete and the numbers are unknown', async () => {
  const off = await inspectAs({statistics: false})
  const on = await inspectAs({})
  expect(ids(off)).toEqual(ids(on))
  expect(off.inventory.broker).toMatchObject({statistics: false, plugins: null})
  expect(off.inventory.clients).toEqual(expect.any(Array))
  expect(off.inventory.notRead.map(({endpoint, missingRight}) => [endpoint, missingRight])).toContainEqual([
    'GET /api/consumers',
    'statistics, which are switched off on this broker',
  ])
  const rates = Object.values(off.observations[0]?.destinations ?? {}).filter(
    ({publishRate, deliverRate, bytes}) => publishRate ?? deliverRate ?? bytes,
  )
  expect(rates).toEqual([])
})

test('the policies we work out are those the broker applies, and effective values follow', async () => {
  const {inventory} = await inspectAs({})
  expect(inventory.notices.filter(({rule}) => rule === 'policy-differs-from-broker')).toEqual([])
  const dlq = inventory.destinations.find(({id}) => id === 'queue:r_shop/orders.eu')
  const some = inventory.destinations.filter(({facts}) => valueOf(facts.policy) === 'dlx-orders')
  expect(some.length).toBeGreaterThan(0)
  for (const {facts} of some) {
    expect(valueOf(facts.deadLetterExchange)).toBe(
      valueOf(facts.arguments)?.['x-dead-letter-exchange'] ?? 'events.dlx',
    )
    expect(valueOf(facts.messageTtl)).toBeLessThanOrEqual(86_400_000)
  }
  expect(dlq).toBeUndefined()
})

test('a policy that the broker applies against its own rules is a notice, and the broker wins', async () => {
  const queues = recorded('queues').map((queue) =>
    queue.name === 'orders.created' ? {...queue, policy: 'lazy-archive'} : queue,
  )
  await using broker = await serve(({url}) => {
    const name = url.replace('/api/', '').split('?')[0] ?? ''
    return {status: 200, body: name === 'queues' ? queues : recorded(name)}
  })
  await using api = await broker.connect()
  const {inventory} = await inspectRabbitmq(api, signal)
  expect(inventory.notices).toContainEqual(expect.objectContaining({rule: 'policy-differs-from-broker'}))
})

test('the same estate in any order gives the same inventory', async () => {
  expect(stable(await reversed())).toEqual(stable(await inspectAs({})))
})

test('an estate above 100,000 queues is read in pages, each queue once', async () => {
  const total = 1_200
  await using broker = await serve(({url}) => {
    const {pathname, searchParams} = new URL(url, 'http://x')
    if (pathname === '/api/overview')
      return {status: 200, body: {rabbitmq_version: '3.10.8', object_totals: {queues: 100_001}}}
    if (pathname !== '/api/queues')
      return {status: 200, body: pathname === '/api/whoami' ? {name: 'a', tags: []} : []}
    const page = Number(searchParams.get('page'))
    const size = Number(searchParams.get('page_size'))
    // Pages overlap by one, as they do when a queue appears in between.
    const items = Array.from({length: Math.min(size, total - (page - 1) * size)}, (_, index) =>
      queueNumbered(Math.max(0, (page - 1) * size + index - 1)),
    )
    return {status: 200, body: {items, page_count: 3, total_count: total - 1}}
  })
  await using api = await broker.connect()
  const {inventory} = await inspectRabbitmq(api, signal)
  expect(inventory.destinations).toHaveLength(total - 1)
  const queries = broker.requests.filter(({url}) => url.startsWith('/api/queues')).map(({url}) => url)
  expect(queries[0]).toContain('page_size=500')
  expect(queries.join()).not.toContain('sort')
})

test.each(['', '[]', '{}'])('effective_policy_definition may be %j', async (spelled) => {
  const definition: unknown = spelled === '' ? undefined : JSON.parse(spelled)
  const [queue] = recorded('queues')
  await using broker = await serve(({url}) => {
    const name = url.replace('/api/', '').split('?')[0] ?? ''
    const queues = [{...queue, policy: '', effective_policy_definition: definition, arguments: []}]
    return {status: 200, body: name === 'queues' ? queues : recorded(name)}
  })
  await using api = await broker.connect()
  const {inventory} = await inspectRabbitmq(api, signal)
  const facts = inventory.destinations.find(({name}) => name === queue?.name)?.facts
  expect(valueOf(facts?.policy)).toBeNull()
  expect(valueOf(facts?.maxLength)).toBeNull()
})

test('one virtual host can be inspected alone', async () => {
  await using broker = await serve(({url}) => {
    const [name = '', vhost] = url.replace('/api/', '').split('?')[0]?.split('/') ?? []
    const body = recorded(name)
    return {
      status: 200,
      body: vhost === undefined ? body : body.filter((item) => item.vhost === vhost),
    }
  })
  await using api = await broker.connect()
  const {inventory} = await inspectRabbitmq(api, signal, {vhost: 'r_iot'})
  expect(new Set(inventory.destinations.map(({vhost}) => vhost))).toEqual(new Set(['r_iot']))
  expect(inventory.vhosts.map(({name}) => name)).toEqual(['r_iot'])
})

test('with detailed rates it is known who publishes where', async () => {
  const [connection] = recorded('connections')
  await using broker = await serve(({url}) => {
    const path = decodeURIComponent(url.replace('/api/', '').split('?')[0] ?? '')
    if (path === 'overview')
      return {status: 200, body: Object.assign({}, recorded('overview'), {rates_mode: 'detailed'})}
    if (path === 'channels')
      return {
        status: 200,
        body: [
          {name: 'one (1)', connection_details: {name: connection?.name}, message_stats: {publish: 3}},
          {name: 'gone (1)', connection_details: {name: connection?.name}, message_stats: {publish: 3}},
          {name: 'silent (1)', connection_details: {name: connection?.name}},
        ],
      }
    if (path === 'channels/one (1)')
      return {
        status: 200,
        body: {
          publishes: [{exchange: {name: 'orders', vhost: 'r_shop'}}, {exchange: {name: '', vhost: 'r_shop'}}],
        },
      }
    return path.startsWith('channels/') ? undefined : {status: 200, body: recorded(path)}
  })
  await using api = await broker.connect()
  const {inventory} = await inspectRabbitmq(api, signal)
  expect(inventory.clients?.flatMap(({publishes}) => publishes)).toEqual(['exchange:r_shop/orders'])
  expect(inventory.notRead).toEqual([])
})
