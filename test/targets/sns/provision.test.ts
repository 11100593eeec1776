import {
  GetSubscriptionAttributesCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import type {Step} from '../../../src/model/plan.ts'
import {targetPlatform} from '../../../src/targets/index.ts'
import {sameFilter} from '../../../src/targets/sns/filter-equality.ts'
import type {SnsSubscriptionSettings, SnsTopicSettings} from '../../../src/targets/sns/steps.ts'
import type {ConnectedPlatform} from '../../../src/targets/target.ts'
import {FaultProxy} from '../../brokers/fault-proxy.ts'
import {type Fauxqs, startFauxqs} from '../../brokers/fauxqs.ts'
import {drain, ENV, never, queueStep, REGION} from '../sqs/sqs-kit.ts'

let fauxqs: Fauxqs
let proxy: FaultProxy
let platform: ConnectedPlatform
let sns: SNSClient
let count = 0
const resolved = new Map<string, Resource>()

beforeAll(async () => {
  fauxqs = await startFauxqs()
  proxy = await FaultProxy.to(fauxqs.endpoint)
  const folder = await targetPlatform('sns-sqs')
  platform = await folder.connect({region: REGION, endpoint: proxy.endpoint, env: ENV})
  sns = new SNSClient({
    region: REGION,
    endpoint: fauxqs.endpoint,
    credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
  })
})

afterAll(async () => {
  sns.destroy()
  await platform[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await fauxqs[Symbol.asyncDispose]()
})

function topicStep(name: string, settings: Partial<SnsTopicSettings> = {}): Step {
  const all: SnsTopicSettings = {
    fifo: name.endsWith('.fifo'),
    maximumMessageSize: 262_144,
    kmsKey: null,
    tags: {'mqlift:source': `/${name}`},
    ...settings,
  }
  return {...queueStep(name), id: `sns-topic:${name}`, platform: 'sns-sqs', do: 'sns-topic', settings: all}
}

function subscriptionStep(topic: Step, queue: Step, settings: Partial<SnsSubscriptionSettings> = {}): Step {
  const all: SnsSubscriptionSettings = {
    topicStep: topic.id,
    queueStep: queue.id,
    raw: true,
    filterPolicy: {rk: ['a', {prefix: 'b.'}]},
    scope: 'MessageAttributes',
    redrive: null,
    ...settings,
  }
  const name = `${topic.name}>${queue.name}`
  return {...topic, id: `sns-subscription:${name}`, do: 'sns-subscription', name, settings: all}
}

async function provision(step: Step, execute = true) {
  const result = await platform.provision(step, {execute, cutover: false, resolved}, never)
  if (result.resource) resolved.set(step.id, result.resource)
  return result
}

/** A topic and a queue that are there. */
async function pair(suffix = ''): Promise<{topic: Step; queue: Step}> {
  const [topic, queue] = [topicStep(`t${count++}${suffix}`), queueStep(`q${count++}${suffix}`)]
  for (const step of [topic, queue]) await provision(step)
  return {topic, queue}
}

describe('topics', () => {
  test.each(['', '.fifo'])('made once, then nothing to do %s', async (suffix) => {
    const step = topicStep(`t${count++}${suffix}`)
    expect(await provision(step, false)).toMatchObject({resource: null, writes: 0})
    expect(await provision(step)).toMatchObject({
      drift: [],
      writes: 1,
      resource: {arn: `arn:aws:sns:us-east-1:000000000000:${step.name}`, origin: 'created'},
    })
    expect(await provision(step)).toMatchObject({drift: [], writes: 0, resource: {origin: 'found'}})
  })

  test('a message size above the default, and a tag', async () => {
    const step = topicStep(`t${count++}`)
    await provision(step)
    const large = topicStep(step.name, {maximumMessageSize: 1_048_576, tags: {owner: 'team'}})
    expect(await provision(large, false)).toMatchObject({
      drift: [
        {attribute: 'MaximumMessageSize', wanted: '1048576', found: '262144'},
        {attribute: 'tag owner', wanted: 'team', found: null},
      ],
      writes: 0,
    })
  })
})

describe('subscriptions', () => {
  test('made once; ready when the filter is; delivers what the filter lets through', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue)
    expect(await provision(step, false)).toMatchObject({resource: null, writes: 0})
    const first = await provision(step)
    expect(first).toMatchObject({drift: [], writes: 1})
    expect(Date.parse(first.resource?.readyAt ?? '') - Date.now()).toBeGreaterThan(14 * 60_000)
    expect(await provision(step)).toMatchObject({drift: [], writes: 0})
    for (const rk of ['a', 'b.c', 'c']) {
      const MessageAttributes = {rk: {DataType: 'String', StringValue: rk}}
      await sns.send(
        new PublishCommand({TopicArn: resolved.get(topic.id)?.arn, Message: rk, MessageAttributes}),
      )
    }
    const found = await drain(fauxqs.endpoint, resolved.get(queue.id)?.address ?? '', 3)
    expect(new Set(found.map(({Body}) => Body))).toEqual(new Set(['a', 'b.c']))
  })

  test('the same filter in other words is no drift', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue)
    const {resource} = await provision(step)
    const AttributeValue = '{ "rk": [ {"prefix": "b."}, "a" ] }'
    await sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn: resource?.arn,
        AttributeName: 'FilterPolicy',
        AttributeValue,
      }),
    )
    expect(await provision(step)).toMatchObject({drift: [], writes: 0})
  })

  test('a filter changed by hand, raw delivery switched off: named, set back one by one', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue)
    const {resource} = await provision(step)
    for (const [AttributeName, AttributeValue] of [
      ['FilterPolicy', '{"rk":["other"]}'],
      ['RawMessageDelivery', 'false'],
    ])
      await sns.send(
        new SetSubscriptionAttributesCommand({SubscriptionArn: resource?.arn, AttributeName, AttributeValue}),
      )
    const looked = await provision(step, false)
    expect(looked.drift.map(({attribute, found}) => [attribute, found])).toEqual([
      ['RawMessageDelivery', 'false'],
      ['FilterPolicy', '{"rk":["other"]}'],
    ])
    expect(await provision(step)).toMatchObject({writes: 2})
    expect(await provision(step)).toMatchObject({drift: [], writes: 0})
  })

  test('a filter that is no longer wanted is taken away', async () => {
    const {topic, queue} = await pair()
    await provision(subscriptionStep(topic, queue))
    const everything = subscriptionStep(topic, queue, {filterPolicy: null})
    expect(await provision(everything)).toMatchObject({
      drift: [{attribute: 'FilterPolicy', wanted: null}],
      writes: 1,
    })
    expect(await provision(everything)).toMatchObject({drift: [], writes: 0})
  })

  test('dead letters of deliveries', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue, {redrive: {deadLetterStep: queue.id}})
    const {resource} = await provision(step)
    const command = new GetSubscriptionAttributesCommand({SubscriptionArn: resource?.arn})
    const {Attributes = {}} = await sns.send(command)
    expect(JSON.parse(Attributes['RedrivePolicy'] ?? '{}')).toEqual({
      deadLetterTargetArn: resolved.get(queue.id)?.arn,
    })
    expect(await provision(step)).toMatchObject({drift: [], writes: 0})
  })

  test('deleted by hand: missing again', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue)
    const {resource} = await provision(step)
    await sns.send(new UnsubscribeCommand({SubscriptionArn: resource?.arn}))
    expect(await provision(step, false)).toMatchObject({resource: null, drift: [{attribute: 'exists'}]})
    expect(await provision(step)).toMatchObject({writes: 1})
  })

  test('the hundred-and-first subscription is found on the second page', async () => {
    const {topic, queue} = await pair()
    const step = subscriptionStep(topic, queue)
    for (let i = 0; i < 100; i++) {
      const other = queueStep(`many${count++}`)
      await provision(other)
      await provision(subscriptionStep(topic, other, {filterPolicy: null}))
    }
    await provision(step)
    expect(await provision(step)).toMatchObject({drift: [], writes: 0})
  })

  test('FIFO topic to FIFO queue', async () => {
    const {topic, queue} = await pair('.fifo')
    const step = subscriptionStep(topic, queue)
    expect(await provision(step)).toMatchObject({writes: 1})
    expect(await provision(step)).toMatchObject({writes: 0, drift: []})
  })
})

