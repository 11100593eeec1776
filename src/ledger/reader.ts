import type {KeyObject} from 'node:crypto'
import type {DatabaseSync} from 'node:sqlite'

import {Accounts} from './account.ts'
import {type Archived, archivedIn} from './archived.ts'
import {understood} from './damage.ts'
import {type DigestEnd, type FoldedDigest, readDigests} from './digests.ts'
import type {EntryState, LedgerReader, MoveAccount} from './ledger.ts'
import {MultisetSum} from './multiset.ts'
import {keyIdOf, type LedgerPlace} from './place.ts'

/** A ledger as anybody may read it, also while a mover has it open. */
export class Reader implements LedgerReader {
  readonly path: string
  readonly key: KeyObject
  readonly keyId: string
  readonly #db: DatabaseSync
  readonly #place: LedgerPlace
  readonly #accounts: Accounts

  constructor(db: DatabaseSync, place: LedgerPlace, key: KeyObject) {
    this.path = place.database
    this.key = key
    this.keyId = keyIdOf(key)
    this.#db = db
    this.#place = place
    this.#accounts = new Accounts(db)
  }

  accounts(): readonly MoveAccount[] {
    return this.#accounts.all()
  }

  account(move: string): MoveAccount | undefined {
    return this.#accounts.of(move)
  }

  runs() {
    return this.#accounts.runs()
  }

  events(move?: string) {
    return this.#accounts.events(move)
  }

  entries(move: string, state?: EntryState) {
    return this.#accounts.entries(move, state)
  }

  archived(): Archived {
    return archivedIn(this.#accounts)
  }

  async *folded() {
    const moves = new Map(this.#accounts.lanes().map(({id, move}) => [id, move]))
    for await (const {lane, seq, digest} of this.#digests()) yield {seq, digest, move: moves.get(lane) ?? ''}
  }

  async damage(): Promise<readonly string[]> {
    try {
      return [...pageDamage(this.#db), ...sumDamage(this.accounts()), ...(await this.#digestDamage())]
    } catch (error) {
      const known = understood(error, this.path)
      if (known instanceof Error) return [known.message]
      throw error
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#db.close()
    return Promise.resolve()
  }

  #digests(): AsyncGenerator<FoldedDigest> {
    return readDigests(this.#place.digests, endOf(this.#accounts))
  }

  /** The digests themselves against what was counted and summed when they were folded. */
  async #digestDamage(): Promise<string[]> {
    const read = new Map<number, {count: number; sum: MultisetSum}>()
    for await (const {lane, digest} of this.#digests()) {
      const found = read.get(lane) ?? {count: 0, sum: new MultisetSum()}
      read.set(lane, {count: found.count + 1, sum: found.sum})
      found.sum.add(digest)
    }
    return this.#accounts.lanes().flatMap(({id, move, folded, foldedSum}) => {
      const found = read.get(id) ?? {count: 0, sum: new MultisetSum()}
      const same = found.count === folded && found.sum.toHex() === foldedSum.toString('hex')
      return same
        ? []
        : [`${move}: ${folded} settled digests were written, ${found.count} are there or they differ`]
    })
  }
}

export function endOf(accounts: Accounts): DigestEnd {
  return {segment: Number(accounts.meta('digest_segment')), bytes: Number(accounts.meta('digest_bytes'))}
}

export function pageDamage(db: DatabaseSync): string[] {
  return db
    .prepare('PRAGMA quick_check(10)')
    .all()
    .map((row) => String(row['quick_check']))
    .filter((line) => line !== 'ok')
}

/** What was received must be in exactly one bucket. */
export function sumDamage(accounts: readonly MoveAccount[]): string[] {
  return accounts.flatMap((account) => {
    const {move, received, settled, failed, doubt, quarantined, open, digests} = account
    const inBuckets = settled + failed + doubt + quarantined + open.claimed + open.sent
    if (inBuckets !== received) return [`${move}: received ${received}, in buckets ${inBuckets}`]
    return digests.received === digests.buckets
      ? []
      : [`${move}: the digests of its buckets are not those received`]
  })
}
