import type {BatchLimits} from '../../targets/target.ts'
import type {Item} from './item.ts'

/** What was received and not yet claimed, cut into requests. */
export interface Batcher {
  push(item: Item): void
  /** Messages that a request could take now. */
  readonly ready: number
  /** Messages that wait behind a failed one of their group. */
  readonly blocked: number
  /** The next request, empty when there is none. */
  take(limits: BatchLimits): Item[]
  /** A request is resolved: its groups may go on. */
  release(items: readonly Item[]): void
  /** A message of this group failed: nothing of it is sent any more. */
  stop(item: Item): void
  /** The connection is gone: everything in here comes back. */
  clear(): void
}

export const batcherFor = (order: 'strict' | 'none'): Batcher =>
  order === 'strict' ? new OrderedBatcher() : new PlainBatcher()

/** How many of the first items fit into one request. */
function fitting(items: Iterable<Item>, {batchSize, batchBytes}: BatchLimits): number {
  let count = 0
  let bytes = 0
  for (const {encoded} of items) {
    bytes += encoded.bytes
    if (count === batchSize || (count > 0 && bytes > batchBytes)) break
    count++
  }
  return count
}

class PlainBatcher implements Batcher {
  readonly blocked = 0
  #queue: Item[] = []
  #head = 0

  get ready(): number {
    return this.#queue.length - this.#head
  }

  push(item: Item): void {
    this.#queue.push(item)
  }

  take(limits: BatchLimits): Item[] {
    const next = this.#queue.slice(this.#head, this.#head + limits.batchSize)
    const items = next.slice(0, fitting(next, limits))
    this.#head += items.length
    // Cutting the front off an array costs its length: done once per thousand.
    if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return items
  }

  release(): void {
    // Nothing waits for another message.
  }

  stop(): void {
    // A failed message concerns nobody else.
  }

  clear(): void {
    this.#queue = []
    this.#head = 0
  }
}

const groupOf = ({encoded}: Item): string => encoded.group ?? ''

/** Strict order: one entry per group per request, one unresolved request per group (reliability.md T4). */
class OrderedBatcher implements Batcher {
  readonly #waiting = new Map<string, Item[]>()
  /** Groups with something to send and nothing unresolved, in the order they became so. */
  readonly #free = new Set<string>()
  readonly #busy = new Set<string>()
  readonly #stopped = new Set<string>()
  #blocked = 0

  get ready(): number {
    return this.#free.size
  }

  get blocked(): number {
    return this.#blocked
  }

  push(item: Item): void {
    const group = groupOf(item)
    if (this.#stopped.has(group)) return this.#block([item])
    const queue = this.#waiting.get(group)
    if (queue) queue.push(item)
    else this.#waiting.set(group, [item])
    if (!this.#busy.has(group)) this.#free.add(group)
  }

  take(limits: BatchLimits): Item[] {
    const first: Item[] = []
    for (const group of this.#free) {
      if (first.length === limits.batchSize) break
      first.push(...(this.#waiting.get(group)?.slice(0, 1) ?? []))
    }
    const items = first.slice(0, fitting(first, limits))
    for (const item of items) this.#taken(groupOf(item))
    return items
  }

  release(items: readonly Item[]): void {
    for (const item of items) {
      const group = groupOf(item)
      this.#busy.delete(group)
      if (this.#waiting.has(group) && !this.#stopped.has(group)) this.#free.add(group)
    }
  }

  stop(item: Item): void {
    const group = groupOf(item)
    this.#stopped.add(group)
    this.#free.delete(group)
    this.#block(this.#waiting.get(group) ?? [])
    this.#waiting.delete(group)
  }

  /** Said to the source now; they go back when the lane ends (P3). */
  #block(items: readonly Item[]): void {
    this.#blocked += items.length
    for (const {delivery} of items) delivery.release()
  }

  clear(): void {
    this.#waiting.clear()
    this.#free.clear()
    this.#stopped.clear()
    this.#blocked = 0
  }

  #taken(group: string): void {
    const queue = this.#waiting.get(group)
    queue?.shift()
    if (queue?.length === 0) this.#waiting.delete(group)
    this.#free.delete(group)
    this.#busy.add(group)
  }
}
