import {setTimeout as sleep} from 'node:timers/promises'

import {DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand} from '@aws-sdk/client-sqs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Rollback} from '../../src/model/rollback.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'
import {accountsBack, broughtBack, rollback} from './way-back.ts'

const CUT = ['--with-new', '100', '--execute'] as const

/** A message that an application on AWS sent, as it must look at the old broker. */
async function sendNew(scene: Scene, text: string): Promise<Envelope> {
  const [QueueUrl] = scene.targets()
  await scene.target.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: text,
      MessageAttributes: {
        amount: {DataType: 'Number', StringValue: '12'},
        note: {DataType: 'String', StringValue: 'grüße'},
        'prop.contentType': {DataType: 'String', StringValue: 'text/plain'},
      },
    }),
  )
  return {
    v: 1,
    source: {id: destinationId('queue', scene.vhost, scene.queue)},
    properties: {contentType: 'text/plain', deliveryMode: 2},
    headers: [
      ['amount', {t: 'l', v: 12n}],
      ['note', {t: 'S', v: 'grüße'}],
    ],
    body: Buffer.from(text),
    delivery: {redelivered: false},
  }
}

/** What a consumer on AWS does with so many messages; `keep` = it does not delete them. */
async function consume(scene: Scene, messages: number, keep = false): Promise<Envelope[]> {
  const [QueueUrl] = scene.targets()
  const taken: Envelope[] = []
  while (taken.length < messages) {
    const {Messages = []} = await scene.target.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(10, messages - taken.length),
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 600,
      }),
    )
    for (const message of Messages) {
      const envelope = decodeSqs(message)
      if (!envelope) throw new Error('not ours')
      taken.push(envelope)
      if (!keep)
        await scene.target.send(new DeleteMessageCommand({QueueUrl, ReceiptHandle: message.ReceiptHandle}))
    }
  }
  return taken
}

async function moved(
  messages: number,
  endpoint: Endpoint,
  more: Record<string, unknown> = {},
): Promise<Scene> {
  const scene = await Scene.of(messages, {broker: await sharedRabbitmq(4), endpoint, arguments: more})
  await scene.plan()
  await scene.finish('--accept', 'queue-max-length')
  return scene
}

const without = (all: readonly Envelope[], some: readonly Envelope[]): Envelope[] => {
  const bodies = some.map(({body}) => Buffer.from(body).toString('hex'))
  return all.filter(({body}) => {
    const at = bodies.indexOf(Buffer.from(body).toString('hex'))
    if (at >= 0) bodies.splice(at, 1)
    return at < 0
  })
}

