import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, test} from 'vitest'

import {Verification} from '../../src/model/verification.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {boardMessage} from './board-estate.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, expectExit} from './program.ts'
import {Scene} from './scene.ts'

const PATIENCE = {timeout: 300_000}

describe.skipIf(withoutBrokers())('until a sentinel, by the real program', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  const cases = MAJORS.flatMap((major) => (['classic', 'quorum'] as const).map((type) => ({major, type})))

  test.for(cases)(
    'RabbitMQ $major, $type: with a publisher running',
    PATIENCE,
    async ({major, type}, {expect}) => {
      await using scene = await Scene.of(300, {broker: await sharedRabbitmq(major), endpoint, type})
      await scene.plan()
      const more = new AbortController()
      const producing = (async () => {
        for (let next = 0; !more.signal.aborted; next += 5) {
          const queue = {vhost: scene.vhost, name: scene.queue, share: 1, arguments: {}}
          await scene.send(Array.from({length: 5}, (_, index) => boardMessage(queue, 1000 + next + index)))
          await sleep(50)
        }
      })()
      await expectExit(scene.execute(['--until', 'sentinel']), 0)
      more.abort()
      await producing
      const [destination] = scene.read(Verification, 'verification.json').destinations
      // The sentinel was acknowledged, and is no message: the account adds up without it.
      expect(destination?.comparisons).toMatchObject({source: 0, digests: 0})
      expect(destination?.levels).toContainEqual(expect.objectContaining({level: 'V3', outcome: 'passed'}))
      expect(destination?.buckets.received).toBeGreaterThanOrEqual(300)
      expect(destination?.notChecked.join()).not.toContain('sentinel')
      expect(await scene.verdict()).toEqual([])
    },
  )

  test(
    'killed in between, it is named by verify and taken out by the next run',
    PATIENCE,
    async ({expect}) => {
      await using scene = await Scene.of(300, {broker: await sharedRabbitmq(4), endpoint})
      await scene.plan()
      const program = scene.execute(['--until', 'sentinel', '--rate', '40'])
      await during(program, started(scene))
      program.kill('SIGKILL')
      await program.ended
      const named = async (): Promise<string> => {
        const argv = ['verify', scene.address, '--management', scene.broker.management, '--json']
        const {stdout} = await scene.run([...argv, '--endpoint', scene.sqs.endpoint]).ended
        return Verification.parse(JSON.parse(stdout))
          .destinations.flatMap(({notChecked}) => notChecked)
          .join('\n')
      }
      expect(await named()).toMatch(
        /a sentinel of ours, mqlift:[0-9a-f-]+:sentinel:1 of 20.* may be in the queue/,
      )
      await scene.finish()
      expect(await named()).not.toContain('sentinel')
      expect(await scene.depth()).toBe(0)
      expect(await scene.verdict()).toEqual([])
    },
  )
})

/** Something is at the target. */
async function started(scene: Scene): Promise<void> {
  while ((await scene.count()) === 0) await sleep(50)
}