test('looking changes nothing: no write call is made (SEC-43)', async () => {
  const {topic, queue} = await pair()
  proxy.requests.length = 0
  await provision(subscriptionStep(topic, queue), false)
  await provision(topic, false)
  await provision(queue, false)
  const reads = /^(?:Get|List)/
  expect(proxy.requests.filter(({action}) => !reads.test(action))).toEqual([])
  expect(proxy.requests.length).toBeGreaterThan(3)
})

test.each([
  [{a: ['x', 'y']}, {a: ['y', 'x']}, true],
  [{a: ['x'], b: ['y']}, {b: ['y'], a: ['x']}, true],
  [{a: [{prefix: 'x'}, 'z']}, {a: ['z', {prefix: 'x'}]}, true],
  [{$or: [{a: ['1', '2']}, {b: ['3']}]}, {$or: [{b: ['3']}, {a: ['2', '1']}]}, true],
  [{n: [{numeric: ['>=', 2]}]}, {n: [{numeric: ['>=', 2.0]}]}, true],
  [{n: [{numeric: ['>=', 2]}]}, {n: [{numeric: ['>=', 3]}]}, false],
  [{n: [2]}, {n: ['2']}, false],
  [{a: ['x']}, {a: ['x', 'y']}, false],
  [{a: ['x']}, {}, false],
])('%j and %j mean the same: %s', (a, b, same) => expect(sameFilter(a, b)).toBe(same))