describe.skipIf(withoutBrokers()).concurrent('cut back', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  test('what waits at the target comes from there, what was consumed from the archive, what is new as well', async () => {
    await using scene = await moved(120, endpoint)
    await consume(scene, 30)
    const fresh = [await sendNew(scene, 'one'), await sendNew(scene, 'two')]
    await expectExit(rollback(scene, ...CUT), 0)
    const done = scene.read(Rollback, 'rollback/rollback.json')
    expect(done.destinations).toMatchObject([{back: 30, elsewhere: 90, waiting: 0, atTarget: 0}])
    expect(done.total).toMatchObject({settled: 122, failed: 0, open: 0})
    expect(await scene.rest()).toBe(122)
    await expectExit(rollback(scene, ...CUT), 0)
    expect(await broughtBack(scene, [...scene.published, ...fresh])).toEqual([])
  })

  test('--leave-consumed: what consumers took stays away', async () => {
    await using scene = await moved(60, endpoint)
    const consumed = await consume(scene, 20)
    const fresh = await sendNew(scene, 'new')
    await expectExit(rollback(scene, ...CUT, '--leave-consumed'), 0)
    expect(await scene.rest()).toBe(41)
    expect(await broughtBack(scene, [...without(scene.published, consumed), fresh])).toEqual([])
  })

  test('after a rollback: what came back from the archive is removed at the target, never sent twice', async () => {
    await using scene = await moved(60, endpoint)
    await expectExit(rollback(scene, '--execute'), 0)
    const fresh = await sendNew(scene, 'new')
    await expectExit(rollback(scene, ...CUT), 0)
    expect(await scene.rest()).toBe(61)
    expect(await scene.count()).toBe(0)
    expect(await broughtBack(scene, [...scene.published, fresh])).toEqual([])
  })

  test('moved, brought back, moved again: each copy that left comes back once', async () => {
    await using scene = await moved(40, endpoint)
    await expectExit(rollback(scene, '--execute'), 0)
    await scene.finish()
    expect(await scene.rest()).toBe(0)
    expect(await scene.count()).toBe(80)
    await expectExit(rollback(scene, ...CUT), 0)
    expect(await scene.count()).toBe(0)
    expect(await broughtBack(scene, scene.published)).toEqual([])
  })

  test('more new messages than allowed: the run ends, they stay, and a larger bound takes them', async () => {
    await using scene = await moved(20, endpoint)
    const fresh: Envelope[] = []
    for (const text of ['a', 'b', 'c', 'd']) fresh.push(await sendNew(scene, text))
    const failure = failureOf(await rollback(scene, '--with-new', '2', '--execute').ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete'})
    expect(await scene.count()).toBeGreaterThan(0)
    await expectExit(rollback(scene, ...CUT), 0)
    expect(await broughtBack(scene, [...scene.published, ...fresh])).toEqual([])
  })

  test('an old queue that would drop what comes back: nothing is taken before somebody accepts that', async () => {
    await using scene = await moved(60, endpoint, {'x-max-length': 100})
    await scene.publish(60)
    await scene.finish('--accept', 'queue-max-length')
    const flags = ['--with-new', '10', '--leave-consumed', '--execute']
    const failure = failureOf(await rollback(scene, ...flags).ended)
    expect(failure).toMatchObject({exit: 5, reason: 'unaccepted-losses'})
    expect(failure.message).toContain('keeps 100 messages and drops the oldest; up to 130 come back')
    expect(await scene.count()).toBe(120)
    // Accepted, it is done, and what was dropped is told.
    const done = failureOf(await rollback(scene, ...flags, '--accept', 'way-back-length').ended)
    expect(done).toMatchObject({exit: 6, reason: 'unexplained'})
    expect(await scene.count()).toBe(0)
    expect(await scene.rest()).toBe(100)
  })

  test('refuses while consumers of the target run', async () => {
    await using scene = await moved(20, endpoint)
    await consume(scene, 3, true)
    expect(failureOf(await rollback(scene, ...CUT).ended)).toMatchObject({exit: 5, reason: 'consumers'})
    const rehearsal = await expectExit(rollback(scene, '--with-new', '100'), 0)
    expect(JSON.parse(rehearsal.stdout)).toMatchObject({wouldRefuse: 1})
    expect(await scene.rest()).toBe(0)
  })

  test(
    'killed five times, nothing is lost and nothing is deleted before it is back',
    {timeout: 300_000},
    async () => {
      await using scene = await moved(300, endpoint)
      const fresh = await sendNew(scene, 'new')
      for (let kill = 0; kill < 5; kill++) {
        const program = rollback(scene, ...CUT, '--rate', '80')
        const before = await sent(scene)
        while ((await sent(scene)) === before) await sleep(20)
        program.kill('SIGKILL')
        await program.ended
      }
      await expectExit(rollback(scene, ...CUT), 0)
      expect(await scene.count()).toBe(0)
      expect(await broughtBack(scene, [...scene.published, fresh])).toEqual([])
    },
  )
})

const sent = async (scene: Scene): Promise<number> => {
  const accounts = await accountsBack(scene).catch(() => [])
  return accounts.reduce((sum, {accepted}) => sum + accepted, 0)
}
