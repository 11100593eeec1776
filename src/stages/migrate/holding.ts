import type {Entry} from '../../targets/target.ts'
import type {Item} from './item.ts'

/** Half of RabbitMQ's consumer_timeout of 30 minutes (rabbitmq.com/docs/consumers, read 2026-11-22). */
const LONGEST_MS = 15 * 60_000

/** A message that was not sent, or of which nobody knows whether it arrived. */
export interface Held {
  readonly item: Item
  readonly entry: Entry
  readonly state: 'failed' | 'doubt'
  readonly reason: string
}

export interface HoldingBounds {
  readonly messages: number
  readonly bytes: number
}

/**
 * Deliveries that were not sent and stay unacknowledged until the lane ends: given back earlier, they would return
 * to the head of the queue and be delivered again at once (P3). Bounded, because they take up the window (P1).
 */
export class Holding {
  readonly #bounds: HoldingBounds
  #items: (Held & {readonly since: number})[] = []
  #bytes = 0

  constructor(window: HoldingBounds) {
    // Not less than one: a single bad message must not stop a lane with a tiny window.
    this.#bounds = {messages: Math.max(1, Math.floor(window.messages / 4)), bytes: window.bytes / 2}
  }

  get size(): number {
    return this.#items.length
  }

  /** They may have arrived. */
  get inDoubt(): number {
    return this.#items.filter(({state}) => state === 'doubt').length
  }

  add(held: Held, now: number): void {
    this.#items.push({...held, since: now})
    this.#bytes += held.item.received.bytes
  }

  /** Why no more can be held, undefined while it can. `blocked` wait behind held ones and count like them. */
  overflow(blocked: number, now: number): string | undefined {
    const held = this.#items.length + blocked
    if (held > this.#bounds.messages)
      return `${held} messages are held back, which is as many as the window allows`
    if (this.#bytes > this.#bounds.bytes)
      return `${this.#bytes} bytes are held back, which is half of the window`
    const oldest = this.#items[0]?.since ?? now
    return now - oldest > LONGEST_MS ? 'a message has been held back for 15 minutes' : undefined
  }

  /** Every failed message, which is held no longer: for the quarantine. What is in doubt may have arrived. */
  takeFailed(): Held[] {
    const failed = this.#items.filter(({state}) => state === 'failed')
    this.#items = this.#items.filter(({state}) => state === 'doubt')
    this.#bytes = this.#items.reduce((sum, {item}) => sum + item.received.bytes, 0)
    return failed
  }

  releaseAll(): void {
    for (const {item} of this.#items) item.delivery.release()
    this.clear()
  }

  /** The connection is gone, and with it what was held. */
  clear(): void {
    this.#items = []
    this.#bytes = 0
  }
}
