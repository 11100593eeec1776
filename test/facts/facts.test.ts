import {expect, test} from 'vitest'

import {monthlyCost} from '../../src/facts/cost.ts'
import {FRAMEWORKS, frameworkOf} from '../../src/facts/frameworks.ts'
import {usedFacts} from '../../src/facts/used.ts'

test.each(usedFacts().map((fact) => [fact.id, fact] as const))(
  '%s says where and when it was read',
  (_, fact) => {
    expect(fact.url).toMatch(/^https:\/\//)
    expect(fact.read).toMatch(/20\d\d/)
    expect(fact.value).toBeDefined()
  },
)

test('ids are unique', () => {
  const ids = usedFacts().map(({id}) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('worked checks: a RabbitMQ cluster, an ActiveMQ pair, ten million messages on SQS', () => {
  const tenMillionAMonth = 10e6 / (730 * 3600)
  expect(monthlyCost('amazon-mq-rabbitmq', 0)).toBeCloseTo(603.25, 1)
  expect(monthlyCost('amazon-mq-activemq', 0)).toBeCloseTo(435.48, 1)
  // 11.60 with the free million, which is counted per account and left out here.
  expect(monthlyCost('sqs-standard', tenMillionAMonth)).toBeCloseTo(12, 5)
})

test.each(FRAMEWORKS)('$name is read about somewhere', ({url}) => {
  expect(url).toMatch(/^https:\/\//)
})

test('a business name belongs to no framework', () => {
  for (const name of ['orders', 'order-errors', 'celery-farm.orders', 'error', 'skipped'])
    expect(frameworkOf('queue', name)).toBeUndefined()
})
