import {setImmediate as nextTurn} from 'node:timers/promises'

import {MqliftError} from '../../errors.ts'
import type {LedgerLane} from '../../ledger/ledger.ts'
import type {Encoded, Entry, Receipt} from '../../targets/target.ts'
import type {Held} from './holding.ts'
import type {Item} from './item.ts'
import type {LaneParts} from './lane-parts.ts'

export interface Resolved {
  readonly sent: number
  readonly held: readonly Held[]
  /** Nothing more can be sent, and why. */
  readonly stop?: MqliftError
}

/** The order of writes (rule 1): claim (fsync) → send → receipt → archive and record (fsync) → ack → settle. */
export class Sender {
  readonly #parts: LaneParts
  readonly #ledger: LedgerLane
  /** The connection that the lane reads from now. */
  readonly #epoch: () => number
  #acksOpen = 0
  #settled = 0
  #lost = 0

  constructor(parts: LaneParts, ledger: LedgerLane, epoch: () => number) {
    this.#parts = parts
    this.#ledger = ledger
    this.#epoch = epoch
  }

  get settled(): number {
    return this.#settled
  }

  /** Acks of the present connection that were not applied, since this was last asked. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  get canQuarantine(): boolean {
    return this.#parts.quarantine && this.#parts.archive !== null
  }

  /** One request. Rejects when the ledger or the archive cannot be written: what was claimed stays claimed. */
  async move(items: readonly Item[], grace: AbortSignal): Promise<Resolved> {
    const claims = await this.#ledger.claim(items.map(({received}) => received))
    const held: Held[] = []
    const outgoing = new Map<Entry, Item>()
    const batch = new Map<Entry, Encoded>()
    let index = 0
    for (const item of items) {
      const claim = claims[index++]
      if (!claim) throw new Error('the ledger answered for fewer messages than it was asked for')
      if (claim.step === 'send') {
        outgoing.set(claim.entry, item)
        batch.set(claim.entry, item.encoded)
      } else if (claim.step === 'already-sent') this.#ack(claim.entry, item)
      else held.push({item, entry: claim.entry, state: 'failed', reason: item.received.failed ?? ''})
    }
    if (outgoing.size === 0) return {sent: 0, held}
    const sent = await this.#send(outgoing, batch, grace)
    return {...sent, held: [...held, ...sent.held]}
  }

  /** Into the archive instead of the target; the message then leaves the source (P1). */
  async quarantine(held: readonly Held[]): Promise<void> {
    await this.#archive(new Map(held.map(({entry, item}) => [entry, item])))
    await this.#ledger.record(held.map(({entry, reason}) => ({entry, outcome: 'quarantined', reason})))
    for (const {entry, item} of held) this.#ack(entry, item)
  }

  /** After the source was closed: every ack is known to be applied or lost. */
  async acksSettled(): Promise<void> {
    await nextTurn()
    while (this.#acksOpen > 0) await nextTurn()
  }

  async #send(
    outgoing: ReadonlyMap<Entry, Item>,
    batch: ReadonlyMap<Entry, Encoded>,
    grace: AbortSignal,
  ): Promise<Resolved> {
    const [sent, archived] = await Promise.allSettled([
      this.#parts.target.send(batch, grace),
      this.#archive(outgoing),
    ])
    // Not recorded, so not acked: the messages are at the target and in doubt, which is what they are.
    if (archived.status === 'rejected') throw archived.reason
    if (sent.status === 'fulfilled') return this.#record(outgoing, sent.value)
    const error: unknown = sent.reason
    if (!(error instanceof MqliftError)) throw error
    // The contract of `send`: whatever throws was not accepted.
    const refused = Array.from(outgoing.keys(), (entry): Receipt => {
      return {entry, unknownAttempts: 0, outcome: 'refused', retryable: true, reason: error.message}
    })
    return {...(await this.#record(outgoing, refused)), stop: error}
  }

  async #archive(outgoing: ReadonlyMap<Entry, Item>): Promise<void> {
    await this.#parts.archive?.append(
      Array.from(outgoing, ([{seq}, {head, delivery}]) => ({seq, head, body: delivery.envelope.body})),
    )
  }

  async #record(outgoing: ReadonlyMap<Entry, Item>, receipts: readonly Receipt[]): Promise<Resolved> {
    if (receipts.length !== outgoing.size)
      throw new Error('the target answered for another number of messages')
    await this.#ledger.record(receipts)
    const held: Held[] = []
    for (const receipt of receipts) {
      const {entry, outcome} = receipt
      const item = outgoing.get(entry)
      if (!item) throw new Error('the target answered for a message it was not given')
      if (outcome === 'accepted') this.#ack(entry, item)
      else {
        const state = outcome === 'refused' && receipt.unknownAttempts === 0 ? 'failed' : 'doubt'
        held.push({item, entry, state, reason: receipt.reason})
      }
    }
    return {sent: receipts.length - held.length, held}
  }

  /** Only for an entry that is recorded and synced. Never awaited: it may take until the source is closed. */
  #ack(entry: Entry, item: Item): void {
    this.#acksOpen++
    // An ack that fails is an ack that was lost; why, the source says when it is read.
    item.delivery.ack().then(
      (state) => this.#acked(entry, item, state),
      () => this.#acked(entry, item, 'lost'),
    )
  }

  #acked(entry: Entry, {epoch}: Item, state: 'applied' | 'lost'): void {
    this.#acksOpen--
    if (state === 'lost') {
      if (epoch === this.#epoch()) this.#lost++
      return this.#ledger.lost(entry)
    }
    this.#settled++
    this.#ledger.settle(entry)
  }
}
