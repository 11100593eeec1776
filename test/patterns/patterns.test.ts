import {createHash} from 'node:crypto'

import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import {valueOf} from '../../src/model/facts.ts'
import {destinationId, parseId} from '../../src/model/id.ts'
import type {Binding, Destination, Inventory, Observation} from '../../src/model/inventory.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import type {Found} from '../../src/patterns/pattern.ts'
import {buildGraph} from '../../src/routing/graph.ts'
import {factsOf} from '../../src/stages/assess/estate.ts'
import {binding, exchange, inventory, observation, queue, stream} from '../criteria/build.ts'

function find(id: string, estate: Body<Inventory>, seen?: Observation): Found[] {
  const pattern = PATTERNS.find((each) => each.id === id)
  if (pattern === undefined) throw new Error(id)
  return pattern.find({
    inventory: estate,
    graph: buildGraph(estate),
    facts: factsOf(estate, seen),
    observedAt: seen === undefined ? null : Date.parse(seen.at),
  })
}

const subjects = (found: readonly Found[]): string[] => found.flatMap((each) => each.subjects).toSorted()

const keep = (name: string): boolean => name === '' || /^amq\.(direct|fanout|topic|headers)$/.test(name)

const hash = (name: string): string =>
  keep(name) ? name : createHash('sha256').update(name).digest('hex').slice(0, 12)

