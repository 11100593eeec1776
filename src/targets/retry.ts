import {setTimeout as delay} from 'node:timers/promises'

import {MqliftError} from '../errors.ts'
import {AdaptiveLimit, type LimitOptions, type Outcome} from './concurrency.ts'
import {Gate} from './gate.ts'
import {refusedReceipt} from './receipt.ts'
import type {Encoded, Entry, Receipt, Target} from './target.ts'

export type {LimitOptions} from './concurrency.ts'

/** How fast requests may start, shared by every lane that writes to the same account. */
export interface Pace {
  /** Requests that may be under way now. */
  readonly limit: number
  enter(signal: AbortSignal): Promise<(outcome: Outcome) => void>
}

export function sharedPace(now: () => number, options?: LimitOptions): Pace {
  const limit = new AdaptiveLimit(options)
  const gate = new Gate(limit, now)
  return {
    get limit() {
      return limit.limit
    },
    enter: (signal) => gate.enter(signal),
  }
}

export interface RetryOptions {
  readonly pace: Pace
  readonly now: () => number
  /** 0 ≤ n < 1. */
  readonly random: () => number
  /** Attempts on one message, throttled ones not counted. Each unknown one is a possible duplicate. */
  readonly attempts?: number
  /** How long to wait for a target that cannot be reached or takes no credentials. */
  readonly giveUpAfterMs?: number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Requests are held back; said once per reason until `onResumed`. */
  readonly onThrottled?: (reason: string) => void
  readonly onResumed?: () => void
}

const ATTEMPTS = 5
/** Credentials of a person take a while to renew; a lane that waits holds nothing but its window. */
const GIVE_UP_AFTER_MS = 15 * 60_000
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 5000

/**
 * The only retry there is (SDK clients make one attempt): every attempt is seen here, and those whose outcome nobody
 * knows are counted into the receipt. Throttled attempts never count. A target that cannot be reached, or whose
 * credentials have expired, is waited for. Everything else that `send` throws stops the lane.
 */
export function withRetry(target: Target, options: RetryOptions): Target {
  const calm = throttleReport(options)
  return {
    limits: target.limits,
    encode: (envelope, now) => target.encode(envelope, now),
    send: (batch, signal) => new Sending(target, batch, {...options, ...calm}).run(signal),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  }
}

/** What is known of one message so far. */
interface Progress {
  readonly encoded: Encoded
  readonly last?: Receipt
  readonly unknownAttempts: number
  readonly attempts: number
}

class Sending {
  readonly #target: Target
  readonly #options: RetryOptions
  readonly #open: Map<Entry, Progress>
  readonly #done: Receipt[] = []
  #round = 0
  #waitingSince: number | undefined

