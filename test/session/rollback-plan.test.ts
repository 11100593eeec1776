import {describe, expect, test} from 'vitest'

import {withAcceptances} from '../../src/session/decide.ts'
import {
  deploymentBack,
  estimateBack,
  type Incoming,
  lossesBack,
  notBackBecause,
  planBack,
  type WayBack,
} from '../../src/session/rollback-plan.ts'
import {ORDERS} from '../fakes/plan.ts'
import {estate, queue} from '../helpers/estate.ts'

const known = <T>(value: T) => ({value, evidence: 'definitions.json'})
const way: WayBack = {source: ORDERS, queue: ORDERS, messages: 1000, bytes: 2_000_000}
const broker = {address: 'amqps://one.corp:5671', clusterName: 'rabbit@one'}
const incoming: Incoming = {queue: ORDERS, messages: 1000, bytes: 2_000_000, there: 0}
const rules = (
  facts: Parameters<typeof queue>[1],
  accepted: readonly string[] = [],
  more: Partial<Incoming> = {},
) =>
  withAcceptances(
    {losses: lossesBack([{...incoming, ...more}], estate(queue('orders', facts)))},
    accepted.map((id) => ({id, answer: 'accept', by: 'anna', at: '2026-11-24T08:00:00.000Z'})),
  ).losses.map(({rule, acceptedBy}) => [rule, acceptedBy])

describe('what the old queue would not keep', () => {
  test('more than it holds: it would confirm and drop', () => {
    expect(rules({maxLength: known(999)})).toEqual([['way-back-length', null]])
    expect(rules({maxLengthBytes: known(1_999_999)})).toEqual([['way-back-length', null]])
    expect(rules({maxLength: known(1000), maxLengthBytes: known(2_000_000)})).toEqual([])
  })

  test('with what waits in it already; how many bytes that is, nobody says', () => {
    expect(rules({maxLength: known(1000)}, [], {there: 1})).toEqual([['way-back-length', null]])
    expect(rules({maxLength: known(1001)}, [], {there: 1})).toEqual([])
    expect(rules({maxLengthBytes: known(9_000_000)}, [], {there: 1})).toEqual([['way-back-length', null]])
  })

  test('how much comes back is not known: it may be too much', () => {
    const unknown = {messages: null, bytes: null}
    expect(rules({maxLength: known(1_000_000)}, [], unknown)).toEqual([['way-back-length', null]])
    expect(rules({maxLengthBytes: known(1e12)}, [], unknown)).toEqual([['way-back-length', null]])
    expect(rules({}, [], unknown)).toEqual([])
  })

  test('nothing comes back: nothing is lost', () => {
    expect(rules({maxLength: known(1), messageTtl: known(1)}, [], {messages: 0, there: 5})).toEqual([])
  })

  test('a queue that rejects says so by itself', () => {
    expect(rules({maxLength: known(1), overflow: known('reject-publish')})).toEqual([])
    expect(rules({maxLength: known(1), overflow: known('reject-publish-dlx')})).toEqual([])
  })

  test('a time to live starts again; accepted by rule or by id, by somebody with a name', () => {
    expect(rules({messageTtl: known(60_000)})).toEqual([['way-back-ttl', null]])
    expect(rules({messageTtl: known(60_000)}, ['way-back-ttl'])).toEqual([['way-back-ttl', 'anna']])
    expect(rules({messageTtl: known(60_000)}, [`way-back-ttl:${ORDERS}`])).toEqual([['way-back-ttl', 'anna']])
  })

  test('nothing is known of a queue that was not inspected', () => {
    expect(lossesBack([incoming], undefined)).toEqual([])
  })
})

test('the plan backwards: one step for a queue, whatever it is filled from', () => {
  const cut: WayBack = {source: 'queue:/arn%3Aaws', queue: ORDERS, messages: null, bytes: null}
  const plan = planBack([cut, way], broker, [])
  expect(plan.steps.map(({id}) => id)).toEqual(['rabbitmq-queue:%2F/orders'])
  expect(plan.moves.map(({id, deliveryLimit}) => [id, deliveryLimit])).toEqual([
    ['queue:/arn%3Aaws>rabbitmq-queue:%2F/orders', null],
    [`${ORDERS}>rabbitmq-queue:%2F/orders`, null],
  ])
  const {resources} = deploymentBack([cut, way], broker, {now: '2026-11-24T08:00:00.000Z', caller: 'ops'})
  expect(resources).toMatchObject([{address: 'rabbitmq:rabbit@one/%2F/orders', evidence: 'confirm'}])
})

test('the old queue is the same one whatever it is reached with, as long as its cluster has a name', () => {
  const [one] = deploymentBack([way], broker, {now: '', caller: ''}).resources
  const [other] = deploymentBack(
    [way],
    {...broker, address: 'amqps://10.0.0.1'},
    {now: '', caller: ''},
  ).resources
  expect(one?.address).toBe(other?.address)
})

test('how long it takes: by number, or by size when messages are large', () => {
  expect(estimateBack(0, 0)).toBe(0)
  expect(estimateBack(8000, 1000)).toBe(2)
  expect(estimateBack(100, 400_000_000)).toBe(10)
})

test('a tap’s copies stay', () => {
  expect(notBackBecause({target: 'sns-topic:orders'})).toContain('copies')
  expect(notBackBecause({target: 'sqs-queue:orders'})).toBeUndefined()
})