const hashedId = (old: string): string => {
  const {kind, vhost, name} = parseId(old)
  return destinationId(kind, hash(vhost), hash(name))
}
const hashedKey = (old: string): string =>
  old
    .split('.')
    .map((word) => (/^[*#]$/.test(word) ? word : hash(word)))
    .join('.')

/** The same estate with every name replaced by a hash; predeclared exchanges keep theirs, as on a broker. */
function hashed(estate: Body<Inventory>): {estate: Body<Inventory>; nameOf: (id: string) => string} {
  const queueNames = new Set(estate.destinations.map(({name}) => name))
  const keyOf = (old: string): string => (queueNames.has(old) ? hash(old) : hashedKey(old))
  const destinations = estate.destinations.map((each): Destination => {
    const {deadLetterExchange: dlx, deadLetterRoutingKey: dlk, alternateExchange: ae} = each.facts
    const renamed = (fact: typeof dlx, rename: (name: string) => string): typeof dlx => {
      const value = valueOf(fact)
      return typeof value === 'string' ? {value: rename(value), evidence: 'hashed'} : fact
    }
    return {
      ...each,
      id: hashedId(each.id),
      vhost: hash(each.vhost),
      name: hash(each.name),
      facts: {
        ...each.facts,
        ...(dlx && {deadLetterExchange: renamed(dlx, hash)}),
        ...(dlk && {deadLetterRoutingKey: renamed(dlk, keyOf)}),
        ...(ae && {alternateExchange: renamed(ae, hash)}),
      },
    }
  })
  const bindings = estate.bindings.map((each): Binding => ({
    ...each,
    source: hashedId(each.source),
    destination: hashedId(each.destination),
    routingKey: keyOf(each.routingKey),
  }))
  return {estate: {...estate, destinations, bindings}, nameOf: hashedId}
}

const dlx = (to: string, key: string | null = null, ttl: number | null = null) => ({
  deadLetterExchange: to,
  deadLetterRoutingKey: key,
  messageTtl: ttl,
})

const ESTATES: Readonly<Record<string, Body<Inventory>>> = {
  'delayed-retry-loop': inventory(
    [
      exchange('work', 'direct'),
      exchange('retry', 'direct'),
      queue('orders', dlx('retry', 'orders')),
      queue('orders.wait', dlx('work', 'orders', 30_000)),
    ],
    [
      binding(exchange('work', 'direct'), queue('orders'), 'orders'),
      binding(exchange('retry', 'direct'), queue('orders.wait'), 'orders'),
    ],
  ),
  'dead-letter-cycle': inventory(
    [exchange('dlx', 'direct'), queue('a', dlx('dlx', 'b')), queue('b', dlx('dlx', 'a'))],
    [
      binding(exchange('dlx', 'direct'), queue('a'), 'a'),
      binding(exchange('dlx', 'direct'), queue('b'), 'b'),
    ],
  ),
  'dead-letters-reach-nobody': inventory(
    [exchange('dlx', 'direct'), queue('a', dlx('dlx', 'nowhere')), queue('b', dlx('gone')), queue('dead')],
    [binding(exchange('dlx', 'direct'), queue('dead'), 'other')],
  ),
  'exchange-with-one-reader': inventory(
    [exchange('events', 'topic'), exchange('fan', 'fanout'), queue('a'), queue('b')],
    [
      binding(exchange('events', 'topic'), queue('a'), '#'),
      binding(exchange('fan', 'fanout'), queue('a')),
      binding(exchange('fan', 'fanout'), queue('b')),
    ],
  ),
  'unbound-queue': inventory(
    [
      exchange('events', 'direct'),
      queue('alone'),
      queue('bound'),
      queue('dead'),
      queue('x', dlx('', 'dead')),
    ],
    [
      binding(exchange('events', 'direct'), queue('bound'), 'k'),
      binding(exchange('events', 'direct'), queue('x'), 'x'),
    ],
  ),
  'dangling-binding': inventory(
    [exchange('events', 'direct'), queue('orders')],
    [
      binding(exchange('events', 'direct'), queue('ordres'), 'k'),
      binding(exchange('internal', 'direct'), queue('orders'), 'k'),
    ],
  ),
  'run-time-artefact': inventory([
    queue('amq.gen-8rlbvGGy0rYPWRzdv4AS7A', {exclusive: true, autoDelete: true, durable: false}),
    queue('federation: x -> y', {arguments: {'x-internal-purpose': 'federation'}}),
    exchange('federation: x -> y B', 'x-federation-upstream'),
    queue('orders'),
    queue('session', {autoDelete: true, durable: false}),
  ]),
}

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'delayed-retry-loop': [queue('orders.wait').id, queue('orders').id],
  'dead-letter-cycle': [queue('a').id, queue('b').id],
  'dead-letters-reach-nobody': [
    queue('a').id,
    exchange('dlx', '').id,
    queue('b').id,
    exchange('gone', '').id,
  ],
  'exchange-with-one-reader': [exchange('events', '').id],
  'unbound-queue': [queue('alone').id],
  'dangling-binding': [
    queue('ordres').id,
    exchange('events', '').id,
    exchange('internal', '').id,
    queue('orders').id,
  ],
  'run-time-artefact': [
    queue('amq.gen-8rlbvGGy0rYPWRzdv4AS7A').id,
    queue('federation: x -> y').id,
    exchange('federation: x -> y B', '').id,
  ],
}

test('every pattern that looks at structure has an estate', () => {
  const structural = PATTERNS.map(({id}) => id).filter((id) => id !== 'framework')
  expect(Object.keys(ESTATES).toSorted()).toEqual(structural.toSorted())
})

describe.each(Object.entries(ESTATES))('%s', (id, estate) => {
  test('is recognised', () => {
    expect(subjects(find(id, estate))).toEqual([...(EXPECTED[id] ?? [])].toSorted())
  })

  test('is recognised with every name hashed', () => {
    const {estate: renamed, nameOf} = hashed(estate)
    expect(subjects(find(id, renamed))).toEqual([...(EXPECTED[id] ?? [])].map(nameOf).toSorted())
  })

  test('is not seen in a plain estate', () => {
    const [events, a, b] = [exchange('events', 'fanout'), queue('a'), queue('b')]
    expect(find(id, inventory([events, a, b], [binding(events, a), binding(events, b)]))).toEqual([])
  })
})

describe('a delay', () => {
  const work = queue('work', dlx('dlx', 'work'))
  const wait = queue('wait', dlx('', 'work', 60_000))

  test('that nobody is bound to waits for the queue it dead-letters into', () => {
    const estate = inventory(
      [wait, work, exchange('events', 'direct')],
      [binding('exchange:%2F/events', work, 'k')],
    )
    expect(find('delayed-retry-loop', estate)).toMatchObject([
      {subjects: [wait.id, work.id], serves: [work.id], because: expect.stringContaining('60 s')},
    ])
  })

  test('that somebody reads is a work queue', () => {
    const estate = inventory([wait, work])
    expect(find('delayed-retry-loop', estate, observation({[wait.id]: {consumers: 1}}))).toEqual([])
  })

  test('is no cycle', () => {
    expect(find('dead-letter-cycle', ESTATES['delayed-retry-loop'] ?? inventory([]))).toEqual([])
  })
})

test('a queue that dead-letters into itself is a cycle', () => {
  const loop = queue('loop', dlx('', 'loop'))
  expect(find('dead-letter-cycle', inventory([loop]))).toMatchObject([{subjects: [loop.id]}])
})

test('a chain of ten thousand dead-letter queues does not overflow the stack', () => {
  const queues = Array.from({length: 10_000}, (_, index) =>
    queue(`q${index}`, dlx('', `q${(index + 1) % 10_000}`)),
  )
  expect(find('dead-letter-cycle', inventory(queues))[0]?.subjects).toHaveLength(10_000)
})

test('dead letters whose key nobody can tell may reach any queue behind the exchange', () => {
  const [fan, direct] = [exchange('fan', 'fanout'), exchange('dlx', 'direct')]
  const [orders, dead] = [queue('orders', dlx('dlx')), queue('dead')]
  const estate = inventory(
    [fan, direct, orders, dead],
    [binding(fan, orders), binding(direct, dead, 'some-key')],
  )
  expect(find('dead-letters-reach-nobody', estate)).toEqual([])
})

test('an alternate exchange catches dead letters that match nothing', () => {
  const estate = inventory([
    exchange('dlx', 'direct', {alternateExchange: 'unrouted'}),
    queue('orders', dlx('dlx', 'x')),
  ])
  expect(find('dead-letters-reach-nobody', estate)).toEqual([])
})

describe('an unbound queue', () => {
  const alone = queue('alone')
  const link = {
    kind: 'shovel' as const,
    vhost: '/',
    name: 'to-hq',
    from: 'a',
    to: 'b',
    state: 'running',
    touches: [alone.id],
  }

  test('may be fed by a shovel', () => {
    expect(find('unbound-queue', inventory([alone], [], {links: [link]}))[0]?.because).toContain(
      'shovel "to-hq"',
    )
  })

  test('says that links were not read', () => {
    expect(find('unbound-queue', inventory([alone]))[0]?.because).toContain('not read')
  })

  test('that is silent can go, but only when everything was read', () => {
    const silent = observation({
      [alone.id]: {messages: 0, consumers: 0, idleSince: '2026-09-01T00:00:00Z'},
    })
    expect(find('unbound-queue', inventory([alone], [], {links: []}), silent)[0]?.means).toBe('retire')
    expect(find('unbound-queue', inventory([alone]), silent)[0]?.means).toBeUndefined()
    expect(find('unbound-queue', inventory([alone], [], {links: []}))[0]?.means).toBeUndefined()
  })

  test('a stream counts too', () => {
    expect(subjects(find('unbound-queue', inventory([stream('log')])))).toEqual([stream('log').id])
  })
})

test.each([
  'amq.gen-8rlbvGGy0rYPWRzdv4AS7A',
  'celery@worker1.celery.pidbox',
  '2f1a-44.reply.celery.pidbox',
  'celeryev.5b0a',
  'federation: in -> rabbit@vm:shop:in',
  'sharding: images - rabbit@vm - 0',
  'aliveness-test',
  'spring.gen-AbC',
  'mqtt-subscription-dev42qos1',
  'stomp-subscription-mMOj7wjHnK2gW9t0sZN5Nw',
])('%s is known by its name where the structure is silent', (name) => {
  expect(find('run-time-artefact', inventory([queue(name)]))).toMatchObject([{means: 'ignore'}])
})

test.each([
  ['MassTransit', 'submit-order_error'],
  ['MassTransit', 'submit-order_skipped'],
  ['NServiceBus', 'nsb.delay-level-03'],
  ['Celery', 'celery'],
])('%s shows in the name %s', (framework, name) => {
  const [found] = find('framework', inventory([queue(name), queue('orders')]))
  expect(found?.because).toContain(framework)
  expect(found?.means).toBeUndefined()
})
