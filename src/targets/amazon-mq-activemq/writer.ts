import type {Envelope} from '../../model/envelope.ts'
import type {SendingLink, Settlement} from '../../protocols/amqp1/link.ts'
import type {Encoded, Entry, Receipt, Target} from '../target.ts'
import type {LinkKeeper} from './link-keeper.ts'
import {AmqpWire, BATCH_SIZE} from './wire.ts'

export interface WriterOptions {
  readonly links: LinkKeeper
  readonly encode: (envelope: Envelope, now: number) => Encoded
  readonly maximumBytes: number
}

/**
 * Writes the messages of one move into one queue, over one link: they arrive in the order of `send`. The broker's
 * disposition of a message is its confirm. Repeats nothing of its own accord.
 */
export class ActivemqWriter implements Target {
  readonly limits: Target['limits']
  readonly encode: (envelope: Envelope, now: number) => Encoded
  readonly #links: LinkKeeper

  constructor({links, encode, maximumBytes}: WriterOptions) {
    this.#links = links
    this.encode = encode
    this.limits = {batchSize: BATCH_SIZE, batchBytes: maximumBytes}
  }

  async send(batch: ReadonlyMap<Entry, Encoded>, signal: AbortSignal): Promise<Receipt[]> {
    const messages = [...batch].map(([entry, encoded]) => ({entry, bytes: bytesOf(encoded)}))
    const link = await this.#links.link(signal)
    // From here on something may arrive: nothing is thrown any more.
    const settled = messages.map(async ({entry, bytes}) => receiptOf(entry, await link.send(bytes), link))
    return Promise.all(settled.map((one, index) => unlessAborted(one, messages[index]?.entry, signal)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links[Symbol.asyncDispose]()
  }
}

function bytesOf({wire}: Encoded): Buffer {
  if (!(wire instanceof AmqpWire)) throw new Error('a message that encode refused was given to send')
  return wire.bytes
}

function receiptOf(entry: Entry, settlement: Settlement, link: SendingLink): Receipt {
  if (settlement.type === 'accepted')
    return {entry, unknownAttempts: 0, outcome: 'accepted', targetId: `${link.name}/${settlement.id}`}
  if (settlement.type === 'unsent') return refused(entry, `not sent: ${settlement.reason}`, true)
  if ('reason' in settlement)
    return {entry, unknownAttempts: 1, outcome: 'unknown', reason: `no disposition: ${settlement.reason}`}
  if (settlement.type === 'rejected') return rejected(entry, settlement.condition)
  return refused(entry, `the broker gave it back (${settlement.condition})`, true)
}

/** Only the name of the condition: what a broker says about a message may quote the message. */
function rejected(entry: Entry, condition: string): Receipt {
  const reason = `the broker refused it (${condition})`
  // sendFailIfNoSpace: memory or store is full. It asks for less.
  if (/resource-limit|resource-allocation/.test(condition))
    return {entry, unknownAttempts: 0, outcome: 'refused', retryable: true, throttled: true, reason}
  return refused(entry, reason, !/unauthorized|not-allowed|decode-error|invalid-field/.test(condition))
}

const refused = (entry: Entry, reason: string, retryable: boolean): Receipt => ({
  entry,
  unknownAttempts: 0,
  outcome: 'refused',
  retryable,
  reason,
})

/** The run is over and does not wait for the answer. */
async function unlessAborted(
  work: Promise<Receipt>,
  entry: Entry | undefined,
  signal: AbortSignal,
): Promise<Receipt> {
  if (entry === undefined) return work
  const over = Promise.withResolvers<Receipt>()
  const reason = 'the run ended before the broker answered'
  const abort = (): void => over.resolve({entry, unknownAttempts: 1, outcome: 'unknown', reason})
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