  constructor(target: Target, batch: ReadonlyMap<Entry, Encoded>, options: RetryOptions) {
    this.#target = target
    this.#options = options
    this.#open = new Map(
      Array.from(batch, ([entry, encoded]) => [entry, {encoded, unknownAttempts: 0, attempts: 0}]),
    )
  }

  async run(signal: AbortSignal): Promise<Receipt[]> {
    while (this.#open.size > 0 && !signal.aborted) {
      try {
        this.#take(await this.#attempt(signal))
        this.#waitingSince = undefined
      } catch (error) {
        this.#goOnAfter(error, signal)
      }
      if (this.#open.size > 0) await this.#pause(signal)
    }
    return [...this.#done, ...this.#unfinished()]
  }

  async #attempt(signal: AbortSignal): Promise<Receipt[]> {
    const {pace} = this.#options
    const leave = await pace.enter(signal)
    let outcome: Outcome = 'failed'
    try {
      const batch = new Map(Array.from(this.#open, ([entry, {encoded}]) => [entry, encoded]))
      const receipts = await this.#target.send(batch, signal)
      outcome = outcomeOf(receipts)
      return receipts
    } catch (error) {
      // Cut off by us in the middle of a request: it may have arrived (rule 3).
      if (signal.aborted && !(error instanceof MqliftError)) this.#countUnknown()
      throw error
    } finally {
      leave(outcome)
    }
  }

  #countUnknown(): void {
    for (const [entry, progress] of this.#open) {
      this.#open.set(entry, {...progress, unknownAttempts: progress.unknownAttempts + 1})
    }
  }

  #take(receipts: readonly Receipt[]): void {
    for (const receipt of receipts) {
      const before = this.#open.get(receipt.entry)
      if (!before) continue
      const throttled = receipt.outcome === 'refused' && receipt.throttled === true
      const after: Progress = {
        encoded: before.encoded,
        last: receipt,
        unknownAttempts: before.unknownAttempts + receipt.unknownAttempts,
        attempts: before.attempts + (throttled ? 0 : 1),
      }
      if (throttled) this.#options.onThrottled?.(receipt.reason)
      if (this.#isOver(receipt, after)) this.#finish(receipt, after)
      else this.#open.set(receipt.entry, after)
    }
    if (outcomeOf(receipts) === 'ok') this.#options.onResumed?.()
  }

  #isOver(receipt: Receipt, {attempts}: Progress): boolean {
    if (receipt.outcome === 'accepted') return true
    if (receipt.outcome === 'refused' && !receipt.retryable) return true
    return attempts >= (this.#options.attempts ?? ATTEMPTS)
  }

  #finish(receipt: Receipt, {unknownAttempts}: Progress): void {
    this.#open.delete(receipt.entry)
    this.#done.push({...receipt, unknownAttempts})
  }

  /** Throws when the lane must stop and nothing would be forgotten by it; else leaves the rest unfinished. */
  #goOnAfter(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    if (!(error instanceof MqliftError)) throw error
    if (error.kind === 'unreachable' && error.reason !== 'untrusted' && !this.#waitedEnough()) {
      this.#options.onThrottled?.(error.message)
      return
    }
    const learnt = this.#done.length > 0 || [...this.#open.values()].some((one) => one.unknownAttempts > 0)
    if (!learnt) throw error
    for (const [entry, progress] of this.#open) {
      this.#finish(refusedReceipt(entry, error.message, true), progress)
    }
  }

  #waitedEnough(): boolean {
    const now = this.#options.now()
    this.#waitingSince ??= now
    return now - this.#waitingSince > (this.#options.giveUpAfterMs ?? GIVE_UP_AFTER_MS)
  }

  /** Exponential with full jitter, so that lanes that failed together do not come back together. */
  async #pause(signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#round++)
    const sleep = this.#options.sleep ?? pause
    await sleep(longest * (0.5 + this.#options.random() / 2), signal)
  }

  /** Given up because the run ends: what was never answered may be there, what was refused is not. */
  #unfinished(): Receipt[] {
    return Array.from(this.#open, ([entry, {last, unknownAttempts}]): Receipt => {
      const reason = last && last.outcome !== 'accepted' ? last.reason : 'the run ended before it was sent'
      return unknownAttempts > 0
        ? {entry, unknownAttempts, outcome: 'unknown', reason}
        : {entry, unknownAttempts, outcome: 'refused', retryable: true, reason}
    })
  }
}

function outcomeOf(receipts: readonly Receipt[]): Outcome {
  if (receipts.some((receipt) => receipt.outcome === 'refused' && receipt.throttled)) return 'throttled'
  return receipts.some(({outcome}) => outcome === 'unknown') ? 'failed' : 'ok'
}

/** Ends early when the run does; that is not a failure. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, {signal}).catch(() => undefined)
}

/** Each reason once, until things go well again. */
function throttleReport({
  onThrottled,
  onResumed,
}: RetryOptions): Pick<RetryOptions, 'onThrottled' | 'onResumed'> {
  let said: string | undefined
  return {
    onThrottled(reason) {
      if (said === reason) return
      said = reason
      onThrottled?.(reason)
    },
    onResumed() {
      if (said === undefined) return
      said = undefined
      onResumed?.()
    },
  }
}
