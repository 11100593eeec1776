import {setTimeout as sleep} from 'node:timers/promises'

import {MqliftError} from '../../../errors.ts'
import type {Timing} from './context.ts'

/** Wrong credentials do not get better, and too many attempts lock accounts (S15). */
const MOST_LOGINS = 3

/**
 * Tries until it works, with growing waits. Gives up when the broker stays away, when it refuses us, and at once
 * for what no second attempt can change.
 */
export async function reopen<T>(
  open: () => Promise<T>,
  backoff: Timing['backoff'],
  signal: AbortSignal,
): Promise<T> {
  const started = performance.now()
  let refusals = 0
  for (let wait = backoff.first; ; wait = Math.min(wait * 2, backoff.most)) {
    await sleep(wait, undefined, {signal})
    try {
      return await open()
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof MqliftError && error.reason === 'login-failed') refusals++
      const late = performance.now() - started > backoff.giveUp
      if (late || refusals >= MOST_LOGINS || !isPassing(error)) throw error
    }
  }
}

/** The broker is away or not ready yet. */
function isPassing(error: unknown): boolean {
  return error instanceof MqliftError && error.kind === 'unreachable' && error.reason !== 'not-permitted'
}
