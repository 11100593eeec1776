import {MqliftError} from '../../errors.ts'
import type {Move} from '../../model/plan.ts'
import type {BatchLimits} from '../../targets/target.ts'

export interface Window {
  readonly messages: number
  readonly bytes: number
}

/** More than in-flight several times over: acks go out for the longest settled prefix (performance.md 5). */
const WINDOW_MESSAGES = 4000
/**
 * Where the target says how many requests it takes at once, as much again is read ahead. More would move no faster, and
 * whatever is in the window can come twice after a kill (decision 0017).
 */
const AHEAD = 2
/** All lanes together (performance.md 8): the broker hands out this much before anything is acknowledged. */
const WINDOW_BYTES = 32 * 2 ** 20
/** Every crash counts against the delivery limit of the whole window, so it is small there (reliability.md S6). */
const LIMITED_WINDOW = 50
/** A limit this low is spent by two interruptions: refused. */
const LOWEST_LIMIT = 4

/** A limit that can delete messages; RabbitMQ says -1 for none. */
export function deliveryLimitOf({deliveryLimit}: Move): number | null {
  return deliveryLimit !== null && deliveryLimit >= 0 ? deliveryLimit : null
}

export function windowFor(
  move: Move,
  lanes: number,
  asked: Partial<Window> = {},
  limits?: BatchLimits,
): Window {
  const {requests = Infinity, batchSize = 1} = limits ?? {}
  const messages = Math.min(
    asked.messages ?? Math.min(WINDOW_MESSAGES, AHEAD * requests * batchSize),
    deliveryLimitOf(move) === null ? Infinity : LIMITED_WINDOW,
  )
  const bytes = Math.min(asked.bytes ?? WINDOW_BYTES, WINDOW_BYTES)
  return {messages, bytes: Math.floor(bytes / Math.max(1, lanes))}
}

/** Why a lane must not start or go on, because crashing once more may delete messages (M4, S6). */
export function tooOften(move: Move, interruptions: number): string | undefined {
  const limit = deliveryLimitOf(move)
  if (limit === null) return undefined
  if (limit <= LOWEST_LIMIT && !move.deadLetters) {
    return `the queue gives a message up after ${limit} deliveries, and two interruptions would spend that`
  }
  if (interruptions < limit / 2) return undefined
  return `${interruptions} interruptions: the queue gives a message up after ${limit} deliveries`
}

/** A delivery that has come too often already, where giving it up would delete it. */
export function nearItsLimit(move: Move, count: number | undefined): string | undefined {
  const limit = deliveryLimitOf(move)
  if (limit === null || move.deadLetters || count === undefined || count < limit / 2) return undefined
  return `a message was delivered ${count} times already: the queue gives it up after ${limit}`
}

/** Crashing once more may delete messages. */
export const limitError = (because: string): MqliftError =>
  new MqliftError('refused', because, {reason: 'delivery-limit', suggestions: [RAISE_LIMIT]})

export const RAISE_LIMIT =
  'raise the limit with a policy (delivery-limit), inspect and plan again, then resume'
