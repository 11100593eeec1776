import {describe, expect, test} from 'vitest'

import {files} from '../../../src/targets/amazon-mq-activemq/files.ts'
import {plan as planBody} from '../../fakes/plan.ts'
import {bind, exchange, queue} from '../../routing/estate.ts'
import {planOf, settingsOf} from './plan-kit.ts'

const ORDERS = 'queue:%2F/orders'

describe('a broker', () => {
  test('that does not exist yet is described in files, and nothing moves', () => {
    const part = planOf([queue('orders')], [], {broker: null})
    expect(part.moves).toEqual([])
    expect(part.steps.map(({when}) => when)).toEqual(['by-hand', 'by-hand'])
    expect(part.notMoved).toEqual([{subject: ORDERS, because: expect.stringContaining('plan again')}])
    expect(Object.keys(files(planBody([], {steps: part.steps})))).toEqual([
      'target/activemq.xml',
      'target/activemq-users.json',
    ])
  })

  test('is a pair on EFS unless said otherwise; a single one is on EBS, and six times as fast', () => {
    const observed = {[ORDERS]: {messages: 80_000}}
    const pair = planOf([queue('orders')], [], {observed})
    expect(settingsOf(pair)).toMatchObject({
      version: '5.19',
      instance: 'mq.m5.large',
      deployment: 'active-standby',
      storage: 'EFS',
    })
    expect(pair.moves[0]?.estimateSeconds).toBe(1000)
    const single = planOf([queue('orders')], [], {observed, broker: {deployment: 'single', version: '5.18'}})
    expect(settingsOf(single)).toMatchObject({version: '5.18', storage: 'EBS'})
    expect(single.moves[0]?.estimateSeconds).toBe(160)
  })

  test.each([{version: '6.1'}, {instance: 'mq.m7g.large'}, {deployment: 'cluster'}])(
    'that Amazon MQ does not offer is refused: %j',
    (broker) => {
      expect(() => planOf([queue('orders')], [], {broker})).toThrow(/Amazon MQ for ActiveMQ has no/)
    },
  )

  test('that is too small is asked about', () => {
    const clients = [{connections: 2001} as never]
    const observed = {[ORDERS]: {bytes: 3e11, publishRate: 200}}
    const part = planOf([queue('orders')], [], {observed, inventory: {clients}})
    const open = part.questions.filter(({answer}) => answer === null)
    expect(open.map(({id}) => id).toSorted()).toEqual([
      'activemq-connections:broker',
      'activemq-storage:broker',
    ])
    expect(part.changes.find(({from}) => from === '200 messages/s are published')?.to).toContain('80/s')
  })

  test('consumers that speak AMQP make a broker without JMS mapping good enough', () => {
    expect(settingsOf(planOf([queue('q')])).consumers).toBe('openwire')
    const decisions = {'activemq-consumers:broker': 'amqp'}
    expect(settingsOf(planOf([queue('q')], [], {decisions})).consumers).toBe('amqp')
  })
})

test('what ActiveMQ has no word for is a loss each, by the id of its criterion', () => {
  const part = planOf([
    queue('length', {maxLength: 5}),
    queue('reject', {maxLengthBytes: 5, overflow: 'reject-publish'}),
    queue('priority', {maxPriority: 20}),
    queue('ttl', {messageTtl: 1500}),
    queue('idle', {expires: 14 * 86_400_000}),
    queue('auto', {autoDelete: true}),
  ])
  expect(part.losses.map(({id}) => id.replace('queue:%2F/', ''))).toEqual([
    'queue-max-length:length',
    'overflow-reject-publish:reject',
    'max-priority:priority',
    'queue-message-ttl:ttl',
    'queue-expires:idle',
    'queue-auto-delete:auto',
  ])
  expect(part.losses.map(({reason}) => reason)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('live 1500 ms today'),
      expect.stringContaining('after 14 days without use'),
    ]),
  )
})

test.each([
  ['a single active consumer', {singleActiveConsumer: true}, {}, 'strict'],
  ['a consumer that keeps others out', {}, {exclusiveConsumer: true}, 'strict'],
  ['competing consumers', {}, {exclusiveConsumer: false}, 'none'],
])('a queue with %s is moved in order: %#', (_, facts, seen, order) => {
  const part = planOf([queue('orders', facts)], [], {observed: {[ORDERS]: seen}})
  expect(part.moves.map((move) => move.order)).toEqual([order])
})

