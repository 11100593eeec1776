import {expect, test} from 'vitest'

import {destinationId} from '../../../src/model/id.ts'
import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'
import {readDepth} from '../../../src/sources/rabbitmq/depth.ts'

const queue = destinationId('queue', '/', 'orders')

const asked = (openChannel: () => Promise<unknown>) =>
  readDepth(queue, {
    api: undefined,
    connection: () => Promise.resolve({openChannel} as unknown as AmqpConnection),
    atRest: true,
    leastAcked: 0,
  })

test('a connection that breaks during the look is a broker that cannot be reached, not a fault of ours', async () => {
  const gone = new Error('Channel ended, no reply will be forthcoming')
  const unreachable = {name: 'MqliftError', kind: 'unreachable', reason: 'no-answer'}
  await expect(asked(() => Promise.reject(gone))).rejects.toMatchObject(unreachable)
  const checkQueue = (): Promise<never> => Promise.reject(gone)
  await expect(asked(() => Promise.resolve({checkQueue}))).rejects.toMatchObject(unreachable)
})

test('no such queue is told as that', async () => {
  const missing = Object.assign(new Error('NOT_FOUND'), {code: 404})
  expect(await asked(() => Promise.resolve({checkQueue: () => Promise.reject(missing)}))).toBeNull()
})
