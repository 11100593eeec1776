import {checkedRecords} from '../archive/read.ts'
import {type Archived, wasArchived} from '../ledger/archived.ts'
import type {LedgerReader} from '../ledger/ledger.ts'
import {digestOf} from '../model/canonical.ts'

export interface LedgerCheck {
  /** Nothing is damaged, and every message that was sent is in the archive as it was digested. */
  readonly sound: boolean
  readonly damage: readonly string[]
  readonly settled: number
  readonly archive: {
    readonly messages: number
    /** Archive records whose digest is the ledger's. */
    readonly matching: number
    readonly differing: number
    /** Sent or settled while the archive was on, and not in it. */
    readonly missing: number
    /** Moved with `--archive off`, or before an earlier archive was removed. */
    readonly leftOut: number
  } | null
}

/** Re-reads the ledger, its digests and every archive segment, and compares them message by message. Reads only. */
export async function checkLedger(ledger: LedgerReader, archive: string | null): Promise<LedgerCheck> {
  const damage = [...(await ledger.damage())]
  const settled = ledger.accounts().reduce((sum, account) => sum + account.settled, 0)
  if (archive === null || damage.length > 0)
    return {sound: damage.length === 0, damage, settled, archive: null}
  const match = new Matching(ledger.archived())
  for (const {move} of ledger.accounts()) {
    for (const {seq, digest, state} of ledger.entries(move)) {
      match.ledgerSays(seq, digest, state === 'sent' || state === 'settled' || state === 'quarantined')
    }
  }
  await walk(ledger, archive, match, damage)
  const found = match.end()
  const wrong = found.differing + found.missing
  return {sound: damage.length === 0 && wrong === 0, damage, settled, archive: found}
}

/** Both are nearly in the order of their numbers: read side by side, what waits for its other half stays small. */
async function walk(ledger: LedgerReader, archive: string, match: Matching, damage: string[]): Promise<void> {
  const folded = ledger.folded()[Symbol.asyncIterator]()
  let reached = 0
  const foldedUpTo = async (seq: number): Promise<void> => {
    while (reached <= seq) {
      const step = await folded.next()
      if (step.done) reached = Number.POSITIVE_INFINITY
      else {
        reached = step.value.seq
        match.ledgerSays(step.value.seq, step.value.digest, true)
      }
    }
  }
  for await (const {seq, envelope} of checkedRecords(archive, damage)) {
    match.archiveSays(seq, digestOf(ledger.key, envelope, EMPTY))
    await foldedUpTo(seq)
  }
  await foldedUpTo(Number.MAX_SAFE_INTEGER)
  // A message that failed and was sent later is archived twice under one number.
  if (match.unpaired > 0) for await (const {seq, digest} of ledger.folded()) match.again(seq, digest)
}

const EMPTY = Buffer.alloc(0)

/** Pairs what two streams say about the same number. */
class Matching {
  readonly #ledger = new Map<number, {readonly digest: Buffer; readonly must: boolean}>()
  readonly #archive = new Map<number, Buffer>()
  readonly #archived: Archived
  #messages = 0
  #matching = 0
  #differing = 0

  constructor(archived: Archived) {
    this.#archived = archived
  }

  /** `must`: it has to be in the archive. What failed or is in doubt may be, and what was never sent is not. */
  ledgerSays(seq: number, digest: Buffer, must: boolean): void {
    const archived = this.#archive.get(seq)
    if (!archived) {
      this.#ledger.set(seq, {digest: Buffer.from(digest), must})
      return
    }
    this.#archive.delete(seq)
    this.#pair(digest, archived)
  }

  archiveSays(seq: number, digest: Buffer): void {
    this.#messages++
    const known = this.#ledger.get(seq)
    if (!known) {
      this.#archive.set(seq, digest)
      return
    }
    this.#pair(known.digest, digest)
    this.#ledger.delete(seq)
  }

  get unpaired(): number {
    return this.#archive.size
  }

  again(seq: number, digest: Buffer): void {
    const archived = this.#archive.get(seq)
    if (archived?.equals(digest) && this.#archive.delete(seq)) this.#matching++
  }

  end(): NonNullable<LedgerCheck['archive']> {
    const absent = [...this.#ledger].filter(([, {must}]) => must)
    const missing = absent.filter(([seq]) => wasArchived(this.#archived, seq)).length
    return {
      messages: this.#messages,
      matching: this.#matching,
      differing: this.#differing + this.#archive.size,
      missing,
      leftOut: absent.length - missing,
    }
  }

  #pair(a: Buffer, b: Buffer): void {
    if (a.equals(b)) this.#matching++
    else this.#differing++
  }
}