test('a consumer that keeps others out is told how, and its queue is not closed to the next one', () => {
  const part = planOf([queue('orders')], [], {observed: {[ORDERS]: {exclusiveConsumer: true}}})
  expect(settingsOf(part).policies.map(({exclusive}) => exclusive)).toEqual([false])
  expect(part.changes.find(({field}) => field === 'exclusive-consumer')?.to).toContain(
    '?consumer.exclusive=true',
  )
  const single = planOf([queue('orders', {singleActiveConsumer: true})], [], {
    observed: {[ORDERS]: {exclusiveConsumer: true}},
  })
  expect(settingsOf(single).policies.map(({exclusive}) => exclusive)).toEqual([true])
  expect(single.changes.map(({field}) => field)).not.toContain('exclusive-consumer')
})

test('streams, exclusive queues, internal exchanges and those without readers stay, with a reason', () => {
  const part = planOf(
    [
      queue('orders'),
      queue('log', {type: 'stream'}),
      queue('mine', {exclusive: true}),
      exchange('inner', 'fanout', {internal: true}),
      exchange('silent', 'fanout'),
    ],
    [bind('inner', 'orders')],
  )
  expect(part.notMoved.map(({subject}) => subject).toSorted()).toEqual([
    'exchange:%2F/inner',
    'exchange:%2F/silent',
    'queue:%2F/mine',
    'stream:%2F/log',
  ])
})

test('subjects of other platforms are not touched', () => {
  expect(planOf([]).steps).toEqual([])
})

test('unread permissions are a loss, not a lock', () => {
  const part = planOf([queue('orders')], [], {inventory: {permissions: null}})
  expect(part.losses.map(({rule}) => rule)).toContain('permissions-unknown')
  expect(settingsOf(part).rights.map(({name}) => name)).toEqual(['>', '>'])
})

test('a pattern that cannot be evaluated gives no right, and that is said', () => {
  const permissions = [{user: 'shop', vhost: '/', configure: '', write: '', read: '(?<=a)b('}]
  const part = planOf([queue('b')], [], {inventory: {permissions}})
  expect(part.losses.map(({rule}) => rule)).toEqual(['permission-pattern'])
  expect(settingsOf(part).rights[0]?.read).toEqual([])
})

describe('rights', () => {
  const permission = {vhost: '/', configure: '', write: '', read: ''}

  test('to publish to a queue are those to write to the default exchange, not those to bind the queue', () => {
    const permissions = [
      {...permission, user: 'binder', write: '^orders$'},
      {...permission, user: 'sender', write: '^amq\\.default$'},
      {...permission, user: 'reader', read: '^orders$'},
      {...permission, user: 'maker', configure: '^orders$'},
    ]
    const part = planOf([queue('orders')], [], {inventory: {permissions}})
    expect(settingsOf(part).rights).toEqual([
      {
        kind: 'queue',
        name: 'orders',
        read: ['reader'],
        write: ['sender'],
        admin: ['maker', 'reader', 'sender'],
      },
    ])
  })

  test('to publish to a topic are those to write to its exchange', () => {
    const permissions = [
      {...permission, user: 'events', write: '^events$'},
      {...permission, user: 'sender', write: '^amq\\.default$'},
    ]
    const part = planOf([exchange('events', 'fanout'), queue('orders')], [bind('events', 'orders')], {
      inventory: {permissions},
    })
    expect(settingsOf(part).rights).toMatchObject([
      {name: 'orders', write: ['sender']},
      {name: 'events', write: ['events'], admin: ['events']},
    ])
  })

  test('of a user called like ours stay its own', () => {
    const permissions = ['mqlift', 'activemq-webconsole'].map((user) => ({...permission, user, read: '.*'}))
    const settings = settingsOf(planOf([queue('orders')], [], {inventory: {permissions}}))
    expect(settings.users.map(({username, groups}) => [username, ...groups])).toEqual([
      ['mqlift', 'mqlift'],
      ['activemq-webconsole~', 'activemq-webconsole~'],
      ['mqlift~', 'mqlift~'],
    ])
    expect(settings.rights[0]?.read).toEqual(['activemq-webconsole~', 'mqlift~'])
  })

  test.each([
    [249, []],
    [250, ['activemq-users:broker']],
  ])('of %d users and the mover: asked for fewer %j', (count, asked) => {
    const permissions = Array.from({length: count}, (_, index) => ({...permission, user: `user-${index}`}))
    const {questions} = planOf([queue('orders')], [], {inventory: {permissions}})
    expect(questions.flatMap(({id, answer}) => (answer === null ? id : []))).toEqual(asked)
  })
})

test('replies know every queue of their virtual host, whatever it is called', () => {
  const {replies} = settingsOf(planOf([queue('__proto__'), queue('a b', {}, 'eu')]))
  expect(replies).toEqual([
    ['/', '__proto__', '__proto__'],
    ['eu', 'a b', 'eu/a%20b'],
  ])
})
