import {createServer, request, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

import {describe, expect, onTestFinished, test} from 'vitest'

import {valueOf} from '../../src/model/facts.ts'
import {Secret} from '../../src/model/secret.ts'
import {openSource} from '../../src/sources/index.ts'
import type {Source} from '../../src/sources/source.ts'
import {until} from '../brokers/lab.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

type Inspection = Awaited<ReturnType<Source['inspect']>>

async function inspect(
  broker: Pick<Rabbitmq, 'port' | 'management'>,
  vhost: string,
  as: {user: string; password: string} = {user: 'guest', password: 'guest'},
): Promise<Inspection> {
  await using source = await openSource(
    [`amqp://${as.user}@127.0.0.1:${broker.port}/${encodeURIComponent(vhost)}`],
    {
      management: broker.management,
      password: new Secret(as.password),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    },
  )
  return await source.inspect(new AbortController().signal)
}

/** Passes everything on, and remembers the methods. */
async function recordingProxy(target: string): Promise<{url: string; methods: string[]}> {
  const methods: string[] = []
  const server: Server = createServer((incoming, outgoing) => {
    methods.push(incoming.method ?? '')
    const onward = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
    })
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, methods}
}

const DECLARED: readonly (readonly [name: string, args: object])[] = [
  ['plain', {}],
  ['αβγ / with:odd?name#', {}],
  ['orders.eu', {'x-message-ttl': 5000, 'x-max-length': 3}],
  ['orders.dlx', {'x-dead-letter-exchange': 'mine', 'x-overflow': 'drop-head'}],
  ['prio', {'x-max-priority': 5}],
  ['sac', {'x-single-active-consumer': true}],
  ['quorum.orders', {'x-queue-type': 'quorum', 'x-delivery-limit': 20, 'x-overflow': 'drop-head'}],
  ['quorum.plain', {'x-queue-type': 'quorum'}],
  ['stream', {'x-queue-type': 'stream'}],
]
/** User policies, none with the priority of another, and the operator's. */
const POLICIES: readonly (readonly [name: string, policy: object])[] = [
  ['all', {pattern: '', 'apply-to': 'all', priority: 0, definition: {'max-length-bytes': 1_000_000}}],
  [
    'spare',
    {
      pattern: '^(?!quorum).*',
      'apply-to': 'queues',
      priority: 1,
      definition: {'max-length': 100, 'message-ttl': 1000},
    },
  ],
  [
    'quorum',
    {
      pattern: '^quorum\\.',
      'apply-to': 'queues',
      priority: 2,
      definition: {'delivery-limit': 5, overflow: 'reject-publish'},
    },
  ],
  [
    'lazy',
    {
      pattern: 'orders',
      'apply-to': 'queues',
      priority: 3,
      definition: {'queue-mode': 'lazy', 'dead-letter-exchange': 'theirs', 'dead-letter-routing-key': 'key'},
    },
  ],
  ['three-bytes', {pattern: '^.{3}$', 'apply-to': 'queues', priority: 4, definition: {expires: 3_600_000}}],
  ['letters', {pattern: '^\\p{L}+$', 'apply-to': 'queues', priority: 5, definition: {'max-length': 42}}],
  ['behind', {pattern: '(?<=p)rio', 'apply-to': 'queues', priority: 6, definition: {'max-length': 43}}],
]

async function declareEstate(broker: Rabbitmq, vhost: string): Promise<void> {
  const put = (path: string, body: object): Promise<unknown> => broker.api('PUT', `/api/${path}`, body)
  const v = encodeURIComponent(vhost)
  await put(`exchanges/${v}/topics`, {
    type: 'topic',
    durable: true,
    arguments: {'alternate-exchange': 'other'},
  })
  await put(`exchanges/${v}/inner`, {type: 'fanout', durable: true, internal: true})
  for (const [name, args] of DECLARED)
    await put(`queues/${v}/${encodeURIComponent(name)}`, {durable: true, arguments: args})
  for (const [name, policy] of POLICIES) await put(`policies/${v}/${name}`, policy)
  await put(`operator-policies/${v}/cap`, {
    pattern: '^orders',
    'apply-to': 'queues',
    priority: 0,
    definition: {'max-length': 50, expires: 7_200_000},
  })
  await broker.api('POST', `/api/bindings/${v}/e/topics/q/plain`, {routing_key: 'a.*'})
  await broker.api('POST', `/api/bindings/${v}/e/topics/e/inner`, {routing_key: '#'})
  await broker.api('POST', `/api/exchanges/${v}/topics/publish`, {
    routing_key: 'a.b',
    payload: 'x',
    payload_encoding: 'string',
    properties: {},
  })
  // Policies show a few seconds after a queue was declared.
  const told = async (): Promise<boolean> => {
    const queues = (await broker.api('GET', `/api/queues/${v}`)) as {
      policy?: unknown
      messages?: number
      name: string
    }[]
    return (
      queues.length === DECLARED.length &&
      queues.every(({policy}) => policy !== undefined) &&
      queues.find(({name}) => name === 'plain')?.messages === 1
    )
  }
  expect(await until(told, 30_000)).toBe(true)
}

