import {describe, expect, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {Rollback} from '../../src/model/rollback.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {expectExit, failureOf} from '../faults/program.ts'
import {RabbitmqScene} from '../faults/rabbitmq-scene.ts'
import {SourceQueue} from '../faults/source-queue.ts'

const MESSAGES = 400

describe.skipIf(withoutBrokers())('RabbitMQ to RabbitMQ, and back', () => {
  test.each(MAJORS)(
    'from RabbitMQ %i to the other one and back: every queue holds what it held',
    async (major) => {
      const from = await sharedRabbitmq(major)
      const to = await sharedRabbitmq(major === 3 ? 4 : 3)
      await using scene = await RabbitmqScene.of(MESSAGES, {from, to, accept: ['setting-differs']})
      await scene.finish()
      // What was moved cannot be told from what is new at a broker.
      const cut = failureOf(await scene.run('rollback', '--with-new', '10', '--execute', '--json').ended)
      expect(cut).toMatchObject({exit: 5, reason: 'target-not-readable'})

      await expectExit(scene.run('rollback', '--execute', '--json'), 0)
      const done = scene.read(Rollback, 'rollback/rollback.json')
      expect(done).toMatchObject({proof: 'proved', total: {settled: 2 * MESSAGES, unexplained: 0}})
      for (const [name, published] of scene.published) {
        await using source = new SourceQueue(`${from.amqp}/${scene.vhost}`, name)
        const found = await source.left(destinationId('queue', scene.vhost, name))
        expect(found.map(({body, headers, properties}) => ({body, headers, properties}))).toEqual(
          published.map(({body, headers, properties}) => ({
            body: Buffer.from(body),
            headers,
            properties,
          })),
        )
      }
    },
  )
})
