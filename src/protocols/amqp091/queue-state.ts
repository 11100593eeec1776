import type {Channel} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import {visible} from '../../model/visible.ts'
import type {AmqpConnection} from './connection.ts'
import {withDeadline} from './deadline.ts'

export interface QueueState {
  /** Ready messages, exact; a stream says 0 (rabbitmq.md 0, point 17). */
  readonly ready: number
  readonly consumers: number
}

const LOOK_MS = 10_000
const CLOSE_MS = 5000

/** On a channel of its own: an error of the broker ends the channel, and nobody else's with it. */
export async function withChannel<T>(
  connection: AmqpConnection,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const channel = await connection.openChannel(() => {})
  try {
    return await work(channel)
  } finally {
    await closed(channel)
  }
}

/**
 * What the queue says of itself. Null = there is no such queue. Undefined = it will not say: it is exclusive to another
 * connection, or the user has no right. Throws `unreachable` when there is no answer, which says nothing about the queue.
 */
export async function queueState(
  connection: AmqpConnection,
  name: string,
): Promise<QueueState | null | undefined> {
  try {
    const looking = withChannel(connection, (channel) => channel.checkQueue(name))
    const {messageCount, consumerCount} = await withDeadline(looking, LOOK_MS)
    return {ready: messageCount, consumers: consumerCount}
  } catch (error) {
    const code = replyCode(error)
    if (code === 404) return null
    if (code === 403 || code === 405) return undefined
    throw notSaid(name, error)
  }
}

/** For whoever cannot go on without the number. */
export const notSaid = (name: string, cause?: unknown): MqliftError =>
  new MqliftError('unreachable', `the broker did not say how many messages ${visible(name)} holds`, {
    cause,
    reason: 'no-answer',
    suggestions: ['run the same command again when the broker is back: it resumes'],
  })

/** AMQP 0-9-1's code for why the broker closed a channel or connection; undefined = it was not the broker. */
export function replyCode(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
}

async function closed(channel: Channel): Promise<void> {
  try {
    await withDeadline(channel.close(), CLOSE_MS)
  } catch {
    // An error of the broker has closed it already, or the connection is gone: the work has said so.
  }
}
