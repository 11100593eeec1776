import {getEventListeners} from 'node:events'

import type {Delivery} from 'rhea'
import {expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {activemqEncoder} from '../../../src/targets/amazon-mq-activemq/encode.ts'
import {ActivemqEndpoint} from '../../../src/targets/amazon-mq-activemq/endpoint.ts'
import {LinkKeeper} from '../../../src/targets/amazon-mq-activemq/link-keeper.ts'
import {ActivemqWriter} from '../../../src/targets/amazon-mq-activemq/writer.ts'
import type {Encoded, Entry} from '../../../src/targets/target.ts'
import {envelope} from '../../fakes/plan.ts'
import {never} from './activemq-kit.ts'
import {fakeActivemq} from './fake-activemq.ts'

async function writerTo(port: number): Promise<{writer: ActivemqWriter; links: LinkKeeper}> {
  const endpoint = await ActivemqEndpoint.open({
    address: `amqp://admin@127.0.0.1:${port}`,
    options: {
      password: new Secret('admin'),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
      onNotice: () => undefined,
    },
  })
  const links = new LinkKeeper({endpoint, address: 'queue://orders'})
  const writer = new ActivemqWriter({links, encode: activemqEncoder()})
  onTestFinished(() => writer[Symbol.asyncDispose]())
  return {writer, links}
}

const batchOf = (writer: ActivemqWriter, count: number): Map<Entry, Encoded> =>
  new Map(Array.from({length: count}, (_, seq) => [{seq}, writer.encode(envelope(`${seq}`), 0)]))

test('a run that ends keeps the dispositions it has; the others are in doubt, and stay so', async () => {
  const broker = await fakeActivemq()
  const arrived: Delivery[] = []
  broker.container.on('message', ({delivery}) => void (delivery && arrived.push(delivery)))
  const {writer, links} = await writerTo(broker.port)
  const run = new AbortController()
  const link = await links.link(run.signal)
  const sending = writer.send(batchOf(writer, 3), run.signal)
  await expect.poll(() => arrived).toHaveLength(3)
  // One for all of them.
  expect(getEventListeners(run.signal, 'abort')).toHaveLength(1)
  arrived[1]?.accept()
  await expect.poll(() => link.settled).toBe(1)
  run.abort()
  const receipts = await sending
  const outcomes = () => receipts.map(({entry, outcome}) => [entry.seq, outcome])
  const expected = [
    [0, 'unknown'],
    [1, 'accepted'],
    [2, 'unknown'],
  ]
  expect(outcomes()).toEqual(expected)
  arrived[0]?.accept()
  await expect.poll(() => link.settled).toBe(2)
  expect(outcomes()).toEqual(expected)
})

test.each([
  ['amqp:resource-limit-exceeded', {retryable: true, throttled: true}],
  ['amqp:internal-error', {retryable: true}],
  ['amqp:unauthorized-access', {retryable: false}],
  ['amqp:not-allowed', {retryable: false}],
  ['amqp:decode-error', {retryable: false}],
  ['amqp:invalid-field', {retryable: false}],
])('rejected with %s is %j', async (condition, wanted) => {
  const broker = await fakeActivemq()
  broker.container.on('message', ({delivery}) => void delivery?.reject({condition, description: 'the body'}))
  const {writer} = await writerTo(broker.port)
  const [receipt] = await writer.send(batchOf(writer, 1), never)
  expect(receipt).toEqual({
    entry: {seq: 0},
    unknownAttempts: 0,
    outcome: 'refused',
    reason: expect.stringContaining(condition),
    ...wanted,
  })
})
