import {DIGEST_BYTES} from './multiset.ts'

/** Bounds the memory: a classic queue of RabbitMQ 3 keeps so many index entries in its journal, unless told otherwise. */
const MOST = 32_768

/**
 * Messages that were settled lately. A broker that is killed may forget acks that its classic queue had applied, and
 * deliver their messages again: what comes back then is sent again, and must be counted although it was settled (I3).
 * By digest and only to count, so a twin can make the count too high and nothing else.
 */
export class Forgotten {
  readonly #on: boolean
  /** What was settled through the present connection. */
  readonly #now = new Latest()
  /** Copies by digest, settled before it. */
  readonly #before = new Map<string, number>()
  /** Settled in earlier runs: read when the first message comes back, which is seldom. */
  #earlier: ((most: number) => Iterable<Buffer>) | undefined

  /** Quorum queues forget nothing that they applied. */
  constructor(sourceType: string, earlier: (most: number) => Iterable<Buffer>) {
    this.#on = sourceType !== 'quorum'
    this.#earlier = this.#on ? earlier : undefined
  }

  settled(digest: Buffer): void {
    if (this.#on) this.#now.add(digest)
  }

  /** A connection was lost: from here on, what was settled may come back. */
  interrupted(): void {
    for (const digest of this.#now.takeAll()) this.#add(digest)
    for (const key of this.#before.keys()) {
      if (this.#before.size <= MOST) break
      this.#before.delete(key)
    }
  }

  /** Whether a redelivered message may be one of them; each is told once. */
  take(digest: Buffer): boolean {
    for (const settled of this.#earlier?.(MOST) ?? []) this.#add(settled)
    this.#earlier = undefined
    const key = keyOf(digest)
    const copies = this.#before.get(key)
    if (copies === undefined) return false
    if (copies > 1) this.#before.set(key, copies - 1)
    else this.#before.delete(key)
    return true
  }

  #add(digest: Buffer): void {
    const key = keyOf(digest)
    this.#before.set(key, (this.#before.get(key) ?? 0) + 1)
  }
}

const keyOf = (digest: Buffer): string => digest.toString('latin1')

const FIRST_ROOM = 1024

/** The latest digests, the oldest written over. Every message of a move passes here: no object is made for it. */
class Latest {
  #room = Buffer.allocUnsafe(0)
  #added = 0

  add(digest: Buffer): void {
    const at = (this.#added % MOST) * DIGEST_BYTES
    if (at >= this.#room.length) this.#grow()
    digest.copy(this.#room, at)
    this.#added++
  }

  /** Oldest first. */
  takeAll(): Buffer[] {
    const count = Math.min(this.#added, MOST)
    const taken = Array.from({length: count}, (_, index) => {
      const at = ((this.#added - count + index) % MOST) * DIGEST_BYTES
      return this.#room.subarray(at, at + DIGEST_BYTES)
    })
    this.#room = Buffer.allocUnsafe(0)
    this.#added = 0
    return taken
  }

  #grow(): void {
    const digests = Math.min(MOST, Math.max(FIRST_ROOM, (2 * this.#room.length) / DIGEST_BYTES))
    const room = Buffer.allocUnsafe(digests * DIGEST_BYTES)
    this.#room.copy(room)
    this.#room = room
  }
}
