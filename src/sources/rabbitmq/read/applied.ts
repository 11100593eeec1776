import {setTimeout as sleep} from 'node:timers/promises'

import type {QueueState} from '../../../protocols/amqp091/queue-state.ts'
import type {ReadContext} from './context.ts'
import type {Outstanding} from './outstanding.ts'
import {type QueueNow, readQueueNow} from './queue-now.ts'

export interface Tail {
  readonly context: ReadContext
  readonly outstanding: Outstanding
  /** Ack frames that may not be applied yet. */
  readonly framesInDoubt: number
  /** Consumers that are not ours. A cancelled consumer is counted as long as it holds something. */
  readonly others: number
  readonly look: () => Promise<QueueState>
  /** After this, `look` asks on a new channel. */
  readonly closeChannel: () => Promise<void>
}

/**
 * A channel sends 32 unapplied commands to a quorum queue and parks the rest, which die with it (rabbitmq.md 4.2).
 * With at most half of that in doubt nothing can be parked, and closing at once is safe.
 */
const NOT_PARKED = 16
/** What a closed channel held shows up again within this time. */
const RETURN_MS = 600
const RETURN_MOST_MS = 2000
const LOOK_MS = 150
/** The queue's count came after 4.6 s and after 6.4 s (rabbitmq.md 4.2). */
const LATE_MS = 2000
const COUNTED_MS = 6000
const POLL_MS = 300

/**
 * Settles the last acks of a quorum queue after the consumer was cancelled: by the queue's own count of what is
 * unacknowledged, or by closing and seeing how much came back (reliability.md 2.3).
 */
export async function settleTail(tail: Tail): Promise<void> {
  const {outstanding, look, framesInDoubt, others} = tail
  const first = await look()
  await sleep(LOOK_MS)
  const before = await look()
  // Producers and other consumers change the depth as well: then only the queue's own count tells.
  const alone = before.ready === first.ready && others === 0
  if ((framesInDoubt > NOT_PARKED || !alone) && (await countAgrees(tail))) {
    outstanding.prove(outstanding.framed)
    return
  }
  await tail.closeChannel()
  // With others reading, what came back may be gone again: nothing is proved.
  const back = others > 0 ? outstanding.unproved : await cameBack(tail, before.ready)
  outstanding.loseLast(back)
  outstanding.prove(outstanding.framed)
}

/** Waits as long as the number takes to be fresh, whether or not it can be read: parked acks need the time too. */
async function countAgrees({context, outstanding}: Tail): Promise<boolean> {
  await sleep(context.timing.apply)
  return pollQueue(context, LATE_MS, (now) => now.messages_unacknowledged === outstanding.kept)
}

/**
 * A channel's last acks reach the counters with its next report (every 5 s by default); closed before, they may never
 * be counted (3.10.8 and 4.0.5, 2026-11-24), and the account of the queue would not add up.
 */
export async function waitUntilCounted(context: ReadContext, acked: number): Promise<void> {
  const {ackedBefore} = context
  if (ackedBefore === undefined || acked === 0) return
  await pollQueue(context, COUNTED_MS, (now) => (now.message_stats?.ack ?? 0) >= ackedBefore + acked)
}

async function pollQueue(
  context: ReadContext,
  patience: number,
  holds: (now: QueueNow) => boolean,
): Promise<boolean> {
  const api = await context.api()
  if (!api) return false
  const deadline = AbortSignal.timeout(patience)
  while (!deadline.aborted) {
    const now = await readQueueNow(api, context.queue, deadline)
    // Gone or not told: it will not get better.
    if (!now) return false
    if (holds(now)) return true
    await sleep(POLL_MS)
  }
  return false
}

async function cameBack({look, outstanding}: Tail, readyBefore: number): Promise<number> {
  const expected = readyBefore + outstanding.kept
  let extra = 0
  for (let waited = 0; waited < RETURN_MOST_MS; waited += LOOK_MS) {
    await sleep(LOOK_MS)
    const {ready} = await look()
    extra = Math.max(extra, ready - expected)
    if (waited >= RETURN_MS && ready >= expected) break
  }
  return Math.min(extra, outstanding.unproved)
}
