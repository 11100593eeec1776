import {afterAll, beforeAll, describe, test} from 'vitest'

import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Report} from '../../src/model/report.ts'
import {Verification} from '../../src/model/verification.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {BridgeScene, Producer} from './bridge-scene.ts'
import {compare, difference} from './checker.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, expectExit, failureOf} from './program.ts'
import {KEYS, Tap} from './tap-scene.ts'

const KILLS = 3
/** Each start of the program takes seconds on a machine that is shared. */
const PATIENCE = {timeout: 400_000}

const bodiesOf = (envelopes: readonly Envelope[]): string[] =>
  envelopes.map(({body}) => Buffer.from(body).toString())

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
      const tap = await Tap.of(scene)
      // Nobody subscribes yet: what is published to the topic would be gone.
      const early = await scene.bridge().ended
      expect(failureOf(early)).toMatchObject({exit: 5, reason: 'no-subscription'})
      const subscribers = {billing: await tap.subscribe('billing'), audit: await tap.subscribe('audit')}
      const {exchange, id} = tap
      const producer = new Producer(scene, {id, exchange, keys: KEYS})
      for (let kill = 0; kill < KILLS; kill++) expect(await tap.killed(20, 300 * kill)).toBe(true)
      await tap.finish(() => producer.end(false))

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
      for (const name of ['billing', 'audit'] as const) {
        const wanted = tap.wanted(name, producer.published)
        const {duplicated, ...missing} = compare(wanted, await scene.take(subscribers[name]))
        expect({name, ...missing}).toEqual({name, lost: 0, unexpected: 0})
        expect(duplicated).toBeLessThanOrEqual(total.possibleDuplicates)
        // The old side got everything as before.
        await expect.poll(() => scene.length(name), {timeout: 20_000}).toBe(wanted.length)
      }
      expect(await scene.length('mqlift.tap.shop')).toBeNull()
      expect(await scene.length('mqlift.tap.shop.overflow')).toBeNull()
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
      const id = destinationId('queue', scene.vhost, queue)
      const producer = new Producer(scene, {id, exchange: '', keys: [queue]})
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
      const both = difference(bodiesOf(producer.published), [...old, ...bodiesOf(await scene.take(...urls))])
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
