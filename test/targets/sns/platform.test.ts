import {DeleteTopicCommand, SNSClient} from '@aws-sdk/client-sns'
import {afterAll, beforeAll, expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import type {Move, Step} from '../../../src/model/plan.ts'
import {targetPlatform} from '../../../src/targets/index.ts'
import type {ConnectedPlatform} from '../../../src/targets/target.ts'
import {FaultProxy} from '../../brokers/fault-proxy.ts'
import {type Fauxqs, startFauxqs} from '../../brokers/fauxqs.ts'
import {batchOf, drain, ENV, envelope, moveTo, never, queueStep, REGION} from '../sqs/sqs-kit.ts'

let fauxqs: Fauxqs
let proxy: FaultProxy
let platform: ConnectedPlatform
const resolved = new Map<string, Resource>()

beforeAll(async () => {
  fauxqs = await startFauxqs()
  proxy = await FaultProxy.to(fauxqs.endpoint)
  const folder = await targetPlatform('sns-sqs')
  platform = await folder.connect({region: REGION, endpoint: proxy.endpoint, env: ENV})
})

afterAll(async () => {
  await platform[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await fauxqs[Symbol.asyncDispose]()
})

const topicStep = (name: string, maximumMessageSize = 262_144): Step => ({
  ...queueStep(name),
  id: `sns-topic:${name}`,
  platform: 'sns-sqs',
  do: 'sns-topic',
  settings: {fifo: name.endsWith('.fifo'), maximumMessageSize, kmsKey: null, tags: {}},
})

const subscriptionStep = (topic: Step, queue: Step, filterPolicy: unknown = null): Step => ({
  ...topic,
  id: `sns-subscription:${topic.name}>${queue.name}`,
  do: 'sns-subscription',
  name: `${topic.name}>${queue.name}`,
  settings: {
    topicStep: topic.id,
    queueStep: queue.id,
    raw: true,
    filterPolicy,
    scope: 'MessageAttributes',
    redrive: null,
  },
})

async function make(step: Step): Promise<Resource> {
  const {resource} = await platform.provision(step, {execute: true, cutover: false, resolved}, never)
  if (!resource) throw new Error(`${step.id} was not made`)
  resolved.set(step.id, resource)
  return resource
}

const into = (step: Step, more: Partial<Move> = {}): Move => ({
  ...moveTo(queueStep('x')),
  target: step.id,
  ...more,
})

test('a topic has no count, and its receipts rest on an id alone', async () => {
  const topic = await make(topicStep('plain'))
  expect(topic.evidence).toBe('id')
  expect(await platform.count(topic, never)).toBeNull()
  const queue = await make(queueStep('plain'))
  expect(queue.evidence).toBeUndefined()
  expect(await platform.count(queue, never)).toMatchObject({visible: 0})
})

test('nobody subscribes: refused, because what is published would be gone', async () => {
  const step = topicStep('unheard')
  const topic = await make(step)
  await expect(platform.open(into(step), topic, never)).rejects.toMatchObject({
    kind: 'refused',
    reason: 'no-subscription',
    suggestions: [expect.stringContaining(topic.arn), expect.any(String)],
  })
})

test('a topic that was deleted since it was made', async () => {
  const step = topicStep('gone')
  const topic = await make(step)
  const sns = new SNSClient({
    region: REGION,
    endpoint: fauxqs.endpoint,
    credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
  })
  await sns.send(new DeleteTopicCommand({TopicArn: topic.arn}))
  sns.destroy()
  await expect(platform.open(into(step), topic, never)).rejects.toMatchObject({reason: 'target-missing'})
})

test('the topic’s own MaximumMessageSize counts, for a message and for a batch', async () => {
  const [step, queue] = [topicStep('large', 1_048_576), queueStep('large')]
  const [topic] = [await make(step), await make(queue), await make(subscriptionStep(step, queue))]
  await using target = await platform.open(into(step), topic, never)
  expect(target.limits.batchBytes).toBe(1_048_576)
})

const message = (routingKey: string, vip: boolean) =>
  envelope({
    source: {id: 'queue:%2F/mqlift.tap.x', exchange: 'x', routingKey},
    headers: [['vip', {t: 't', v: vip}]],
    body: Buffer.from(`${routingKey} ${vip}`),
  })

test('a filter of the compiler sees what the routing rules set', async () => {
  const [step, queue] = [topicStep('filtered'), queueStep('filtered')]
  const filter = {rk: [{prefix: 'order.'}], n: [{numeric: ['=', 2]}], vip: ['true']}
  const [topic, place] = [await make(step), await make(queue)]
  await make(subscriptionStep(step, queue, filter))
  const routing: Move['routing'] = [
    {by: 'routing-key', attribute: 'rk'},
    {by: 'routing-key', attribute: 'n'},
    {by: 'header', attribute: 'vip', header: 'vip'},
  ]
  await using target = await platform.open(into(step, {routing}), topic, never)
  const messages = [
    message('order.paid', true),
    message('order.paid', false),
    message('order.paid.eu', true),
    message('stock.low', true),
  ]
  const receipts = await target.send(batchOf(target, messages), never)
  expect(receipts.map(({outcome}) => outcome)).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
  const received = await drain(fauxqs.endpoint, place.address, 1)
  expect(received.map(({Body}) => Body)).toEqual(['order.paid true'])
})

test('one attempt per call: what nobody answers is unknown, and not sent again by the SDK', async () => {
  const [step, queue] = [topicStep('silent'), queueStep('silent')]
  const [topic] = [await make(step), await make(queue), await make(subscriptionStep(step, queue))]
  await using target = await platform.open(into(step), topic, never)
  const before = proxy.requests.length
  proxy.rule = () => ({do: 'cut', when: 'after'})
  const [receipt] = await target.send(batchOf(target, [envelope()]), never)
  proxy.rule = () => undefined
  expect(receipt).toMatchObject({outcome: 'unknown', unknownAttempts: 1})
  expect(proxy.requests.length - before).toBe(1)
})
