import {expect, test} from 'vitest'

import {sameQueue} from '../../src/session/same-queue.ts'
import {move} from '../fakes/plan.ts'

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
