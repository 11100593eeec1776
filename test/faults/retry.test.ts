import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {Verification} from '../../src/model/verification.ts'
import type {Fault} from '../brokers/fault-proxy.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, type Program} from './program.ts'
import {Scene} from './scene.ts'

interface Entry {
  readonly Id: string
  readonly MessageBody: string
}

/** Every third body is refused by the service, as if a limit of the queue forbade it. */
const isRefused = ({MessageBody}: Entry): boolean => MessageBody.length % 3 === 0

function refusing(action: string, body: Buffer): Fault | undefined {
  if (action !== 'SendMessageBatch') return undefined
  const request: {Entries: Entry[]} = JSON.parse(body.toString())
  const passed = request.Entries.filter((entry) => !isRefused(entry))
  const Failed = request.Entries.filter(isRefused).map(({Id}) => ({
    Id,
    SenderFault: true,
    Code: 'InvalidParameterValue',
    Message: 'not yet allowed',
  }))
  const headers = {'content-type': 'application/x-amz-json-1.0'}
  if (passed.length === 0)
    return {do: 'answer', answer: {status: 200, headers, body: JSON.stringify({Successful: [], Failed})}}
  return {
    do: 'pass',
    request: () => Buffer.from(JSON.stringify({...request, Entries: passed})),
    response: (text) => JSON.stringify({...JSON.parse(text), Failed}),
  }
}

const retry = (scene: Scene, ...more: string[]): Program =>
  scene.run([
    'retry',
    scene.address,
    '--management',
    scene.broker.management,
    '--endpoint',
    scene.sqs.endpoint,
    '--json',
    ...more,
  ])

/** Moved as far as it goes with a window so small that the archive must take what is refused. */
async function quarantined(scene: Scene): Promise<number> {
  scene.sqs.rule = ({action, body}) => refusing(action, body)
  await expectExit(scene.execute(['--quarantine', '--window', '40']), 6)
  const account = await scene.account()
  expect(account?.quarantined).toBeGreaterThan(0)
  return account?.quarantined ?? 0
}

describe.skipIf(withoutBrokers()).concurrent('retry', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  test('failed messages from the broker, quarantined ones from the archive; the account stays whole', async () => {
    await using scene = await Scene.of(200, {broker: await sharedRabbitmq(4), endpoint})
    await scene.plan()
    const count = await quarantined(scene)
    const before = await scene.account()
    const {stdout} = await expectExit(retry(scene), 0)
    expect(JSON.parse(stdout)).toMatchObject({
      executed: false,
      destinations: [{inArchive: count, atSource: before?.failed}],
    })

    // Still not allowed: they stay where they are.
    await expectExit(retry(scene, '--execute'), 6)
    const still = await scene.account()
    expect((still?.quarantined ?? 0) + (still?.failed ?? 0)).toBe(count + (before?.failed ?? 0))
    expect(still?.settled).toBe(before?.settled)

    scene.sqs.rule = () => undefined
    await expectExit(retry(scene, '--execute'), 0)
    const {total} = scene.read(Verification, 'verification.json')
    expect(total).toMatchObject({received: 200, settled: 200, failed: 0, quarantined: 0, open: 0})
    const [destination] = scene.read(Verification, 'verification.json').destinations
    expect(destination).toMatchObject({state: 'drained', comparisons: {source: 0, digests: 0}})
    expect(JSON.parse((await expectExit(retry(scene), 0)).stdout)).toMatchObject({destinations: []})
    expect(await scene.verdict()).toEqual([])
  })

  test('killed while it sends from the archive, and run again: each goes once, or is told', async () => {
    await using scene = await Scene.of(200, {broker: await sharedRabbitmq(3), endpoint})
    await scene.plan()
    await quarantined(scene)
    scene.sqs.rule = () => undefined
    for (let kill = 0; kill < 3; kill++) {
      const before = scene.sqs.count('SendMessageBatch')
      const program = retry(scene, '--execute', '--rate', '30')
      const state = {ended: false}
      void program.ended.finally(() => (state.ended = true))
      while (!state.ended && scene.sqs.count('SendMessageBatch') < before + 2) await sleep(20)
      program.kill('SIGKILL')
      await program.ended
    }
    const {exit} = await retry(scene, '--execute').ended
    const {total, destinations} = scene.read(Verification, 'verification.json')
    // All of it, so that a failure says which comparison does not hold.
    expect({exit, total, destinations}).toMatchObject({exit: 0, total: {failed: 0, quarantined: 0, open: 0}})
    expect(await scene.verdict()).toEqual([])
  })
})
