import {z} from 'zod'

import type {ManagementApi} from '../../../protocols/management.ts'
import {tableIfTold, toTable} from '../api.ts'

const count = z.number().optional().catch(undefined)
const flag = z.boolean().optional().catch(undefined)
const table = z.unknown().optional().transform(toTable)

/** What moving a queue asks of `GET /api/queues/<vhost>/<name>`. Numbers are up to five seconds old. */
export const QueueNow = z.object({
  type: z.string().optional().catch(undefined),
  auto_delete: flag,
  exclusive: flag,
  arguments: table,
  effective_policy_definition: tableIfTold,
  /** A number, or "unlimited"; from 4.0, and only once there are statistics. */
  delivery_limit: z.union([z.number(), z.string()]).optional().catch(undefined),
  messages: count,
  messages_ready: count,
  messages_unacknowledged: count,
  message_bytes: count,
  consumers: count,
  message_stats: z.object({ack: count, deliver_no_ack: count, get_no_ack: count}).optional().catch(undefined),
})
export type QueueNow = z.infer<typeof QueueNow>

export interface QueueName {
  readonly vhost: string
  readonly name: string
}

/** Null = there is no such queue. Undefined = the API did not say, whatever the reason. */
export async function readQueueNow(
  api: ManagementApi | undefined,
  {vhost, name}: QueueName,
  signal: AbortSignal,
): Promise<QueueNow | null | undefined> {
  if (!api) return undefined
  const answer = await api.get(['queues', vhost, name], {}, signal).catch(() => undefined)
  if (!answer) return undefined
  if (!answer.ok) return answer.problem === 'not-found' ? null : undefined
  const parsed = QueueNow.safeParse(answer.body)
  return parsed.success ? parsed.data : undefined
}
