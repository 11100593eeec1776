import {describe, expect, test} from 'vitest'

import {startRabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedElasticmq, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

describe.skipIf(withoutBrokers())('the broker kit', () => {
  test.each(MAJORS)('RabbitMQ %i answers with its own version', async (major) => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    expect(await broker.api('GET', '/api/overview')).toMatchObject({
      rabbitmq_version: expect.stringMatching(new RegExp(`^${major}\\.`)),
    })
    expect(await broker.ctl('list_vhosts')).toContain(vhost.name)
  })

  test('a killed broker comes back with its data', async () => {
    await using broker = await startRabbitmq({major: 4})
    await broker.api('PUT', '/api/queues/%2F/kept', {durable: true, arguments: {'x-queue-type': 'quorum'}})
    broker.kill('SIGKILL')
    await broker.restart()
    expect(await broker.api('GET', '/api/queues/%2F/kept')).toMatchObject({type: 'quorum'})
  })

  test('ElasticMQ answers', async () => {
    const {endpoint} = await sharedElasticmq()
    expect((await fetch(`${endpoint}/?Action=ListQueues`)).status).toBe(200)
  })
})
