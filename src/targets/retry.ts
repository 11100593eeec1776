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

/** What is known of a message that was not accepted at once. */
interface Progress {
  readonly last?: Receipt
  readonly unknownAttempts: number
  readonly attempts: number
}

const NOTHING: Progress = {unknownAttempts: 0, attempts: 0}

class Sending {
  readonly #target: Target
  readonly #options: RetryOptions
  #open: ReadonlyMap<Entry, Encoded>
  readonly #progress = new Map<Entry, Progress>()
  #done: readonly Receipt[] = []
  #round = 0
  #waitingSince: number | undefined

  constructor(target: Target, batch: ReadonlyMap<Entry, Encoded>, options: RetryOptions) {
    this.#target = target
    this.#options = options
    this.#open = batch
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
      const receipts = await this.#target.send(this.#open, signal)
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
    for (const entry of this.#open.keys()) {
      const progress = this.#of(entry)
      this.#progress.set(entry, {...progress, unknownAttempts: progress.unknownAttempts + 1})
    }
  }

  #of(entry: Entry): Progress {
    return this.#progress.get(entry) ?? NOTHING
  }

  #take(receipts: readonly Receipt[]): void {
    if (this.#progress.size === 0 && this.#isAll(receipts)) this.#finish(receipts)
    else this.#finish(receipts.flatMap((receipt) => this.#weigh(receipt)))
    if (outcomeOf(receipts) === 'ok') this.#options.onResumed?.()
  }

  /** Nearly always: nothing is made for each message then. */
  #isAll(receipts: readonly Receipt[]): boolean {
    return (
      receipts.length === this.#open.size &&
      receipts.every(({entry, outcome}) => outcome === 'accepted' && this.#open.has(entry))
    )
  }

  /** The receipt that is final, if it is. */
  #weigh(receipt: Receipt): Receipt[] {
    const {entry} = receipt
    if (!this.#open.has(entry)) return []
    const before = this.#of(entry)
    const throttled = receipt.outcome === 'refused' && receipt.throttled === true
    if (throttled) this.#options.onThrottled?.(receipt.reason)
    const unknownAttempts = before.unknownAttempts + receipt.unknownAttempts
    const attempts = before.attempts + (throttled ? 0 : 1)
    if (this.#isOver(receipt, attempts)) return [{...receipt, unknownAttempts}]
    this.#progress.set(entry, {last: receipt, unknownAttempts, attempts})
    return []
  }

  #isOver(receipt: Receipt, attempts: number): boolean {
    if (receipt.outcome === 'accepted') return true
    if (receipt.outcome === 'refused' && !receipt.retryable) return true
    return attempts >= (this.#options.attempts ?? ATTEMPTS)
  }

  #finish(receipts: readonly Receipt[]): void {
    this.#done = this.#done.length === 0 ? receipts : [...this.#done, ...receipts]
    const over = new Set(receipts.map(({entry}) => entry))
    this.#open =
      over.size === this.#open.size
        ? new Map()
        : new Map([...this.#open].filter(([entry]) => !over.has(entry)))
  }

  /** Throws when the lane must stop and nothing would be forgotten by it; else leaves the rest unfinished. */
  #goOnAfter(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    if (!(error instanceof MqliftError)) throw error
    if (error.kind === 'unreachable' && error.reason !== 'untrusted' && !this.#waitedEnough()) {
      this.#options.onThrottled?.(error.message)
      return
    }
    const learnt =
      this.#done.length > 0 || [...this.#progress.values()].some((one) => one.unknownAttempts > 0)
    if (!learnt) throw error
    this.#finish(
      Array.from(this.#open.keys(), (entry) => {
        const refused = refusedReceipt(entry, error.message, true)
        return {...refused, unknownAttempts: this.#of(entry).unknownAttempts}
      }),
    )
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
    return Array.from(this.#open.keys(), (entry): Receipt => {
      const {last, unknownAttempts} = this.#of(entry)
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
