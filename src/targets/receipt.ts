import type {Entry, Receipt} from './target.ts'

/** The target asked for less: no attempt on the message. */
export function throttledReceipt(entry: Entry, name: string): Receipt {
  const reason = `throttled: ${name}`
  return {entry, unknownAttempts: 0, outcome: 'refused', retryable: true, throttled: true, reason}
}

/** It did not arrive, for certain. */
export function refusedReceipt(entry: Entry, reason: string, retryable: boolean): Receipt {
  return {entry, unknownAttempts: 0, outcome: 'refused', retryable, reason}
}

/** It may have arrived, or not. */
export function unknownReceipt(entry: Entry, reason: string): Receipt {
  return {entry, unknownAttempts: 1, outcome: 'unknown', reason}
}
