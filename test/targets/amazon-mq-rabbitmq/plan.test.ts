import {describe, expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Plan} from '../../../src/model/plan.ts'
import {renderPlan} from '../../../src/report/plan-markdown.ts'
import {openFiles} from '../../../src/sources/rabbitmq/offline.ts'
import {unanswered} from '../../../src/stages/plan.ts'
import {DEFINITIONS_FILE, files} from '../../../src/targets/amazon-mq-rabbitmq/files.ts'
import {RabbitmqQueueSettings} from '../../../src/targets/amazon-mq-rabbitmq/steps.ts'
import {exchange, inventory, queue} from '../../routing/estate.ts'
import {fixture} from '../../sources/rabbitmq/recorded-broker.ts'
import type {Options} from './estate.ts'
import {planned, policy, settingsOf} from './estate.ts'

const plain = (name: string, values = {}, vhost = '/') =>
  queue(name, {arguments: {}, policy: null, operatorPolicy: null, ...values}, vhost)
const open = (plan: Body<Plan>): string[] => unanswered(plan).questions.map(({id}) => id)
const lost = (plan: Body<Plan>): string[] => plan.losses.map(({id}) => id).toSorted()

const deaths = (plan: Body<Plan>): string[] => lost(plan).filter((id) => id.startsWith('x-death'))
const limitOf = ({steps}: Body<Plan>): number =>
  RabbitmqQueueSettings.parse(steps.find(({do: kind}) => kind === 'rabbitmq-queue')?.settings).maxMessageBytes

const observed = (numbers: Record<string, Record<string, number | boolean>>): Options => ({
  observation: {
    at: '2026-11-24T00:00:00Z',
    destinations: Object.fromEntries(
      Object.entries(numbers).map(([name, values]) => [
        `queue:%2F/${name}`,
        Object.fromEntries(Object.entries(values).map(([key, value]) => [key, {value, evidence: 'test'}])),
      ]),
    ),
  },
})

describe('moves', () => {
  test('one for each queue, into the queue of the same name, after the definitions', () => {
    const plan = planned(inventory([plain('a b', {}, 'v/α'), exchange('x', 'direct')]))
    expect(plan.steps.map(({id, when, needs}) => [id, when, needs])).toEqual([
      ['rabbitmq-definitions:broker.example', 'before', []],
      ['rabbitmq-queue:v%2F%CE%B1/a%20b', 'before', ['rabbitmq-definitions:broker.example']],
    ])
    expect(plan.moves).toMatchObject([
      {
        id: 'queue:v%2F%CE%B1/a%20b>rabbitmq-queue:v%2F%CE%B1/a%20b',
        mode: 'drain',
        order: 'none',
        sourceType: 'classic',
        platform: 'amazon-mq-rabbitmq',
      },
    ])
    expect([plan.account, plan.region, plan.notMoved, plan.open.map(({id}) => id)]).toEqual([
      null,
      null,
      [],
      ['raise-message-size:broker:broker.example'],
    ])
  })

  test.each([
    ['a single active consumer', {singleActiveConsumer: true}, {}],
    ['an exclusive consumer', {}, {exclusiveConsumer: true}],
  ])('%s reads in order, so the move is strict', (_, facts, numbers) => {
    const plan = planned(inventory([plain('q', facts)]), observed({q: numbers}))
    expect(plan.moves[0]?.order).toBe('strict')
  })

  test('depth, size and how long it takes; identity that somebody vouches for', () => {
    const plan = planned(inventory([plain('q', {deliveryLimit: 7, type: 'quorum'})]), {
      ...observed({q: {messages: 50_000, bytes: 5_000_000}}),
      decisions: {'identity:queue:%2F/q': 'property:message-id'},
    })
    expect(plan.moves[0]).toMatchObject({
      expected: {messages: 50_000, bytes: 5_000_000},
      estimateSeconds: 10,
      identity: 'property:message-id',
      deliveryLimit: 7,
      sourceType: 'quorum',
    })
  })

  test('ages begin again: somebody has to accept it', () => {
    const plan = planned(inventory([plain('q', {messageTtl: 60_000, arguments: {'x-message-ttl': 60_000}})]))
    expect(lost(plan)).toEqual(['queue-message-ttl:queue:%2F/q'])
  })

  test('retries that count x-death begin again on RabbitMQ 4', () => {
    const work = plain('work', {deadLetterExchange: '', deadLetterRoutingKey: 'room'})
    const room = plain('room', {deadLetterExchange: '', deadLetterRoutingKey: 'work'})
    const made = inventory([work, room, plain('other')])
    const from = (version: string) => ({...made, broker: {...made.broker, version}})
    expect(deaths(planned(from('3.10.8')))).toEqual(['x-death:queue:%2F/room', 'x-death:queue:%2F/work'])
    expect(deaths(planned(from('4.0.5')))).toEqual([])
    expect(deaths(planned(from('3.10.8'), {broker: {version: '3.13'}}))).toEqual([])
  })
})

