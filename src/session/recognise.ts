import type {KeyObject} from 'node:crypto'
import {constants} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'

import {z} from 'zod'

import {checkedRecords, readArchive} from '../archive/read.ts'
import type {SeqSet} from '../archive/seq-set.ts'
import type {LedgerReader} from '../ledger/ledger.ts'
import {digest, digestOf} from '../model/canonical.ts'
import type {Envelope} from '../model/envelope.ts'
import {jsonOrUndefined} from '../model/json-or-undefined.ts'
import type {Judgement, Waiting} from '../targets/take-back.ts'

/** How often each digest occurs. Copies are interchangeable: they have the same content in every field. */
export class Multiset {
  readonly #counts = new Map<string, number>()

  add(one: Buffer): void {
    const key = one.toString('latin1')
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /** Takes one out; false = there is none. */
  take(one: Buffer): boolean {
    const key = one.toString('latin1')
    const count = this.#counts.get(key) ?? 0
    if (count > 1) this.#counts.set(key, count - 1)
    else this.#counts.delete(key)
    return count > 0
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }
}

const EMPTY = Buffer.alloc(0)

/** Digests, as the forward ledger knows them, of the records of an archive that are chosen. */
export async function digestsOf(folder: string, key: KeyObject, chosen: SeqSet): Promise<Multiset> {
  const found = new Multiset()
  if (chosen.size === 0) return found
  const seen = new Map<number, Buffer>()
  // A message may be archived twice under one number; it is one message.
  for await (const {seq, envelope} of checkedRecords(folder, []))
    if (chosen.has(seq)) seen.set(seq, digestOf(key, envelope, EMPTY))
  for (const one of seen.values()) found.add(one)
  return found
}

/** Messages of ours that came back from a target and are at the old broker, by the digests they were moved with. */
export async function cameFromTargets(
  archive: string,
  ledger: LedgerReader,
  key: KeyObject,
): Promise<Multiset> {
  const recorded = new Set<number>()
  for (const {move} of ledger.accounts())
    for (const state of ['sent', 'settled'] as const)
      for (const {seq} of ledger.entries(move, state)) recorded.add(seq)
  for await (const {seq} of ledger.folded()) recorded.add(seq)
  const found = new Multiset()
  const seen = new Set<number>()
  for await (const {seq, envelope} of readArchive(archive)) {
    if (!recorded.has(seq) || seen.has(seq)) continue
    seen.add(seq)
    found.add(digest(key, asItLeft(envelope)))
  }
  return found
}

/** Without the identity that reading it from SQS gave it. */
function asItLeft({identity, ...envelope}: Envelope): Envelope {
  return identity === undefined || identity.startsWith('sqs:') ? envelope : {...envelope, identity}
}

/** One message that was removed from a target because the archive's copy of it is back already. */
const Removed = z.object({id: z.string(), digest: z.string(), from: z.string()})

/** The list of those, on disk: when the removal is lost, the message is known again by its id. */
export class RemovedLog implements AsyncDisposable {
  readonly ids = new Set<string>()
  readonly digests: Buffer[] = []
  readonly #counts = new Map<string, number>()
  readonly #file: FileHandle

  private constructor(file: FileHandle, text: string) {
    this.#file = file
    // A last line that is not whole was never answered for.
    for (const line of text.split('\n').slice(0, -1)) {
      const known = Removed.safeParse(jsonOrUndefined(line)).data
      if (known) this.#keep(known, Buffer.from(known.digest, 'hex'))
    }
  }

  static async open(path: string): Promise<RemovedLog> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
    const file = await open(path, flags, 0o600)
    const text = await file.readFile('utf8')
    await file.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)))
    return new RemovedLog(file, text)
  }

  /** How many were removed from one target. */
  from(target: string): number {
    return this.#counts.get(target) ?? 0
  }

  async add(id: string, one: Buffer, from: string): Promise<void> {
    await this.#file.write(`${JSON.stringify({id, digest: one.toString('hex'), from})}\n`)
    await this.#file.datasync()
    this.#keep({id, from}, one)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  #keep({id, from}: Omit<z.infer<typeof Removed>, 'digest'>, one: Buffer): void {
    this.ids.add(id)
    this.digests.push(one)
    this.#counts.set(from, this.from(from) + 1)
  }
}

export interface RecogniserParts {
  /** Of the forward ledger. */
  readonly key: KeyObject
  /** Replayed from the archive, and not yet found at a target. */
  readonly back: Multiset
  readonly removed: RemovedLog
  /** By the destination that a message had left. */
  readonly removable: (source: string) => boolean
  /** Most messages of others. */
  readonly most: number
}

/**
 * Decides about what waits at a target (decision 0011). A message that mqlift moved, and that came back from the
 * archive already, is removed; one for each that came back. Everything else is taken, others' up to a bound.
 */
export class Recogniser {
  readonly #parts: RecogniserParts
  readonly #others = new Set<string>()

  constructor(parts: RecogniserParts) {
    this.#parts = parts
    for (const one of parts.removed.digests) parts.back.take(one)
  }

  /** `from`: the target it waits at. */
  async judge({id, ours}: Waiting, from: string): Promise<Judgement> {
    const {removed, back, key, removable} = this.#parts
    if (removed.ids.has(id)) return 'remove'
    if (ours === null) return this.#bounded(id)
    if (!removable(ours.source.id)) return 'take'
    const one = digest(key, ours)
    if (!back.take(one)) return 'take'
    await removed.add(id, one, from)
    return 'remove'
  }

  #bounded(id: string): Judgement {
    if (!this.#others.has(id) && this.#others.size >= this.#parts.most) return 'leave'
    this.#others.add(id)
    return 'take'
  }
}
