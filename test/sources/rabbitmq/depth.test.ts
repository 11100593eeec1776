import {expect, test} from 'vitest'

import {destinationId} from '../../../src/model/id.ts'
import type {AmqpConnection} from '../../../src/protocols/amqp091/connection.ts'
import type {ManagementApi} from '../../../src/protocols/management.ts'
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

/** What the API tells at each look; the last one again and again. */
const telling = (...answers: object[]) => {
  let looks = 0
  const body = () => answers[Math.min(looks++, answers.length - 1)]
  return {get: () => Promise.resolve({ok: true, body: body()})} as unknown as ManagementApi
}

const look = (api: ManagementApi, consumerCount = 0) =>
  readDepth(queue, {
    api,
    connection: () =>
      Promise.resolve({
        openChannel: () =>
          Promise.resolve({
            checkQueue: () => Promise.resolve({messageCount: 0, consumerCount}),
            close: () => Promise.resolve(),
          }),
      } as unknown as AmqpConnection),
    atRest: true,
    leastAcked: 0,
  })

const told = (unacked: number, ack: number) => ({
  messages_ready: 0,
  messages_unacknowledged: unacked,
  message_stats: {ack},
})

test('a message whose ack is counted is not unacknowledged as well: waits until both tell the same', async () => {
  expect(await look(telling(told(321, 400), told(321, 400), told(0, 400)))).toMatchObject({
    ready: 0,
    unacked: 0,
    counters: {acked: 400},
  })
})

test('what consumers hold is theirs, and not waited for', async () => {
  expect(await look(telling(told(321, 400), told(0, 721)), 1)).toMatchObject({unacked: 321})
})
