import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {Report} from '../../src/model/report.ts'
import {until} from '../brokers/lab.ts'
import {publisher} from '../brokers/messages.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'

const MESSAGES = 200
const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

describe.skipIf(withoutBrokers()).concurrent.each(cases)('RabbitMQ $major, $type queue', ({major, type}) => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  async function planned(messages = MESSAGES, more: Record<string, unknown> = {}): Promise<Scene> {
    const options = {broker: await sharedRabbitmq(major), endpoint, type, arguments: more}
    const scene = await Scene.of(messages, options)
    await scene.plan()
    return scene
  }

  test('the queue is deleted while it is read: stops and keeps the account', async () => {
    await using scene = await planned(20)
    const {program, answer} = await scene.holding()
    await scene.broker.api('DELETE', scene.path)
    await sleep(500)
    answer()
    const failure = failureOf(await program.ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'source-changed'})
    expect(failure.message).toContain(scene.queue)
    const {received = 0, accepted} = (await scene.account()) ?? {}
    expect(received).toBeGreaterThan(0)
    expect(accepted).toBe(await scene.count())
  })

  test('the connection is reset again and again', async () => {
    await using scene = await planned()
    const proxy = scene.use(await TcpProxy.to(scene.broker.port))
    scene.through(proxy.port)
    scene.sqs.latency = 20
    const program = scene.execute(['--rate', '150'])
    await during(
      program,
      until(async () => (await scene.count()) > 0, 20_000),
    )
    for (let cut = 0; cut < 3; cut++) {
      await sleep(400)
      proxy.reset()
    }
    await expectExit(program, 0)
    expect(await scene.verdict()).toEqual([])
  })

  test('acks are lost on the way: what comes back is counted', async () => {
    await using scene = await planned()
    const proxy = scene.use(await TcpProxy.to(scene.broker.port))
    scene.through(proxy.port)
    const {program, answer} = await scene.holding()
    proxy.drop('up')
    answer()
    await sleep(1000)
    proxy.reset()
    proxy.pass()
    await expectExit(program, 0)
    expect(await scene.verdict()).toEqual([])
  })

  test('somebody else reads the queue: refused, before anything is taken', async () => {
    await using scene = await planned(20)
    await using other = await publisher(`${scene.broker.amqp}/${scene.vhost}`)
    await other.channel.prefetch(1)
    const {consumerTag} = await other.channel.consume(scene.queue, () => undefined)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'consumers'})
    expect(scene.sqs.count('SendMessageBatch')).toBe(0)
    await other.channel.cancel(consumerTag)
    await other[Symbol.asyncDispose]()
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  test('producers go on: it ends all the same, and a second run takes what came later', async () => {
    await using scene = await planned()
    const program = scene.execute()
    const going = AbortSignal.timeout(6000)
    while (!going.aborted) {
      await scene.publish(7)
      await sleep(50)
    }
    const {exit} = await program.ended
    expect([0, 6]).toContain(exit)
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  test.runIf(type === 'quorum')('a delivery limit that two crashes would spend: refused', async () => {
    await using scene = await planned(20, {'x-delivery-limit': 3})
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'delivery-limit'})
    expect(await scene.depth()).toBe(20)
  })

  test('a run after everything was moved sends nothing', async () => {
    await using scene = await planned(20)
    await scene.finish()
    const sent = scene.sqs.count('SendMessageBatch')
    await scene.finish()
    expect(scene.sqs.count('SendMessageBatch')).toBe(sent)
    expect(scene.read(Report, 'report.json').proof?.total).toMatchObject({received: 20, settled: 20})
    expect(await scene.verdict()).toEqual([])
  })
})