describe('the broker', () => {
  test('as created it takes 512 KiB; more when somebody says that it was raised', () => {
    const estate = inventory([plain('q')])
    expect(limitOf(planned(estate))).toBe(524_288)
    const raised = {'raise-message-size:broker:broker.example': 'raised'}
    expect(limitOf(planned(estate, {decisions: raised}))).toBe(134_217_728)
    const large = observed({q: {messages: 10, bytes: 10_000_000}})
    expect(open(planned(estate, large))).toEqual(['raise-message-size:broker:broker.example'])
  })

  test('limits are asked for when they can be raised, and are losses when they cannot', () => {
    const many = inventory(Array.from({length: 1001}, (_, index) => plain(`q${index}`)))
    expect(open(planned(many))).toEqual(['raise-queues:broker:broker.example'])
    expect(open(planned(many, {broker: {instance: 'mq.m7g.xlarge'}}))).toEqual([])
    const small = planned(many, {broker: {instance: 'mq.m7g.medium'}})
    expect(lost(small)).toEqual(['limit-queues:broker:broker.example'])
    expect(small.losses[0]?.reason).toContain(
      '1,001 queues where mq.m7g.medium has 500 at most; mq.m7g.large is the smallest',
    )
  })

  test.each([
    [{version: '4.1'}, 'Amazon MQ has no RabbitMQ 4.1'],
    [{instance: 'mq.t3.micro'}, 'Amazon MQ for RabbitMQ has no mq.t3.micro'],
    [{instance: 'mq.m5.large'}, 'mq.m5.large runs RabbitMQ 3.13 only'],
    [{deployment: 'active-standby'}, 'active-standby is a deployment of the ActiveMQ engine'],
  ])('%j is refused with what to write instead', (broker, why) => {
    expect(() => planned(inventory([plain('q')]), {broker})).toThrow(why)
  })

  test('the newest version when none is named', () => {
    const plan = planned(inventory([plain('q')]), {broker: null})
    expect(settingsOf(plan)).toMatchObject({version: '4.3', deployment: 'cluster', instance: 'mq.m7g.large'})
  })
})

const client = (values: object) => ({
  vhost: '/',
  user: 'app',
  name: 'worker-*',
  product: 'amqplib',
  version: '0.10.7',
  platform: 'Node.js',
  protocol: 'AMQP 0-9-1',
  tls: true,
  hosts: ['10.0.0.1'],
  connections: 3,
  consumes: [],
  publishes: [],
  ...values,
})

const hurdles = (values: object, version = '4.2'): string[] =>
  planned({...inventory([plain('q')]), clients: [client(values)]}, {broker: {version}})
    .changes.filter(({field}) => field === 'client')
    .map(({to}) => to)

describe('applications', () => {
  test.each([
    [{}, '4.2', []],
    [{version: '0.10.6'}, '4.2', ['cannot connect: RabbitMQ 4.2 refuses the frames that it asks for']],
    [{version: '0.8.0'}, '4.2', ['cannot connect: RabbitMQ 4.2 refuses the frames that it asks for']],
    [{version: '2.0.1'}, '4.2', []],
    [{version: '0.8.0'}, '3.13', []],
    [{tls: false}, '4.2', ['needs TLS: Amazon MQ listens at amqps, port 5671, alone']],
    [
      {protocol: 'MQTT 3.1.1', product: 'MQTT client'},
      '4.2',
      ['cannot connect: Amazon MQ for RabbitMQ 4.2 does not speak MQTT 3.1.1'],
    ],
    [
      {protocol: 'AMQP 1-0', product: ''},
      '3.13',
      ['cannot connect: Amazon MQ for RabbitMQ 3.13 does not speak AMQP 1-0'],
    ],
    [{protocol: 'AMQP 1-0', product: ''}, '4.3', []],
    [{vhost: 'elsewhere', tls: false}, '4.2', []],
  ])('%j on %s: %j', (values, version, said) => {
    expect(hurdles(values, version)).toEqual(said)
  })

  test('their connections count', () => {
    const plan = planned({...inventory([plain('q')]), clients: [client({connections: 2000})]})
    expect(open(plan)).toEqual(['raise-connections:broker:broker.example'])
  })
})