describe.skipIf(withoutBrokers()).each(MAJORS)('inspecting RabbitMQ %i', (major) => {
  test('finds what was declared, by what it does, and changes nothing', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await declareEstate(broker, vhost.name)
    const definitions = `/api/definitions/${vhost.name}`
    const before = await broker.api('GET', definitions)
    const proxy = await recordingProxy(broker.management)
    const {inventory, observations} = await inspect(
      {...broker, port: broker.port, management: proxy.url},
      vhost.name,
    )

    expect(new Set(proxy.methods)).toEqual(new Set(['GET']))
    expect(await broker.api('GET', definitions)).toEqual(before)
    // Patterns, priorities and types: our rules and the broker's answers are the same.
    expect(inventory.notices.filter(({rule}) => rule === 'policy-differs-from-broker')).toEqual([])
    const facts = (name: string) => inventory.destinations.find((found) => found.name === name)?.facts
    expect(inventory.destinations.filter(({kind}) => kind !== 'exchange')).toHaveLength(DECLARED.length)
    expect(valueOf(facts('orders.eu')?.policy)).toBe('lazy')
    expect(valueOf(facts('orders.eu')?.messageTtl)).toBe(5000)
    expect(valueOf(facts('orders.eu')?.maxLength)).toBe(3)
    expect(valueOf(facts('orders.eu')?.expires)).toBe(7_200_000)
    expect(valueOf(facts('orders.dlx')?.deadLetterExchange)).toBe('mine')
    expect(valueOf(facts('orders.dlx')?.deadLetterRoutingKey)).toBe('key')
    expect(valueOf(facts('orders.dlx')?.maxLength)).toBe(50)
    expect(valueOf(facts('quorum.orders')?.policy)).toBe('quorum')
    expect(valueOf(facts('quorum.orders')?.deliveryLimit)).toBe(5)
    expect(valueOf(facts('quorum.orders')?.overflow)).toBe('reject-publish')
    expect(valueOf(facts('prio')?.policy)).toBe('behind')
    expect(valueOf(facts('sac')?.policy)).toBe('letters')
    expect(valueOf(facts('αβγ / with:odd?name#')?.policy)).toBe('spare')
    expect(valueOf(facts('stream')?.type)).toBe('stream')
    expect(
      inventory.bindings.map(({source, destination, routingKey}) => [source, destination, routingKey]),
    ).toEqual([
      [`exchange:${vhost.name}/topics`, `exchange:${vhost.name}/inner`, '#'],
      [`exchange:${vhost.name}/topics`, `queue:${vhost.name}/plain`, 'a.*'],
    ])
    expect(valueOf(observations[0]?.destinations[`queue:${vhost.name}/plain`]?.messages)).toBe(1)
  })

  test('goes as far as the rights of a user go', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using hidden = await freshVhost(broker)
    await broker.api('PUT', `/api/queues/${vhost.name}/q`, {durable: true, arguments: {}})
    const user = `monitor-${vhost.name}`
    await broker.api('PUT', `/api/users/${user}`, {password: 'monitor', tags: 'monitoring'})
    const none = {configure: '^$', write: '^$', read: '^$'}
    await broker.api('PUT', `/api/permissions/${vhost.name}/${user}`, none)
    try {
      const as = {user, password: 'monitor'}
      const {inventory} = await inspect(broker, vhost.name, as)
      expect(inventory.destinations.map(({name}) => name)).toEqual(['q'])
      expect(inventory.users).toBeNull()
      const dark = await inspect(broker, hidden.name, as)
      expect(dark.inventory.notRead.map(({what, command}) => [what, command])).toContainEqual([
        'queues',
        `rabbitmqctl set_permissions -p '<vhost>' ${user} '^$' '^$' '^$'`,
      ])
      await broker.api('PUT', `/api/users/${user}`, {password: 'monitor', tags: ''})
      await expect(inspect(broker, vhost.name, as)).rejects.toMatchObject({
        kind: 'unreachable',
        reason: 'not-management-user',
      })
      await expect(inspect(broker, vhost.name, {user, password: 'wrong'})).rejects.toMatchObject({
        kind: 'unreachable',
        reason: 'login-failed',
      })
    } finally {
      await broker.api('DELETE', `/api/users/${user}`)
    }
  })
})
