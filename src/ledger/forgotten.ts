/** Bounds the memory: a classic queue of RabbitMQ 3 keeps so many index entries in its journal, unless told otherwise. */
const MOST = 32_768

/**
 * Messages that were settled lately. A broker that is killed may forget acks that its classic queue had applied, and
 * deliver their messages again: what comes back then is sent again, and must be counted although it was settled (I3).
 * By digest and only to count, so a twin can make the count too high and nothing else.
 */
export class Forgotten {
  readonly #on: boolean
  /** Copies by digest, settled through the present connection and before it. */
  #now = new Map<string, number>()
  #before = new Map<string, number>()
  /** Settled in earlier runs: read when the first message comes back, which is seldom. */
  #earlier: ((most: number) => Iterable<Buffer>) | undefined

  /** Quorum queues forget nothing that they applied. */
  constructor(sourceType: string, earlier: (most: number) => Iterable<Buffer>) {
    this.#on = sourceType !== 'quorum'
    this.#earlier = this.#on ? earlier : undefined
  }

  settled(digest: Buffer): void {
    if (this.#on) add(this.#now, digest.toString('latin1'), 1)
  }

  /** A connection was lost: from here on, what was settled may come back. */
  interrupted(): void {
    for (const [key, copies] of this.#now) add(this.#before, key, copies)
    this.#now = new Map()
  }

  /** Whether a redelivered message may be one of them; each is told once. */
  take(digest: Buffer): boolean {
    for (const settled of this.#earlier?.(MOST) ?? []) add(this.#before, settled.toString('latin1'), 1)
    this.#earlier = undefined
    const key = digest.toString('latin1')
    const copies = this.#before.get(key)
    if (copies === undefined) return false
    if (copies > 1) this.#before.set(key, copies - 1)
    else this.#before.delete(key)
    return true
  }
}

function add(counts: Map<string, number>, key: string, copies: number): void {
  counts.set(key, (counts.get(key) ?? 0) + copies)
  if (counts.size <= MOST) return
  const [oldest] = counts.keys()
  if (oldest !== undefined) counts.delete(oldest)
}