test('ten thousand queues under a hundred policies', () => {
  const policies = Array.from({length: 100}, (_, index) =>
    policy(`p${index}`, {'max-length': index}, {pattern: `^q${index}\\.`, priority: index}),
  )
  const queues = Array.from({length: 10_000}, (_, index) =>
    plain(`q${index % 100}.${index}`, {policy: `p${index % 100}`, maxLength: index % 100, messageTtl: null}),
  )
  const plan = planned({...inventory(queues), policies})
  expect(plan.moves).toHaveLength(10_000)
  expect(lost(plan)).toEqual([])
})

describe('no broker yet', () => {
  const plan = planned(
    inventory([
      plain('q', {arguments: {'x-message-ttl': 5}, messageTtl: 5}),
      exchange('x', 'x-random'),
      plain('log', {type: 'stream'}),
    ]),
    {broker: null},
  )

  test('everything is described, nothing is made or moved, and nothing is asked', () => {
    expect(plan.steps.map(({id, when}) => [id, when])).toEqual([
      ['rabbitmq-definitions:new-broker', 'by-hand'],
    ])
    expect([plan.moves, plan.losses, open(plan)]).toEqual([[], [], []])
    expect(plan.notMoved.map(({subject}) => subject)).toEqual([
      'exchange:%2F/x',
      'queue:%2F/q',
      'stream:%2F/log',
    ])
    expect(plan.notMoved[1]?.because).toContain(
      'name the broker under brokers: in mqlift.yaml, then plan again',
    )
    expect(Object.keys(files(plan))).toEqual([DEFINITIONS_FILE])
  })

  test('what would be lost can be read', () => {
    const said = plan.changes.filter(({subject}) => subject === 'exchange:%2F/x').map(({to}) => to)
    expect(said.join('\n')).toContain('dropped: Amazon MQ for RabbitMQ 4.3 has no x-random exchange')
  })
})

test('nothing goes to RabbitMQ: no step, no file', () => {
  const plan = planned(inventory([plain('q')]), {elsewhere: ['q']})
  expect([plan.steps, files(plan)]).toEqual([[], {[DEFINITIONS_FILE]: null}])
})

describe('the recorded estate', async () => {
  await using source = await openFiles([fixture('recorded-3.10.8/definitions.json')], {
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'test',
  })
  const {inventory: estate} = await source.inspect(AbortSignal.timeout(30_000))
  const ignored = estate.destinations
    .map(({id}) => id)
    .filter((id) => /federation:|subscription-/.test(decodeURIComponent(id)))

  test.each(['3.13', '4.2', '4.3'])('definitions for %s', async (version) => {
    const plan = planned(estate, {broker: {version}, ignored})
    await expect(files(plan)[DEFINITIONS_FILE]).toMatchFileSnapshot(
      `../../../fixtures/amazon-mq-rabbitmq/recorded/definitions-${version}.json`,
    )
  })

  test('what people read of it', async () => {
    const plan = planned(estate, {ignored})
    await expect(renderPlan(plan)).toMatchFileSnapshot(
      '../../../fixtures/amazon-mq-rabbitmq/recorded/plan-4.2.md',
    )
  })

  test('every destination is in the definitions, or said not to be', () => {
    const plan = planned(estate, {ignored})
    const {queues, exchanges} = settingsOf(plan).definitions
    const there = new Set([...queues, ...exchanges].map(({vhost, name}) => `${vhost}/${name}`))
    const said = new Set([...plan.changes, ...plan.losses].map(({subject}) => subject))
    const silent = estate.destinations.filter(
      ({id, vhost, name}) => !there.has(`${vhost}/${name}`) && !said.has(id) && !name.startsWith('amq.'),
    )
    expect(silent.map(({id}) => id)).toEqual([])
  })
})
