import type {Message} from '@aws-sdk/client-sqs'

import type {Envelope} from '../../../model/envelope.ts'
import type {Delivery, ReadOptions} from '../../../sources/source.ts'
import type {TakeBackOptions} from '../../take-back.ts'
import type {Count} from '../../target.ts'
import {decodedOrNull} from '../decode.ts'
import {type ConsumerCalls, type Held, VISIBILITY_SECONDS} from './calls.ts'
import {foreignEnvelope} from './foreign.ts'
import {Remover} from './remover.ts'

/** Twice in a row nothing, and the counts say nothing: counts alone may be a minute old. */
const EMPTY_ANSWERS = 2
const PROLONG_MS = (VISIBILITY_SECONDS * 1000) / 3
/** What somebody else received comes back within its own visibility timeout; we wait for a little more than ours. */
const PATIENCE_MS = 2 * VISIBILITY_SECONDS * 1000
/** Most that a queue gives out unacknowledged is far more; this bounds what a crash makes invisible. */
const MOST_HELD = 1000

export interface ReaderParts {
  readonly calls: ConsumerCalls
  readonly count: () => Promise<Count | null>
  readonly takeBack: TakeBackOptions
  readonly now: () => number
}

/** Takes what waits in a queue of SQS, one request at a time, so that a FIFO queue is seen in its order. */
export class TakeBackReader implements AsyncIterableIterator<Delivery> {
  readonly #parts: ReaderParts
  readonly #options: ReadOptions
  readonly #signal: AbortSignal
  readonly #remover: Remover
  readonly #held = new Map<string, Held & {readonly bytes: number}>()
  readonly #prolonging: NodeJS.Timeout
  #ready: Delivery[] = []
  #bytes = 0
  #empty = 0
  #hiddenSince: number | undefined
  #over = false
  #closed = false
  #changed = Promise.withResolvers<void>()
  readonly #wake = (): void => {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  constructor(parts: ReaderParts, options: ReadOptions, signal: AbortSignal) {
    this.#parts = parts
    this.#options = options
    this.#signal = signal
    this.#remover = new Remover(parts.calls)
    signal.addEventListener('abort', this.#wake)
    this.#prolonging = setInterval(
      () => void parts.calls.hide([...this.#held.values()], VISIBILITY_SECONDS),
      PROLONG_MS,
    ).unref()
  }

  get held(): number {
    return this.#held.size
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Delivery>> {
    for (;;) {
      if (this.#closed || this.#signal.aborted) return OVER
      const next = this.#ready.shift()
      if (next) return {done: false, value: next}
      if (this.#over) return OVER
      if (this.#isFull()) await this.#changed.promise
      else await this.#receive()
    }
  }

  /** Deletes what was acknowledged, and gives the rest back at once. */
  async return(): Promise<IteratorResult<Delivery>> {
    if (this.#closed) return OVER
    this.#closed = true
    this.#wake()
    clearInterval(this.#prolonging)
    this.#signal.removeEventListener('abort', this.#wake)
    await this.#remover.flush()
    await this.#parts.calls.hide([...this.#held.values()], 0)
    return OVER
  }

  #isFull(): boolean {
    const {messages, bytes} = this.#options.window
    const most = Math.min(messages, MOST_HELD)
    return this.#held.size > 0 && (this.#held.size >= most || this.#bytes >= bytes)
  }

  async #receive(): Promise<void> {
    const messages = await this.#parts.calls.receive(this.#signal).catch((error: unknown) => {
      if (this.#signal.aborted) return []
      throw error
    })
    if (messages.length === 0) return this.#looksEmpty()
    this.#empty = 0
    this.#hiddenSince = undefined
    for (const message of messages) await this.#take(message)
  }

  async #looksEmpty(): Promise<void> {
    if (this.#signal.aborted) return
    const {visible, inFlight, delayed} = (await this.#parts.count()) ?? NOTHING
    const others = Math.max(0, inFlight - this.#held.size) + delayed
    if (others > 0) return this.#hidden(others)
    if (visible === 0) this.#empty++
    this.#over ||= this.#empty >= EMPTY_ANSWERS
  }

  /** What somebody holds comes back when its time is over, or never, if consumers run. */
  #hidden(others: number): void {
    const now = this.#parts.now()
    this.#hiddenSince ??= now
    if (now - this.#hiddenSince < PATIENCE_MS) return
    this.#over = true
    const reason = 'received by somebody else and not deleted, or delayed'
    this.#options.onEvent?.({type: 'left-behind', messages: others, reason})
  }

  async #take(message: Message): Promise<void> {
    const {MessageId: id = '', ReceiptHandle: handle = ''} = message
    const known = this.#held.get(id)
    // Its time ran out while we held it: only the newest handle deletes it.
    if (known) return void this.#held.set(id, {...known, handle})
    const ours = decodedOrNull(message)
    const judged = this.#over ? 'leave' : await this.#parts.takeBack.judge({id, ours})
    if (judged === 'remove') return void (await this.#remover.remove({id, handle}))
    const bytes = Buffer.byteLength(message.Body ?? '')
    this.#held.set(id, {id, handle, bytes})
    if (judged === 'leave') return this.#leave()
    this.#bytes += bytes
    this.#ready.push(this.#delivery(id, envelopeOf(message, ours, this.#parts.takeBack.source)))
  }

  /** It is held until the reading ends, so that it is not seen again and again. */
  #leave(): void {
    if (!this.#over) {
      const reason = 'more messages of others than --with-new allows'
      this.#options.onEvent?.({type: 'left-behind', messages: 1, reason})
    }
    this.#over = true
  }

  #delivery(id: string, envelope: Envelope): Delivery {
    return {
      envelope,
      ack: () => this.#ack(id),
      // Everything that is held is given back when the reading ends.
      release: () => undefined,
    }
  }

  async #ack(id: string): Promise<'applied' | 'lost'> {
    const held = this.#held.get(id)
    if (!held || this.#closed) return 'lost'
    const state = await this.#remover.remove(held)
    if (state === 'lost') return state
    this.#held.delete(id)
    this.#bytes -= held.bytes
    this.#wake()
    return state
  }
}

const NOTHING = {visible: 0, inFlight: 0, delayed: 0}
const OVER = {done: true, value: undefined} as const

/** The service's id is unique: what comes back after a crash is not sent again. An identity of its own is older. */
function envelopeOf(message: Message, ours: Envelope | null, source: string): Envelope {
  const envelope = ours ?? foreignEnvelope(message, source)
  const received = Number(message.Attributes?.ApproximateReceiveCount ?? 1)
  return {
    ...envelope,
    identity: envelope.identity ?? `${IDENTITY}${message.MessageId ?? ''}`,
    delivery: {redelivered: received > 1, count: received - 1},
  }
}

export const IDENTITY = 'sqs:'
