import type {Envelope} from '../../model/envelope.ts'
import {visible} from '../../model/visible.ts'
import type {Closed} from '../../protocols/amqp091/connection.ts'
import {Content} from '../../protocols/amqp091/content-writer.ts'
import type {Fate} from '../../protocols/amqp091/outstanding-batches.ts'
import type {Publisher} from '../../protocols/amqp091/publisher.ts'
import {refusedReceipt, unknownReceipt} from '../receipt.ts'
import type {Encoded, Entry, Receipt, Target} from '../target.ts'
import {unlessAborted} from '../unless-aborted.ts'
import type {Link} from './link.ts'

/**
 * A request is one write to the socket. Larger ones cost fewer commits in the ledger; smaller ones are confirmed sooner.
 * With thousands of messages without a confirm a quorum queue becomes slower: with 4,000 the broker spent 8.8 CPU seconds
 * on 100,000 messages instead of 5.6 with 750 (4.0.5, 2026-11-24, npm run bench:rabbitmq; decision 0017).
 */
const LIMITS = {batchSize: 250, batchBytes: 4 * 2 ** 20, requests: 3}

export interface WriterOptions {
  readonly link: Link
  readonly encode: (envelope: Envelope, now: number) => Encoded
}

/**
 * Writes the messages of one move into one queue, through the default exchange: published to the exchange they came
 * through, they would go to every other queue bound there as well (rabbitmq.md 3.6). Repeats nothing of its own accord.
 */
export class RabbitmqWriter implements Target {
  readonly limits = LIMITS
  readonly encode: (envelope: Envelope, now: number) => Encoded
  readonly #link: Link
  /** Entries that were outstanding when the broker closed the channel over one of them (B6). */
  readonly #suspects = new Set<Entry>()
  /** While there are suspects, one `send` after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Connections so far, by what publishes through them: delivery tags start again with each. */
  readonly #epochs = new WeakMap<Publisher, number>()
  #opened = 0
  #sends = 0

  constructor({link, encode}: WriterOptions) {
    this.#link = link
    this.encode = encode
  }

  async send(batch: ReadonlyMap<Entry, Encoded>, signal: AbortSignal): Promise<Receipt[]> {
    const messages: Message[] = []
    batch.forEach((encoded, entry) => messages.push({entry, content: contentOf(encoded)}))
    if (this.#suspects.size === 0) return this.#publish(messages, signal)
    const turn = this.#turn.then(() => this.#carefully(messages, signal))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]()
  }

  async #publish(messages: readonly Message[], signal: AbortSignal): Promise<Receipt[]> {
    const publisher = await this.#link.publisher(signal)
    // From here on something may arrive: nothing is thrown any more.
    const first = publisher.outstanding === 0
    const mine = ++this.#sends
    const published = publisher.publish(messages.map(({content}) => content))
    const answered = await unlessAborted(published, signal)
    const alone = first && messages.length === 1 && this.#sends === mine
    if (answered?.fates.includes('returned')) this.#link.doubtQueue()
    const closed = answered ? publisher.closed : INTERRUPTED
    const epoch = this.#epochOf(publisher)
    return messages.map(({entry}, index) => {
      const fate = answered?.fates[index] ?? 'lost'
      if (fate === 'confirmed')
        return {
          entry,
          unknownAttempts: 0,
          outcome: 'accepted',
          targetId: `${epoch}.${(answered?.first ?? 0) + index}`,
        }
      if (fate !== 'lost') return refusedReceipt(entry, SAYS[fate], true)
      return this.#afterLoss(entry, closed, alone)
    })
  }

  /** One by one, so that it shows which of them the broker closes the channel over; the others go on. */
  async #carefully(messages: readonly Message[], signal: AbortSignal): Promise<Receipt[]> {
    const receipts: Receipt[] = []
    for (const message of messages) {
      if (!this.#suspects.has(message.entry) || signal.aborted) continue
      receipts.push(...(await this.#one(message, receipts.length > 0, signal)))
    }
    const answered = new Set(receipts.map(({entry}) => entry))
    const others = messages.filter(({entry}) => !answered.has(entry))
    if (others.length === 0) return receipts
    if (receipts.length === 0) return this.#publish(others, signal)
    return [
      ...receipts,
      ...(await this.#publish(others, signal).catch((error: unknown) => later(others, error))),
    ]
  }

  /** Throwing would lose the receipts of those before it. */
  async #one(message: Message, hasReceipts: boolean, signal: AbortSignal): Promise<Receipt[]> {
    try {
      const [receipt] = await this.#publish([message], signal)
      if (receipt && receipt.outcome !== 'unknown') this.#suspects.delete(message.entry)
      return receipt ? [receipt] : []
    } catch (error) {
      if (!hasReceipts) throw error
      return later([message], error)
    }
  }

  /** The broker closed the channel or the connection over something it was sent: alone, it is known what. */
  #afterLoss(entry: Entry, closed: Closed | undefined, alone: boolean): Receipt {
    const {code, reason} = closed ?? UNTOLD
    const why = `no confirm: ${visible(reason)}`
    if (code === undefined || !POISON.has(code)) return unknownReceipt(entry, why)
    if (alone) {
      this.#suspects.delete(entry)
      return refusedReceipt(entry, `the broker does not take it: ${code} ${visible(reason)}`, false)
    }
    this.#suspects.add(entry)
    return unknownReceipt(entry, why)
  }

  #epochOf(publisher: Publisher): number {
    const known = this.#epochs.get(publisher)
    if (known !== undefined) return known
    this.#epochs.set(publisher, ++this.#opened)
    return this.#opened
  }
}

interface Message {
  readonly entry: Entry
  readonly content: Content
}

/** AMQP 0-9-1 reply codes that say the message was wrong, not the broker unwell; 406 is what a too large one gets. */
const POISON = new Set([311, 406, 501, 502, 503, 505, 541])

const UNTOLD: Closed = {code: undefined, reason: 'the connection was lost'}
const INTERRUPTED: Closed = {code: undefined, reason: 'the run ended before the broker answered'}

const SAYS: Readonly<Record<Exclude<Fate, 'confirmed' | 'lost'>, string>> = {
  nacked: 'the broker refused it (basic.nack): the queue is full and rejects, or it cannot store',
  returned: 'the broker gave it back: there is no queue of this name (312 NO_ROUTE)',
}

function contentOf({wire}: Encoded): Content {
  if (!(wire instanceof Content)) throw new Error('a message that encode refused was given to send')
  return wire
}

/** They were not sent: the next attempt meets the same obstacle and says so. */
function later(messages: readonly Message[], error: unknown): Receipt[] {
  if (!(error instanceof Error)) throw error
  return messages.map(({entry}) => refusedReceipt(entry, error.message, true))
}
