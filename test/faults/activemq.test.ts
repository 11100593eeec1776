import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../src/model/secret.ts'
import {activemqEncoder} from '../../src/targets/amazon-mq-activemq/encode.ts'
import {ActivemqEndpoint} from '../../src/targets/amazon-mq-activemq/endpoint.ts'
import {LinkKeeper} from '../../src/targets/amazon-mq-activemq/link-keeper.ts'
import {ActivemqWriter} from '../../src/targets/amazon-mq-activemq/writer.ts'
import type {Encoded, Entry, Receipt, Target} from '../../src/targets/target.ts'
import {type Activemq, startActivemq} from '../brokers/activemq.ts'
import {readJms} from '../brokers/jms.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {envelope} from '../fakes/plan.ts'
import {connected, never} from '../targets/amazon-mq-activemq/activemq-kit.ts'
import {ActivemqScene} from './activemq-scene.ts'
import {during, expectExit} from './program.ts'

/** Queues in memory and of 1 MiB: a producer is held back, or refused, as soon as one is full. */
const INSIDE =
  '<destinationPolicy><policyMap><policyEntries><policyEntry queue="SMALL.>" memoryLimit="1mb" producerFlowControl="true"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></destinationPolicy><plugins><statisticsBrokerPlugin/></plugins>'

let started: Activemq | undefined

const broker = (): Activemq => {
  if (!started) throw new Error('no broker')
  return started
}

beforeAll(async () => {
  if (!withoutBrokers()) started = await startActivemq({inside: INSIDE})
})
afterAll(() => started?.[Symbol.asyncDispose]())

/** A writer that looks after its broker twice a second instead of twice a minute. */
async function writerTo(queue: string, said: string[] = [], address = broker().amqp): Promise<Target> {
  const endpoint = await ActivemqEndpoint.open({
    address,
    options: {
      password: new Secret('admin'),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:faults',
      onNotice: (text) => void said.push(text),
    },
  })
  const links = new LinkKeeper({endpoint, address: `queue://${queue}`, silenceMs: 500})
  const writer = new ActivemqWriter({links, encode: activemqEncoder()})
  onTestFinished(() => writer[Symbol.asyncDispose]())
  return writer
}

let seq = 0

const batch = (target: Target, bodies: readonly (string | Uint8Array)[]): Map<Entry, Encoded> =>
  new Map(bodies.map((body) => [{seq: ++seq}, target.encode(envelope(body), 0)]))

const outcomes = (receipts: readonly Receipt[]): string[] => receipts.map(({outcome}) => outcome)

const LARGE = Array.from({length: 30}, () => Buffer.alloc(100_000, 'x'))

