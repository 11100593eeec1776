import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, test} from 'vitest'

import type {Plan} from '../../src/model/plan.ts'
import {Report} from '../../src/model/report.ts'
import {Verification} from '../../src/model/verification.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {BridgeScene, compare, Producer} from './bridge-scene.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, expectExit, failureOf} from './program.ts'

const KILLS = 3
/** MQLIFT_BRIDGE_MESSAGES=50000 publishes so many, a thousand a second. */
const MESSAGES = Number(process.env['MQLIFT_BRIDGE_MESSAGES'] ?? 0)
/** Each start of the program takes seconds on a machine that is shared. */
const PATIENCE = {timeout: 400_000 + 20 * MESSAGES}

/** What plan.md tells the owner of a subscriber to filter by. */
function filterFor(plan: Plan, queue: string): unknown {
  const to = plan.changes.find(
    ({field}) => field.startsWith('subscriber ') && field.endsWith(`/${queue}`),
  )?.to
  const policy = /filter policy (\{.*\})/.exec(to ?? '')?.[1]
  return policy === undefined ? null : JSON.parse(policy)
}

describe.skipIf(withoutBrokers())('a bridge of the real program', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  test.for(MAJORS)(
    'RabbitMQ %i: a tap feeds a topic with two subscribers, killed three times',
    PATIENCE,
    async (major, {expect}) => {
      await using scene = await BridgeScene.of({broker: await sharedRabbitmq(major), endpoint})
      const {channel} = scene.publisher
      await channel.assertExchange('shop', 'topic')
      for (const [queue, key] of [
        ['billing', 'order.*'],
        ['audit', '#'],
      ] as const) {
        await channel.assertQueue(queue)
        await channel.bindQueue(queue, 'shop', key)
      }
      const id = `exchange:${scene.vhost}/shop`
      const plan = await scene.plan(
        `platforms:\n  '*': stay\n  '${id}': sns-sqs\nnames:\n  '${id}': shop-${scene.vhost}\ntaps: ['${id}']\n`,
      )
      const topic = plan.names[id] ?? ''
      await expectExit(scene.run('apply', '--execute', '--endpoint', endpoint.url), 0)
      // Nobody subscribes yet: what is published to the topic would be gone.
      const early = await scene.bridge().ended
      expect(failureOf(early)).toMatchObject({exit: 5, reason: 'no-subscription'})
      const billing = await scene.subscribe(topic, `${topic}-billing`, filterFor(plan, 'billing'))
      const audit = await scene.subscribe(topic, `${topic}-audit`, filterFor(plan, 'audit'))
      const producer = new Producer(
        scene,
        'shop',
        ['order.paid', 'order.paid.eu', 'stock', 'order.late'],
        MESSAGES || Infinity,
      )
      for (let kill = 0; kill < KILLS; kill++) {
        const bridge = scene.bridge()
        await during(bridge, scene.sent(Math.max(20, MESSAGES / 5)))
        await sleep(300 * kill)
        bridge.kill('SIGKILL')
        expect((await bridge.ended).signal).toBe('SIGKILL')
      }
      const last = scene.bridge()
      await during(last, scene.sent(50))
      await producer.end(MESSAGES > 0)
      expect(await scene.control('stop')).toMatchObject({bridge: true, stopping: true})
      await expectExit(last, 0)

      const {destinations, total} = scene.read(Verification, 'verification.json')
      expect(destinations).toMatchObject([
        {state: 'drained', comparisons: {source: 0, digests: 0, target: null}, leftAtSource: 0},
      ])
      // SNS tells an id and no digest, and a topic has no count.
      expect(destinations[0]?.levels.map(({level, outcome}) => `${level} ${outcome}`)).toEqual([
        'V1 passed',
        'V2 not-checked',
        'V3 passed',
        'V4 not-checked',
      ])
      const published = producer.published.map(({body}) => body)
      const all = compare(published, await scene.bodies(audit))
      expect(all).toMatchObject({lost: 0, unexpected: 0})
      expect(all.duplicated).toBeLessThanOrEqual(total.possibleDuplicates)
      const orders = producer.published.filter(({key}) => /^order\.\w+$/.test(key)).map(({body}) => body)
      const some = compare(orders, await scene.bodies(billing))
      expect(some).toMatchObject({lost: 0, unexpected: 0})
      expect(some.duplicated).toBeLessThanOrEqual(total.possibleDuplicates)
      expect(await scene.length('mqlift.tap.shop')).toBeNull()
      expect(await scene.length('mqlift.tap.shop.overflow')).toBeNull()
      // The old side got everything as before.
      await expect.poll(() => scene.length('audit'), {timeout: 20_000}).toBe(published.length)
    },
  )

  test.for(MAJORS)(
    'RabbitMQ %i: a queue with a producer and a consumer of the old side',
    PATIENCE,
    async (major, {expect}) => {
      await using scene = await BridgeScene.of({broker: await sharedRabbitmq(major), endpoint})
      const {channel} = scene.publisher
      const queue = `orders-${scene.vhost}`
      await channel.assertQueue(queue)
      await scene.plan(`platforms:\n  '*': sqs-standard\n  'exchange:*': stay\n`)
      const old: string[] = []
      await channel.prefetch(1)
      const {consumerTag} = await channel.consume(queue, (message) => {
        if (!message) return
        old.push(message.content.toString())
        setTimeout(() => channel.ack(message), 20)
      })
      const producer = new Producer(scene, '', [queue])
      const bridge = scene.bridge()
      await during(bridge, scene.sent(50))
      expect(await scene.control('pause', 'a look')).toMatchObject({paused: 'paused: a look'})
      expect(await scene.control('rate', '200')).toMatchObject({rate: 200, paused: 'paused: a look'})
      expect(await scene.control('resume')).toMatchObject({paused: null})
      expect(await scene.control('rate', 'none')).toMatchObject({rate: null, bridge: true})
      await scene.sent(200)
      await channel.cancel(consumerTag)
      await producer.end(false)
      await expect.poll(() => scene.length(queue), {timeout: 30_000}).toBe(0)
      await scene.control('stop')
      await expectExit(bridge, 0)
      const {proof} = scene.read(Report, 'report.json')
      expect(proof?.total.unexplained).toBeNull()
      expect(proof?.destinations[0]?.notChecked).toContainEqual(expect.stringContaining('consumers went on'))
      const urls = scene.targets()
      const both = compare(
        producer.published.map(({body}) => body),
        [...old, ...(await scene.bodies(...urls))],
      )
      expect(both).toMatchObject({lost: 0, unexpected: 0})
      expect(both.duplicated).toBeLessThanOrEqual(proof?.total.possibleDuplicates ?? 0)
    },
  )

  test(
    'a tap that overflowed while no bridge ran is said before anything goes on',
    PATIENCE,
    async ({expect}) => {
      await using scene = await BridgeScene.of({broker: await sharedRabbitmq(4), endpoint})
      const {channel} = scene.publisher
      await channel.assertExchange('full', 'fanout')
      const id = `exchange:${scene.vhost}/full`
      const topic = `full-${scene.vhost}`
      await scene.plan(
        `platforms:\n  '*': stay\n  '${id}': sns-sqs\nnames:\n  '${id}': ${topic}\ntaps: ['${id}']\n`,
      )
      scene.boundTaps(10)
      await expectExit(scene.run('apply', '--execute', '--endpoint', endpoint.url), 0)
      await scene.subscribe(topic, `${topic}-all`, null)
      const bridge = scene.bridge()
      await during(bridge, scene.reads())
      bridge.kill('SIGINT')
      const {stderr} = await expectExit(bridge, 130)
      expect(stderr).toContain('1 tap stays at the source')
      for (let index = 0; index < 25; index++) channel.publish('full', '', Buffer.from(`${index}`))
      await channel.waitForConfirms()
      const again = failureOf(await scene.bridge().ended)
      expect(again).toMatchObject({exit: 6, reason: 'tap-full'})
      expect(again.message).toContain(
        '15 messages did not reach the topic and wait in mqlift.tap.full.overflow',
      )
    },
  )

  test('no migrate runs: control says so', async ({expect}) => {
    await using scene = await BridgeScene.of({broker: await sharedRabbitmq(4), endpoint})
    const ended = await scene.run('control', 'status', '--json').ended
    expect(failureOf(ended)).toMatchObject({exit: 4, reason: 'not-running'})
  })
})
