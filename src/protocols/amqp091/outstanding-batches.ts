import type {Content} from './content-writer.ts'
import {isReturned, type Returned} from './returned.ts'

/** What became of a published message. `lost`: the channel ended before the broker said anything about it. */
export type Fate = 'confirmed' | 'nacked' | 'returned' | 'lost'

export interface Published {
  /** Delivery tag of the first message; the others follow. */
  readonly first: number
  /** In the order of publishing. */
  readonly fates: readonly Fate[]
}

interface Batch {
  readonly first: number
  readonly contents: readonly Content[]
  readonly fates: (Fate | undefined)[]
  /** Messages that were returned and whose ack is still to come. */
  readonly returned: Set<number>
  left: number
  /** Everything before it is settled. */
  low: number
  readonly done: (published: Published) => void
}

/**
 * What was published and not yet answered, by delivery tag. Our own table: amqplib's callbacks have been dropped by a
 * closing connection before (reliability.md 1). One object per batch, none per message.
 */
export class OutstandingBatches {
  #batches: Batch[] = []
  #next = 1
  #messages = 0

  /** Messages without an answer. */
  get messages(): number {
    return this.#messages
  }

  add(contents: readonly Content[]): Promise<Published> {
    const {promise, resolve} = Promise.withResolvers<Published>()
    const first = this.#next
    this.#next += contents.length
    this.#messages += contents.length
    const fates = Array.from<Fate | undefined>({length: contents.length})
    this.#batches.push({
      first,
      contents,
      fates,
      returned: new Set(),
      left: contents.length,
      low: 0,
      done: resolve,
    })
    return promise
  }

  settle(tag: number, multiple: boolean, fate: 'confirmed' | 'nacked'): void {
    for (const batch of this.#batches) {
      if (batch.first > tag) break
      const last = Math.min(tag - batch.first, batch.fates.length - 1)
      if (multiple) for (let at = batch.low; at <= last; at++) this.#settle(batch, at, fate)
      else if (tag - batch.first === last) this.#settle(batch, last, fate)
    }
    this.#forgetDone()
  }

  /** False = it cannot be told which message came back. */
  takeBack(returned: Returned): boolean {
    for (const batch of this.#batches)
      for (let at = batch.low; at < batch.contents.length; at++) {
        const content = batch.contents[at]
        if (!content || batch.fates[at] !== undefined || batch.returned.has(at)) continue
        if (!isReturned(content, returned)) continue
        batch.returned.add(at)
        return true
      }
    return false
  }

  /** Nothing more will be said. */
  end(): void {
    for (const batch of this.#batches)
      for (let at = batch.low; at < batch.fates.length; at++) this.#settle(batch, at, 'lost')
    this.#forgetDone()
  }

  #settle(batch: Batch, at: number, fate: Fate): void {
    if (batch.fates[at] !== undefined) return
    // It was nowhere to go, which is certain, however its ack got lost.
    batch.fates[at] = batch.returned.has(at) ? 'returned' : fate
    batch.left--
    this.#messages--
    while (batch.low < batch.fates.length && batch.fates[batch.low] !== undefined) batch.low++
  }

  #forgetDone(): void {
    if (!this.#batches.some(({left}) => left === 0)) return
    const done = this.#batches.filter(({left}) => left === 0)
    this.#batches = this.#batches.filter(({left}) => left > 0)
    for (const {first, fates, done: tell} of done) tell({first, fates: fates.map((fate) => fate ?? 'lost')})
  }
}
