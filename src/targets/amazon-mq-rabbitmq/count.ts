import {z} from 'zod'

import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {notSaid, queueState} from '../../protocols/amqp091/queue-state.ts'
import type {ManagementApi} from '../../protocols/management.ts'
import type {Count} from '../target.ts'

const Queue = z.object({messages_unacknowledged: z.number().optional()})

/**
 * Ready messages as the queue itself says, which is exact at once; the management API is up to five seconds behind
 * (rabbitmq.md 4.2) and is asked only for what consumers hold. Null = there is no such queue.
 */
export async function countQueue(
  {vhost, queue}: {readonly vhost: string; readonly queue: string},
  connection: AmqpConnection,
  api: () => Promise<ManagementApi>,
  signal: AbortSignal,
): Promise<Count | null> {
  const state = await queueState(connection, queue)
  if (state === undefined) throw notSaid(queue)
  if (!state) return null
  const {ready: visible, consumers} = state
  if (consumers === 0) return {visible, inFlight: 0, delayed: 0, approximate: false}
  const answer = await (await api()).get(['queues', vhost, queue], {}, signal)
  const told = answer.ok ? Queue.parse(answer.body) : {}
  return {visible, inFlight: told.messages_unacknowledged ?? 0, delayed: 0, approximate: true}
}
