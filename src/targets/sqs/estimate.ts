import type {GroupRule} from '../../model/plan.ts'
import {MESSAGE_LIMITS} from './wire.ts'

/**
 * One request and its answer, seconds: what SQS takes from a machine in or near the Region (reliability.md T4).
 * An assumption, and printed as one.
 */
export const CALL_SECONDS = 0.03
/** Requests under way at once on a standard queue; the mover finds the real number by itself. */
const REQUESTS_AT_ONCE = 16

export interface Backlog {
  readonly messages: number | null
  readonly bytes: number | null
}

/**
 * How long a move takes. Strict FIFO sends one message per group and request and waits for the answer: with one
 * group that is one message per round trip, 33 a second.
 */
export function estimateSeconds({messages, bytes}: Backlog, group: GroupRule | undefined): number | null {
  if (messages === null) return null
  if (messages === 0) return 0
  const size = bytes === null ? 0 : bytes / messages
  const fits = size > 0 ? Math.floor(MESSAGE_LIMITS.bytes / size) : MESSAGE_LIMITS.batchEntries
  const perRequest = Math.max(1, Math.min(MESSAGE_LIMITS.batchEntries, fits))
  const requests = messages / (group?.by === 'constant' ? 1 : perRequest)
  return Math.ceil((requests * CALL_SECONDS) / (group === undefined ? REQUESTS_AT_ONCE : 1))
}
