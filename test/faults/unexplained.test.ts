import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {fileURLToPath} from 'node:url'

import {DeleteMessageCommand, ReceiveMessageCommand} from '@aws-sdk/client-sqs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {Report} from '../../src/model/report.ts'
import {Verification} from '../../src/model/verification.ts'
import {failEntries} from '../brokers/fault-proxy.ts'
import {publisher} from '../brokers/messages.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'

const MESSAGES = 40
const WINDOW = 10

const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

/** A message is removed behind the mover's back; the number that must then not be 0 is not 0. */
describe.skipIf(withoutBrokers()).concurrent.each(cases)('RabbitMQ $major, $type queue', ({major, type}) => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  async function planned(): Promise<Scene> {
    const scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(major), endpoint, type})
    await scene.plan()
    return scene
  }

  test('nothing is removed: verify proves it, and finds 0', async () => {
    await using scene = await planned()
    await scene.finish()
    const {total, proof} = await verified(scene, 0)
    expect(proof).toBe('proved')
    expect(total).toMatchObject({
      received: MESSAGES,
      settled: MESSAGES,
      unexplained: 0,
      possibleDuplicates: 0,
    })
  })

  test('at the source, purged while the queue is read', async () => {
    await using scene = await planned()
    const {program, answer} = await scene.holding(['--window', String(WINDOW)])
    const purged = await scene.depth()
    expect(purged).toBe(MESSAGES - WINDOW)
    await scene.broker.api('DELETE', `${scene.path}/contents`)
    answer()
    const failure = failureOf(await program.ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'unexplained'})
    expect(failure.message).toContain(String(purged))
    const {proof} = scene.read(Report, 'report.json')
    expect(proof?.destinations[0]?.comparisons).toMatchObject({source: purged, digests: 0})
    expect((await verified(scene, 6)).total.unexplained).toBe(purged)
  })

  test('at the source, one consumed between two runs', async () => {
    await using scene = await planned()
    const {program, answer} = await scene.holding(['--window', String(WINDOW)])
    program.kill('SIGKILL')
    await program.ended
    answer()
    expect(await scene.waits(MESSAGES)).toBe(true)
    await using thief = await publisher(`${scene.broker.amqp}/${scene.vhost}`)
    const stolen = await thief.channel.get(scene.queue, {noAck: false})
    if (stolen === false) throw new Error('the queue is empty')
    thief.channel.ack(stolen)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'unexplained'})
    expect(scene.read(Report, 'report.json').proof?.destinations[0]?.comparisons.source).toBe(1)
  })

  test('in the ledger, an entry deleted, and one altered', async () => {
    await using scene = await planned()
    // Refused for good: it stays an entry of its own, where settled ones are folded.
    scene.sqs.rule = ({action, ...request}, count) =>
      action === 'SendMessageBatch' && scene.sqs.count(action) === 1
        ? failEntries((id) => id === '0', 'InvalidMessageContents', true)({action, ...request}, count)
        : undefined
    expect(failureOf(await scene.execute().ended)).toMatchObject({exit: 6, reason: 'left-behind'})
    const file = join(scene.work, 'ledger.db')
    alter(file, 'UPDATE entry SET digest = zeroblob(32)')
    expect((await verified(scene, 6)).destinations[0]?.comparisons.digests).toBe(1)
    expect((await scene.run(['ledger', 'check', '--json']).ended).exit).toBe(6)
    // The mover refuses to build on it, and touches nothing.
    const sent = scene.sqs.count('SendMessageBatch')
    expect(failureOf(await scene.execute().ended)).toMatchObject({exit: 3, reason: 'ledger-damaged'})
    alter(file, 'DELETE FROM entry')
    const {total, destinations} = await verified(scene, 6)
    expect(destinations[0]?.comparisons.digests).toBe(1)
    expect(total.unexplained).toBe(1)
    expect(failureOf(await scene.execute().ended)).toMatchObject({exit: 3, reason: 'ledger-damaged'})
    expect(scene.sqs.count('SendMessageBatch')).toBe(sent)
  })

  test('at the target, one received and deleted before it is counted', async () => {
    await using scene = await planned()
    await scene.finish()
    const sqs = scene.target
    const [QueueUrl = ''] = scene.targets()
    const {Messages: [message] = []} = await sqs.send(new ReceiveMessageCommand({QueueUrl}))
    await sqs.send(new DeleteMessageCommand({QueueUrl, ReceiptHandle: message?.ReceiptHandle}))
    const {total, destinations} = await verified(scene, 6)
    expect(destinations[0]?.comparisons).toEqual({source: 0, digests: 0, target: 1})
    expect(total.unexplained).toBe(1)
  })

  test('what cannot be read makes the number unknown, and is named', async () => {
    await using scene = await planned()
    const {proof} = await scene.finish()
    expect(proof?.total.unexplained).toBeNull()
    expect(proof?.destinations[0]?.notChecked.join()).toContain('verify --wait')
    await scene.broker.api('DELETE', scene.path)
    const {total, destinations} = await verified(scene, 0)
    expect(total.unexplained).toBeNull()
    expect(destinations[0]?.comparisons).toEqual({source: null, digests: 0, target: 0})
    expect(destinations[0]?.notChecked.join()).toContain('gone')
  })
})

function alter(file: string, sql: string): void {
  using db = new DatabaseSync(file)
  db.exec(sql)
}

/** `verify --wait`, with its minutes shortened. */
async function verified(scene: Scene, exit: number): Promise<Verification> {
  const hurry = fileURLToPath(new URL('hurry.ts', import.meta.url))
  const endpoint = ['--endpoint', scene.sqs.endpoint]
  const verify = [
    'verify',
    scene.address,
    '--management',
    scene.broker.management,
    '--wait',
    '--json',
    ...endpoint,
  ]
  await expectExit(scene.run(verify, {env: {NODE_OPTIONS: `--import=${hurry}`}}), exit)
  return scene.read(Verification, 'verification.json')
}
