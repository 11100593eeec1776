import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {until} from '../brokers/lab.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {failureOf} from './program.ts'
import {Scene} from './scene.ts'

const MESSAGES = 300

const cases = [
  {major: 3, type: 'classic', platform: 'sqs-standard'},
  {major: 4, type: 'quorum', platform: 'sqs-standard'},
  {major: 4, type: 'classic', platform: 'sqs-fifo'},
] as const

describe.skipIf(withoutBrokers()).concurrent.each(cases)(
  'RabbitMQ $major, $type queue to $platform',
  ({major, type, platform}) => {
    let endpoint: Endpoint
    beforeAll(async () => {
      endpoint = await startEndpoint()
    })
    afterAll(() => endpoint[Symbol.asyncDispose]())

    async function halfWay() {
      const scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(major), endpoint, type})
      await scene.plan(platform)
      // In strict order the messages go one by one anyway.
      scene.sqs.latency = platform === 'sqs-fifo' ? 10 : 30
      const program = scene.execute(['--rate', '100'])
      if (!(await until(async () => (await scene.count()) >= 20, 30_000))) throw new Error(program.stderr())
      return {scene, program}
    }

    const order = platform === 'sqs-fifo' ? () => 'all' : undefined

    test.each(['SIGINT', 'SIGTERM'] as const)(
      '%s once: 130, nothing repeated, and it resumes',
      async (signal) => {
        const {scene, program} = await halfWay()
        await using _ = scene
        program.kill(signal)
        const failure = failureOf(await program.ended)
        expect(failure).toMatchObject({exit: 130, kind: 'interrupted'})
        const account = await scene.account()
        expect(account).toMatchObject({
          doubt: 0,
          failed: 0,
          open: {claimed: 0, sent: 0},
          possibleDuplicates: 0,
        })
        expect(account?.settled).toBeLessThan(MESSAGES)
        expect(await scene.count()).toBe(account?.settled)
        expect(await scene.waits(MESSAGES - (account?.settled ?? 0))).toBe(true)

        const {proof} = await scene.finish()
        expect(proof?.total).toMatchObject({received: MESSAGES, settled: MESSAGES, possibleDuplicates: 0})
        expect(await scene.count()).toBe(MESSAGES)
        expect(await scene.verdict(order)).toEqual([])
      },
    )

    test('SIGINT twice: gone at once, nothing lost', async () => {
      const {scene, program} = await halfWay()
      await using _ = scene
      scene.sqs.rule = () => ({do: 'hang', when: 'after'})
      await sleep(200)
      program.kill('SIGINT')
      await sleep(200)
      program.kill('SIGINT')
      expect((await program.ended).exit).toBe(130)
      scene.sqs.rule = () => undefined
      await scene.finish()
      expect(await scene.verdict(order)).toEqual([])
    })
  },
)
