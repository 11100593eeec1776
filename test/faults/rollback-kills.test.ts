import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {type Random, seeded} from '../../src/demo/random.ts'
import {Rollback} from '../../src/model/rollback.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, type Program} from './program.ts'
import {Scene} from './scene.ts'
import {accountsBack, broughtBack, rollback} from './way-back.ts'

/** MQLIFT_SEED repeats a run. */
const SEED = process.env['MQLIFT_SEED'] ?? String(Date.now())
const KILLS = 10
const MESSAGES = 2500

describe.skipIf(withoutBrokers()).concurrent(`a rollback killed ten times, MQLIFT_SEED=${SEED}`, () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  test.each([
    [3, 'classic'],
    [4, 'quorum'],
  ] as const)(
    'RabbitMQ %i, a %s queue: nothing is lost, and no more is repeated than was told',
    {timeout: 500_000},
    async (major, type) => {
      const random = seeded(`${SEED}/${major}/${type}`)
      await using scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(major), endpoint, type})
      await scene.plan()
      await scene.finish()
      for (let kill = 0; kill < KILLS; kill++) await startAndKill(scene, random)
      await expectExit(rollback(scene, '--execute'), 0)
      const {total, destinations} = scene.read(Rollback, 'rollback/rollback.json')
      expect(total).toMatchObject({unexplained: 0, failed: 0, open: 0})
      expect(destinations).toMatchObject([{waiting: 0, back: MESSAGES}])
      expect(await broughtBack(scene, scene.published)).toEqual([])
    },
  )
})

async function startAndKill(scene: Scene, random: Random): Promise<void> {
  const before = await sent(scene)
  const program = rollback(scene, '--execute', '--window', '30', '--rate', String(60 + random.below(60)))
  await moving(scene, program, before)
  await sleep(random.below(1000))
  program.kill('SIGKILL')
  expect((await program.ended).signal).toBe('SIGKILL')
}

async function moving(scene: Scene, program: Program, before: number): Promise<void> {
  const state = {ended: false}
  void program.ended.finally(() => (state.ended = true))
  while (!state.ended && (await sent(scene)) === before) await sleep(20)
}

/** Zero while the file is being made. */
const sent = async (scene: Scene): Promise<number> => {
  const accounts = await accountsBack(scene).catch(() => [])
  return accounts.reduce((sum, {accepted}) => sum + accepted, 0)
}
