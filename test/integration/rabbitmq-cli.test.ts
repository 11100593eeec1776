import {setTimeout as sleep} from 'node:timers/promises'

import {describe, expect, test} from 'vitest'

import {Deployment} from '../../src/model/deployment.ts'
import {Verification} from '../../src/model/verification.ts'
import {until} from '../brokers/lab.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {expectExit} from '../faults/program.ts'
import {RabbitmqScene} from '../faults/rabbitmq-scene.ts'

const MESSAGES = 1500
const inOrder = (): string => 'all'

const between = async (major: 3 | 4) => ({
  from: await sharedRabbitmq(major),
  to: await sharedRabbitmq(major === 3 ? 4 : 3),
})

describe.skipIf(withoutBrokers())('RabbitMQ to RabbitMQ through the commands', () => {
  test.each(MAJORS)(
    'from RabbitMQ %i to the other one: definitions imported, every message there, proved, in order',
    async (major) => {
      await using scene = await RabbitmqScene.of(MESSAGES, {
        ...(await between(major)),
        accept: ['setting-differs'],
      })
      const report = await scene.finish()
      expect(report.proof?.total).toMatchObject({
        received: 2 * MESSAGES,
        settled: 2 * MESSAGES,
        failed: 0,
        doubt: 0,
        unexplained: 0,
        possibleDuplicates: 0,
      })
      const {proof, destinations} = scene.read(Verification, 'verification.json')
      expect(proof).toBe('proved')
      expect(destinations.flatMap(({levels}) => levels.map(({outcome}) => outcome))).toEqual(
        Array.from({length: 8}, () => 'passed'),
      )
      const {account, region, resources} = scene.read(Deployment, 'deployment.json')
      expect([account, region]).toEqual([null, null])
      expect(resources.map(({step}) => step.split(':')[0])).toEqual([
        'rabbitmq-definitions',
        'rabbitmq-queue',
        'rabbitmq-queue',
      ])
      expect([await scene.count('orders'), await scene.count('payments')]).toEqual([MESSAGES, MESSAGES])

      // Nothing is left to make or to move.
      const again = await expectExit(scene.run('apply', '--execute', '--json'), 0)
      expect(JSON.parse(again.stdout)).toMatchObject({account: null})
      expect((await scene.finish()).proof?.total).toMatchObject({received: 2 * MESSAGES, unexplained: 0})
      expect(await scene.verdict(inOrder)).toEqual([])
    },
  )

  test('killed three times while a producer publishes: nothing is lost, nothing is unexplained', async () => {
    await using scene = await RabbitmqScene.of(MESSAGES, await between(3))
    for (let kills = 0; kills < 3; kills++) {
      const program = scene.execute('--rate', '600')
      const before = await scene.count('orders')
      expect(await until(async () => (await scene.count('orders')) > before, 40_000)).toBe(true)
      await scene.publish('orders', 100)
      await sleep(200 * kills)
      program.kill('SIGKILL')
      await program.ended
    }
    const {proof} = await scene.finish()
    expect(proof?.total).toMatchObject({failed: 0, unexplained: 0})
    expect(await scene.verdict()).toEqual([])
  })
})
