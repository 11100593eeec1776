import type {Received} from './ledger.ts'
import type {OpenEntry} from './rows.ts'
import {STATE} from './schema.ts'

const keyOf = (digest: Buffer): string => digest.toString('latin1')

/**
 * Which earlier entry a delivery may be a copy of. A digest never decides to skip (rule 2): by digest, a copy only
 * becomes the failed entry it was, or takes over the deduplication id of an entry in doubt (I6). Only entries of
 * an earlier epoch count: a message of this epoch is still held by us, so an equal one is its twin.
 */
export class Pairing {
  readonly #byDigest = new Map<string, OpenEntry[]>()
  readonly #byIdentity = new Map<string, OpenEntry>()

  add(entry: OpenEntry): void {
    if (entry.identity !== undefined) this.#byIdentity.set(entry.identity, entry)
    if (entry.state !== STATE.failed && entry.state !== STATE.doubt) return
    const key = keyOf(entry.digest)
    const others = this.#byDigest.get(key)
    if (others) others.push(entry)
    else this.#byDigest.set(key, [entry])
  }

  settled(entry: OpenEntry): void {
    if (entry.identity !== undefined && this.#byIdentity.get(entry.identity) === entry) {
      this.#byIdentity.delete(entry.identity)
    }
  }

  withIdentity(identity: string): OpenEntry | undefined {
    return this.#byIdentity.get(identity)
  }

  /** The failed entry whose message this is: never acked, so as many copies come back as there are entries. */
  takeFailed(item: Received, epoch: number): OpenEntry | undefined {
    return this.#take(item, epoch, STATE.failed)
  }

  /** An unresolved entry whose deduplication id this copy takes over. */
  takeDoubt(item: Received, epoch: number): OpenEntry | undefined {
    return this.#take(item, epoch, STATE.doubt)
  }

  #take(item: Received, epoch: number, state: number): OpenEntry | undefined {
    if (!item.redelivered) return undefined
    const key = keyOf(item.digest)
    const entries = this.#byDigest.get(key)
    const index =
      entries?.findIndex((entry) => entry.state === state && entry.epoch < epoch && !entry.spent) ?? -1
    if (!entries || index < 0) return undefined
    const [entry] = entries.splice(index, 1)
    if (entries.length === 0) this.#byDigest.delete(key)
    return entry
  }
}
