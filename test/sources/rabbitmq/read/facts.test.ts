import {describe, expect, test} from 'vitest'

import {mostDeliveries, queueFacts, refusalOf, windowOf} from '../../../../src/sources/rabbitmq/read/facts.ts'
import {QueueNow} from '../../../../src/sources/rabbitmq/read/queue-now.ts'

const facts = (answer: object, version = '4.0.5') => queueFacts(QueueNow.parse(answer), version)
const sized = (bytes: number) => facts({type: 'classic', messages: 100, message_bytes: 100 * bytes})
const WINDOW = {messages: 4000, bytes: 32 * 2 ** 20}

describe('the delivery limit', () => {
  test.each([
    ['of a classic queue: none', {type: 'classic'}, '4.0.5', null],
    ['of a quorum queue before 4.0: none unless set', {type: 'quorum'}, '3.13.7', null],
    ['of a quorum queue from 4.0: 20 unless set', {type: 'quorum'}, '4.0.5', 20],
    ['told by the broker', {type: 'quorum', delivery_limit: 7}, '4.0.5', 7],
    ['told as unlimited', {type: 'quorum', delivery_limit: 'unlimited'}, '4.0.5', null],
    ['-1 is unlimited', {type: 'quorum', arguments: {'x-delivery-limit': -1}}, '4.1.0', null],
    [
      'the smaller one of argument and policy',
      {
        type: 'quorum',
        arguments: {'x-delivery-limit': 9},
        effective_policy_definition: {'delivery-limit': 5},
      },
      '3.10.8',
      5,
    ],
  ])('%s', (_, answer, version, limit) => {
    expect(facts(answer, version).deliveryLimit).toBe(limit)
  })

  test('of a queue that nobody could ask about is taken to be there', () => {
    expect(queueFacts(undefined, '4.0.5')).toMatchObject({
      type: undefined,
      deliveryLimit: 20,
      autoDelete: false,
    })
    expect(queueFacts(undefined, '').deliveryLimit).toBe(20)
    expect(queueFacts(undefined, '3.10.8').deliveryLimit).toBeNull()
  })

  test('an ordinary RabbitMQ 4 quorum queue moves with the whole window; a small limit makes it 50', () => {
    expect(windowOf(facts({type: 'quorum'}), WINDOW)).toBe(4000)
    expect(windowOf(facts({type: 'quorum', delivery_limit: 10}), WINDOW)).toBe(50)
  })

  test('of four and less is refused, unless messages that exceed it are dead-lettered', () => {
    expect(refusalOf(facts({type: 'quorum', delivery_limit: 4}))).toContain('delivery limit is 4')
    expect(refusalOf(facts({type: 'quorum', delivery_limit: 5}))).toBeUndefined()
    const arguments_ = {'x-dead-letter-exchange': ''}
    expect(refusalOf(facts({type: 'quorum', delivery_limit: 3, arguments: arguments_}))).toBeUndefined()
  })

  test('half of it is too many interruptions', () => {
    expect(mostDeliveries(facts({type: 'quorum'}))).toBe(10)
    expect(mostDeliveries(facts({type: 'quorum', delivery_limit: 5}))).toBe(2)
    expect(mostDeliveries(facts({type: 'classic'}))).toBeNull()
  })
})

describe('the window', () => {
  test('is small where messages are large, but lets a batch fill', () => {
    expect(windowOf(sized(1024), WINDOW)).toBe(4000)
    expect(windowOf(sized(300 * 1024), WINDOW)).toBe(110)
    expect(windowOf(sized(16 * 2 ** 20), WINDOW)).toBe(10)
  })

  test('is a 16-bit number and never 0, which would mean something else', () => {
    expect(windowOf(facts({type: 'classic'}), {messages: 1e6, bytes: 1e12})).toBe(65_535)
    expect(windowOf(facts({type: 'classic'}), {messages: 0, bytes: 1})).toBe(1)
  })
})
