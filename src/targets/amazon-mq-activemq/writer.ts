import type {Envelope} from '../../model/envelope.ts'
import type {SendingLink, Settlement} from '../../protocols/amqp1/link.ts'
import {refusedReceipt, throttledReceipt, unknownReceipt} from '../receipt.ts'
import type {Encoded, Entry, Receipt, Target} from '../target.ts'
import {unlessAborted} from '../unless-aborted.ts'
import type {LinkKeeper} from './link-keeper.ts'
import {AmqpWire, BATCH_SIZE, MAXIMUM_BYTES} from './wire.ts'

export interface WriterOptions {
  readonly links: LinkKeeper
  readonly encode: (envelope: Envelope, now: number) => Encoded
}

const LIMITS = {batchSize: BATCH_SIZE, batchBytes: MAXIMUM_BYTES}

/**
 * Writes the messages of one move into one queue, over one link: they arrive in the order of `send`. The broker's
 * disposition of a message is its confirm. Repeats nothing of its own accord.
 */
export class ActivemqWriter implements Target {
  readonly limits = LIMITS
  readonly encode: (envelope: Envelope, now: number) => Encoded
  readonly #links: LinkKeeper

  constructor({links, encode}: WriterOptions) {
    this.#links = links
    this.encode = encode
  }

  async send(batch: ReadonlyMap<Entry, Encoded>, signal: AbortSignal): Promise<Receipt[]> {
    const messages = [...batch].map(([entry, encoded]) => ({entry, bytes: bytesOf(encoded)}))
    const link = await this.#links.link(signal)
    // From here on something may arrive: nothing is thrown any more.
    const receipts = messages.map(({entry}) => unknownReceipt(entry, INTERRUPTED))
    const all = messages.map(async ({entry, bytes}, index) => {
      receipts[index] = receiptOf(entry, await link.send(bytes), link)
    })
    await unlessAborted(Promise.all(all), signal)
    // A copy: dispositions that come later change nothing that was returned.
    return [...receipts]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links[Symbol.asyncDispose]()
  }
}

const INTERRUPTED = 'the run ended before the broker answered'

function bytesOf({wire}: Encoded): Buffer {
  if (!(wire instanceof AmqpWire)) throw new Error('a message that encode refused was given to send')
  return wire.bytes
}

function receiptOf(entry: Entry, settlement: Settlement, link: SendingLink): Receipt {
  if (settlement.type === 'accepted')
    return {entry, unknownAttempts: 0, outcome: 'accepted', targetId: `${link.name}/${settlement.id}`}
  if (settlement.type === 'unsent') return refusedReceipt(entry, `not sent: ${settlement.reason}`, true)
  if ('reason' in settlement) return unknownReceipt(entry, `no disposition: ${settlement.reason}`)
  if (settlement.type === 'rejected') return rejected(entry, settlement.condition)
  return refusedReceipt(entry, `the broker gave it back (${settlement.condition})`, true)
}

/** Only the name of the condition: what a broker says about a message may quote the message. */
function rejected(entry: Entry, condition: string): Receipt {
  // sendFailIfNoSpace: memory or store is full. It asks for less.
  if (/resource-limit|resource-allocation/.test(condition)) return throttledReceipt(entry, condition)
  const reason = `the broker refused it (${condition})`
  return refusedReceipt(entry, reason, !/unauthorized|not-allowed|decode-error|invalid-field/.test(condition))
}
