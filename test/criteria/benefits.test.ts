import {describe, expect, test} from 'vitest'

import {CRITERIA} from '../../src/criteria/index.ts'
import {PLATFORMS} from '../../src/model/platform.ts'
import {type Case, ask, judgementOf, letters} from './ask.ts'
import {client, inventory, observation, queue} from './build.ts'

const orders = queue('orders')
const offline: Case = {inventory: inventory([orders])}
const busy = (publishRate: number): Case => ({
  ...offline,
  observation: observation({[orders.id]: {publishRate}}),
})
const connected = (...clients: Parameters<typeof client>[0][]): Case => ({
  inventory: inventory([orders], [], {
    clients: clients.map((each) => client({consumes: [orders.id], ...each})),
  }),
})

function points(id: string, given: Case): number[] {
  const criterion = CRITERIA.find((each) => each.id === id)
  if (criterion === undefined) throw new Error(id)
  const answer = ask(criterion, given)
  return PLATFORMS.map((platform) => judgementOf(answer, platform).points ?? Number.NaN)
}

const answerOf = (id: string, given: Case): string => {
  const criterion = CRITERIA.find((each) => each.id === id)
  return criterion === undefined ? 'missing' : letters(ask(criterion, given))
}

describe('what is true of every estate', () => {
  test.each(['servers-to-run', 'scale-to-zero', 'high-availability', 'iam-access'])(
    '%s favours SQS',
    (id) => {
      const [rabbitmq = 1, activemq = 1, ...sqs] = points(id, offline)
      expect(sqs).toEqual([1, 1, 1])
      expect(Math.max(rabbitmq, activemq)).toBeLessThan(0.85)
    },
  )

  test.each(CRITERIA.filter(({scores}) => scores === 'benefit').map(({id}) => id))(
    '%s neither loses nor blocks',
    (id) => {
      for (const given of [offline, busy(5000), connected({})])
        expect(answerOf(id, given)).not.toMatch(/[LB]/)
    },
  )
})

describe('load-ceiling', () => {
  test('an idle queue fits everywhere', () =>
    expect(points('load-ceiling', busy(1))).toEqual([1, 1, 1, 1, 1]))
  test('a busy queue does not', () =>
    expect(points('load-ceiling', busy(20_000))).toEqual([0.1, 0.1, 1, 0.1, 0.1]))
  test('twice the load counts', () => {
    expect(points('load-ceiling', busy(150))[3]).toBe(1)
    expect(points('load-ceiling', busy(151))[3]).toBe(0.6)
  })
  test('without a rate it is unknown', () => expect(answerOf('load-ceiling', offline)).toBe('unknown'))
})

describe('monthly-cost', () => {
  test('a quiet estate is cheapest on SQS', () => {
    const [rabbitmq = 1, , standard] = points('monthly-cost', busy(0.5))
    expect(standard).toBe(1)
    expect(rabbitmq).toBe(0)
  })
  test('a very busy one on a broker', () => {
    const [, activemq = 0, standard = 1] = points('monthly-cost', busy(5000))
    expect(activemq).toBe(1)
    expect(standard).toBeLessThan(0.1)
  })
  test('without a rate it is unknown', () => expect(answerOf('monthly-cost', offline)).toBe('unknown'))
})

describe('protocol-change', () => {
  test('RabbitMQ clients speak AMQP 0-9-1 unless seen otherwise', () =>
    expect(points('protocol-change', offline)).toEqual([1, 0.2, 0.35, 0.35, 0.35]))
  test('STOMP stays on ActiveMQ only', () =>
    expect(points('protocol-change', connected({protocol: 'STOMP 1.2'})).slice(0, 2)).toEqual([0.1, 0.9]))
  test('one client of another protocol is enough', () =>
    expect(points('protocol-change', connected({}, {protocol: 'MQTT 3.1.1'})).slice(0, 2)).toEqual([
      0.1, 0.2,
    ]))
  test('a framework with an SQS transport changes configuration only', () => {
    const celery = queue('celery')
    expect(points('protocol-change', {inventory: inventory([celery])})[2]).toBe(0.7)
  })
})

describe('client-ownership', () => {
  test('named connections can be changed', () =>
    expect(points('client-ownership', connected({}))).toEqual([1, 0.7, 0.8, 0.8, 0.8]))
  test('a nameless one is nobody’s code', () =>
    expect(points('client-ownership', connected({}, {name: ''}))).toEqual([1, 0.3, 0.3, 0.3, 0.3]))
  test('nobody connected is unknown', () =>
    expect(answerOf('client-ownership', connected({consumes: []}))).toBe('unknown'))
  test('not read is unknown', () => expect(answerOf('client-ownership', offline)).toBe('unknown'))
})
