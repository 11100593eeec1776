import {setTimeout as sleep} from 'node:timers/promises'

import {parseId} from '../../model/id.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {queueState, type QueueState} from '../../protocols/amqp091/queue-state.ts'
import type {ManagementApi} from '../../protocols/management.ts'
import type {Depth} from '../source.ts'
import {type QueueNow, readQueueNow} from './read/queue-now.ts'

export interface DepthContext {
  readonly api: ManagementApi | undefined
  /** An open connection to the virtual host, shared. */
  readonly connection: (vhost: string) => Promise<AmqpConnection>
  /** Nobody is reading the queue: its numbers can come to rest. */
  readonly atRest: boolean
  /** Acks that the counters must show by now: our own of earlier. */
  readonly leastAcked: number
}

/** The API's numbers are up to 5 s old (rabbitmq.md 4.2): how long to wait until they agree with the queue's. */
const SETTLE_MS = 6500
const POLL_MS = 500
const API_MS = 10_000

/**
 * Ready messages and consumers as the queue itself says (exact), unacknowledged ones and counters as the management
 * API says. When nobody reads, waits until both agree, so that the numbers belong together.
 */
export async function readDepth(destination: string, context: DepthContext): Promise<Depth | null> {
  const {kind, vhost, name} = parseId(destination)
  const ask = (): Promise<QueueNow | null | undefined> =>
    readQueueNow(context.api, {vhost, name}, AbortSignal.timeout(API_MS))
  const told = await ask()
  if (told === null) return null
  // A passive declare of a stream says 0 (rabbitmq.md 0, point 17).
  if (kind === 'stream' || told?.type === 'stream') return told ? fromApi(told) : null
  const connection = await context.connection(vhost)
  const state = await queueState(connection, name)
  if (!state) return state === undefined && told ? fromApi(told) : null
  if (told === undefined) return {...state, unacked: null, counters: null}
  return atRest({told, state}, context, {ask, look: () => queueState(connection, name)})
}

interface Both {
  readonly told: QueueNow
  readonly state: QueueState
}

interface Again {
  readonly ask: () => Promise<QueueNow | null | undefined>
  readonly look: () => Promise<QueueState | null | undefined>
}

async function atRest(first: Both, context: DepthContext, {ask, look: again}: Again): Promise<Depth> {
  let both = first
  const settled = (): boolean => !context.atRest || agree(both, context.leastAcked)
  for (let waited = 0; !settled() && waited < SETTLE_MS; waited += POLL_MS) {
    await sleep(POLL_MS)
    both = {told: (await ask()) ?? both.told, state: (await again()) ?? both.state}
  }
  return together(both)
}

/**
 * Queues and channels tell their numbers at moments of their own: an ack can be counted while its message is still told
 * as unacknowledged, and would be there twice (seen on 4.0.5 under load, 2026-11-24). With no consumer left, nothing is.
 */
function agree({told, state}: Both, leastAcked: number): boolean {
  const held = state.consumers === 0 ? (told.messages_unacknowledged ?? 0) : 0
  return told.messages_ready === state.ready && held === 0 && (told.message_stats?.ack ?? 0) >= leastAcked
}

const together = ({told, state}: Both): Depth => ({
  ready: state.ready,
  unacked: told.messages_unacknowledged ?? null,
  consumers: state.consumers,
  counters: counters(told),
})

function fromApi(told: QueueNow): Depth {
  return {
    ready: told.messages_ready ?? told.messages ?? 0,
    unacked: told.messages_unacknowledged ?? null,
    consumers: told.consumers ?? 0,
    counters: counters(told),
  }
}

/** `message_stats` keeps no zero for what never happened; without any number the statistics are off. */
function counters(told: QueueNow): Depth['counters'] {
  if (told.messages_ready === undefined) return null
  const {ack = 0, deliver_no_ack: delivered = 0, get_no_ack: got = 0} = told.message_stats ?? {}
  return {acked: ack, deliveredWithoutAck: delivered + got}
}
