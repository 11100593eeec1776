import {expect, test} from 'vitest'

import type {Resource} from '../../src/model/deployment.ts'
import {refuseSameQueue, sameQueue} from '../../src/session/same-queue.ts'
import {move, ORDERS, plan, resourceFor} from '../fakes/plan.ts'

const into = (name: string) => move({platform: 'amazon-mq-rabbitmq', target: `rabbitmq-queue:%2F/${name}`})
const at = (address: string) => ({brokers: {'amazon-mq-rabbitmq': {address}}})

test('a queue is not moved into itself: one host in both addresses is enough', () => {
  const moves = [into('orders')]
  const source = 'amqps://ops@one.corp,two.corp/'
  expect(sameQueue({moves}, at('amqps://admin@TWO.corp:5671'), source)).toMatchObject({reason: 'same-queue'})
  expect(sameQueue({moves}, at('amqps://admin@three.corp'), source)).toBeUndefined()
  expect(sameQueue({moves}, at('amqps://admin@two.corp:5679'), source)).toBeUndefined()
  expect(sameQueue({moves: [into('others')]}, at('amqps://admin@two.corp'), source)).toBeUndefined()
  expect(sameQueue({moves}, {brokers: {}}, source)).toBeUndefined()
  expect(sameQueue({moves}, at('amqps://admin@two.corp'), undefined)).toBeUndefined()
})

test('whatever it is called: the cluster tells', () => {
  const one = into('orders')
  const planned = plan([one], {source: {kind: 'rabbitmq', address: 'amqp://a', clusterName: 'rabbit@one'}})
  const made = (arn: string): Resource[] => [{...resourceFor(one), arn}]
  expect(() => refuseSameQueue(planned, made('rabbitmq:rabbit@one/%2F/orders'))).toThrow(
    `${ORDERS} is moved into itself`,
  )
  expect(() => refuseSameQueue(planned, made('rabbitmq:rabbit@two/%2F/orders'))).not.toThrow()
})
