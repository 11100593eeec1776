import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {Deployment} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Plan} from '../../src/model/plan.ts'
import {readJms} from '../brokers/jms.ts'
import {MAJORS, sharedActivemq, sharedRabbitmq, tlsFile, withoutBrokers} from '../brokers/shared.ts'
import {ActivemqScene} from '../faults/activemq-scene.ts'
import {expectExit, failureOf} from '../faults/program.ts'

const MESSAGES = 1500

/** Every kind of header and property, with a name that no property can have, too. */
const typed = (vhost: string, queue: string): Envelope => ({
  v: 1,
  source: {id: destinationId('queue', vhost, queue), exchange: '', routingKey: queue},
  properties: {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 2,
    priority: 7,
    correlationId: 'c-1',
    replyTo: queue,
    messageId: 'm-1',
    timestamp: 1_700_000_000n,
    type: 'order.created',
    appId: 'shop',
    expiration: '86400000',
  },
  headers: [
    ['JMSXGroupID', {t: 'S', v: 'customer-7'}],
    ['JMSXGroupSeq', {t: 'I', v: 3}],
    ['amount', {t: 'I', v: 150}],
    ['bool', {t: 't', v: true}],
    ['byte', {t: 'b', v: -7}],
    ['bytes', {t: 'x', v: Buffer.from([0, 255])}],
    ['double', {t: 'd', v: 2.25}],
    ['emoji', {t: 'S', v: '😀'}],
    ['float', {t: 'f', v: 1.5}],
    ['long', {t: 'l', v: 9_007_199_254_740_993n}],
    ['short', {t: 's', v: 300}],
    ['text', {t: 'S', v: 'é'}],
    ['x-retry.count', {t: 'I', v: 2}],
  ],
  body: Buffer.from('{"note": "😀"}'),
  delivery: {redelivered: false},
})

/** Each test starts the program up to five times. */
const PATIENCE = {timeout: 300_000}

describe.skipIf(withoutBrokers())('RabbitMQ to ActiveMQ through the commands', PATIENCE, () => {
  test.each(MAJORS)(
    'from RabbitMQ %i, over TLS: everything arrives, proved, and nothing is unexplained',
    async (major) => {
      const activemq = await sharedActivemq()
      await using scene = await ActivemqScene.of(MESSAGES, {
        broker: await sharedRabbitmq(major),
        activemq,
        address: activemq.amqps ?? '',
        caFile: tlsFile('ca.pem'),
      })
      expect(readFileSync(join(scene.work, 'target/activemq.xml'), 'utf8')).toContain(scene.target)
      const report = await scene.finish()
      expect(report.proof).toMatchObject({
        total: {received: MESSAGES, settled: MESSAGES, unexplained: 0, failed: 0},
      })
      expect(await scene.count()).toBe(MESSAGES)
      const {account, region, resources} = scene.read(Deployment, 'deployment.json')
      expect([account, region, resources.map(({evidence}) => evidence)]).toEqual([
        null,
        null,
        ['confirm', 'confirm'],
      ])
      expect(await scene.verdict()).toEqual([])
    },
  )

  test('a JMS consumer reads the types, group and headers that a JMS producer would have set', async () => {
    const activemq = await sharedActivemq()
    await using scene = await ActivemqScene.of(0, {broker: await sharedRabbitmq(4), activemq})
    await scene.send([typed(scene.vhost, scene.queue)])
    const before = Date.now()
    expect((await scene.finish()).proof).toMatchObject({total: {settled: 1, unexplained: 0}})
    // Only a number is above 100: over STOMP every property is text, and this consumer gets nothing.
    const [read, ...more] = await readJms(activemq, scene.target, {messages: 2, selector: 'amount > 100'})
    expect(more).toEqual([])
    expect(read).toMatchObject({
      kind: 'TextMessage',
      text: '{"note": "😀"}',
      messageId: 'ID:m-1',
      correlationId: 'c-1',
      type: 'order.created',
      replyTo: `queue://${scene.target}`,
      priority: 7,
      deliveryMode: 2,
      timestamp: 1_700_000_000_000,
      properties: {
        JMSXGroupID: ['String', 'customer-7'],
        JMSXGroupSeq: ['Integer', '3'],
        amount: ['Integer', '150'],
        bool: ['Boolean', 'true'],
        byte: ['Byte', '-7'],
        double: ['Double', '2.25'],
        float: ['Float', '1.5'],
        long: ['Long', '9007199254740993'],
        short: ['Short', '300'],
        text: ['String', 'é'],
        x_HYPHEN_retry_DOT_count: ['Integer', '2'],
      },
    })
    expect(read?.properties).not.toHaveProperty('bytes')
    expect(read?.expiration).toBeGreaterThanOrEqual(before + 86_400_000)
  })

  test('a queue with a single active consumer arrives in its order', async () => {
    const activemq = await sharedActivemq()
    await using scene = await ActivemqScene.of(200, {
      broker: await sharedRabbitmq(4),
      activemq,
      arguments: {'x-single-active-consumer': true},
    })
    expect(scene.read(Plan, 'plan.json').moves).toMatchObject([{order: 'strict'}])
    expect((await scene.finish()).proof).toMatchObject({total: {settled: 200, unexplained: 0}})
    expect(await scene.verdict(() => 'all')).toEqual([])
  })

  test('a message with an expiry stays where it is until somebody accepts that it starts anew', async () => {
    const activemq = await sharedActivemq()
    const broker = await sharedRabbitmq(4)
    await using scene = await ActivemqScene.of(20, {broker, activemq, accept: []})
    await scene.send([typed(scene.vhost, scene.queue)])
    const {stdout} = await expectExit(scene.execute(), 6)
    expect(JSON.parse(stdout)).toMatchObject({proof: {total: {settled: 20, failed: 1, unexplained: 0}}})
    expect(await scene.depth()).toBe(1)
    await expectExit(scene.run('plan', '--accept', 'message-expiration'), 0)
    expect((await scene.finish()).proof).toMatchObject({total: {settled: 21, unexplained: 0}})
    expect(await scene.verdict()).toEqual([])
  })

  test('a wrong password is said in words and ends with 4, and no secret is printed', async () => {
    const activemq = await sharedActivemq()
    await using scene = await ActivemqScene.of(1, {
      broker: await sharedRabbitmq(4),
      activemq,
      address: activemq.amqp.replace('admin', 'nobody'),
    })
    const ended = await scene.execute().ended
    expect(failureOf(ended)).toMatchObject({exit: 4, kind: 'unreachable', reason: 'login-failed'})
    expect(await scene.depth()).toBe(1)
  })
})