describe.skipIf(withoutBrokers())('ActiveMQ as a target that misbehaves', () => {
  test('B4: a broker that is full holds us back; it is said, nothing is given up, and it goes on', async () => {
    const said: string[] = []
    const target = await writerTo('SMALL.blocked', said)
    const sending = target.send(batch(target, LARGE), never)
    await expect
      .poll(() => said, {timeout: 30_000})
      .toEqual([expect.stringContaining('holds producers back')])
    const read = await readJms(broker(), 'SMALL.blocked', {messages: LARGE.length})
    expect(outcomes(await sending)).toEqual(LARGE.map(() => 'accepted'))
    expect(read).toHaveLength(LARGE.length)
  })

  test('B3: what the broker refuses because it is full is refused, and asks for less', async () => {
    await using full = await startActivemq({inside: INSIDE, failIfFull: true})
    const target = await writerTo('SMALL.full', [], full.amqp)
    const receipts = await target.send(batch(target, LARGE), never)
    const refused = receipts.filter(({outcome}) => outcome === 'refused')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(LARGE.length)
    expect(refused[0]).toMatchObject({retryable: true, throttled: true, unknownAttempts: 0})
    const accepted = LARGE.length - refused.length
    expect(await readJms(full, 'SMALL.full', {messages: LARGE.length})).toHaveLength(accepted)
  })

  test('B5: a broker that says nothing and answers nobody: what was outstanding is in doubt', async () => {
    const target = await writerTo('frozen')
    expect(outcomes(await target.send(batch(target, ['before']), never))).toEqual(['accepted'])
    broker().kill('SIGSTOP')
    try {
      await broker().stopped()
      const receipts = await target.send(batch(target, ['a', 'b']), never)
      expect(receipts).toEqual([
        expect.objectContaining({outcome: 'unknown', unknownAttempts: 1}),
        expect.objectContaining({outcome: 'unknown', unknownAttempts: 1}),
      ])
    } finally {
      broker().kill('SIGCONT')
    }
    // On a new connection, to the same queue.
    expect(outcomes(await target.send(batch(target, ['after']), never))).toEqual(['accepted'])
  })

  test('a run that ends does not wait for the answers', async () => {
    const target = await writerTo('SMALL.over')
    const over = new AbortController()
    const sending = target.send(batch(target, LARGE), over.signal)
    await expect.poll(() => broker().read('QueueSize', 'SMALL.over'), {timeout: 30_000}).toBeGreaterThan(0)
    over.abort()
    // What was answered until then is accepted; that can be none.
    const known = new Set(outcomes(await sending))
    known.delete('accepted')
    expect([...known]).toEqual(['unknown'])
  })

  test('S14: of two hosts the one that listens is taken', async () => {
    const target = await writerTo('pair', [], `amqp://admin@127.0.0.1:1,127.0.0.1:${broker().port}`)
    expect(outcomes(await target.send(batch(target, ['x']), never))).toEqual(['accepted'])
  })

  test('a broker that does not make JMS messages of AMQP ones is refused before anything moves', async () => {
    await using native = await startActivemq({transformer: 'native'})
    await using platform = await connected(native.amqp)
    const step = {
      id: 'activemq-configuration:broker',
      platform: 'amazon-mq-activemq' as const,
      do: 'activemq-configuration',
      name: 'broker',
      when: 'before' as const,
      settings: {
        version: '5.18',
        instance: 'mq.m5.large',
        deployment: 'single',
        storage: 'EBS',
        consumers: 'openwire',
        queues: [],
        policies: [],
        composites: [],
        rights: [],
        users: [],
        replies: [],
      },
      needs: [],
      for: [],
      because: [],
    }
    const options = {execute: true, cutover: false, resolved: new Map()}
    await expect(platform.provision(step, options, never)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'amqp-native',
    })
    const forAmqp = {...step, settings: {...step.settings, consumers: 'amqp'}}
    await expect(platform.provision(forAmqp, options, never)).resolves.toMatchObject({drift: []})
  })

  test('B7: the broker is killed twice while messages move: it is waited for, and nothing is lost', async () => {
    await using scene = await ActivemqScene.of(4000, {broker: await sharedRabbitmq(4), activemq: broker()})
    const program = scene.execute('--rate', '400')
    for (const least of [300, 1500]) {
      await during(program, expect.poll(() => scene.count(), {timeout: 90_000}).toBeGreaterThan(least))
      broker().kill('SIGKILL')
      await broker().restart()
    }
    await expectExit(program, 0)
    expect(await scene.depth()).toBe(0)
    expect(await scene.verdict()).toEqual([])
  }, 300_000)

  test('mqlift is killed twice while messages move: the next run goes on, and reports what it cannot know', async () => {
    await using scene = await ActivemqScene.of(3000, {broker: await sharedRabbitmq(4), activemq: broker()})
    for (const least of [200, 900]) {
      const program = scene.execute('--rate', '400')
      await during(program, expect.poll(() => scene.count(), {timeout: 90_000}).toBeGreaterThan(least))
      program.kill('SIGKILL')
      await program.ended
    }
    const report = await scene.finish()
    expect(report.proof).toMatchObject({total: {unexplained: 0}})
    expect(await scene.verdict()).toEqual([])
  }, 300_000)
})
