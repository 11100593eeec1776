import {constants} from 'node:fs'
import {type FileHandle, mkdir, open} from 'node:fs/promises'
import {dirname} from 'node:path'
import {crc32} from 'node:zlib'

import {archiveDamage, understood} from './format.ts'
import {SeqSet} from './seq-set.ts'

/**
 * What has left an archive on its way back. `replayed`: it was sent from the archive. `elsewhere`: a copy of it came
 * from the queue it had been moved to, so the archive's stays. The numbers are frozen.
 */
export type Taking = 'replayed' | 'elsewhere'
const KIND: Readonly<Record<Taking, number>> = {replayed: 1, elsewhere: 2}

const MAGIC = Buffer.from('MQLTAK01')
/** seq u64 · kind u8 · CRC-32 of both, big-endian. */
const RECORD = 13
const CRC_AT = 9

/** What is in such a file, as numbers of entries. */
export class TakenSets {
  readonly replayed = new SeqSet()
  readonly elsewhere = new SeqSet()
  /** First byte behind the last whole record. */
  end = MAGIC.length

  constructor(found: Buffer) {
    for (let at = MAGIC.length; at + RECORD <= found.length; at += RECORD) {
      const record = found.subarray(at, at + RECORD)
      // A crash tears the end: an acknowledgement that is not whole was never given.
      if (crc32(record.subarray(0, CRC_AT)) !== record.readUInt32BE(CRC_AT)) break
      this.add(Number(record.readBigUInt64BE()), record.readUInt8(8))
      this.end = at + RECORD
    }
  }

  has(seq: number): boolean {
    return this.replayed.has(seq) || this.elsewhere.has(seq)
  }

  add(seq: number, kind: number): void {
    if (kind === KIND.elsewhere) this.elsewhere.add(seq)
    else this.replayed.add(seq)
  }
}

/** Reads such a file without touching it, also while somebody writes it; nothing was taken when there is none. */
export async function lookAtTaken(path: string): Promise<TakenSets> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    return setsOf(path, await file.readFile())
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return new TakenSets(Buffer.alloc(0))
    throw understood(error, path)
  }
}

function setsOf(path: string, found: Buffer): TakenSets {
  if (found.length >= MAGIC.length && !found.subarray(0, MAGIC.length).equals(MAGIC))
    throw archiveDamage(path, 'it is not a list of what was taken from an archive')
  return new TakenSets(found)
}

interface Waiting {
  readonly bytes: Buffer
  readonly done: PromiseWithResolvers<void>
  readonly kept: () => void
}

/** The acknowledgements of an archive: it forgets nothing by itself, so this file says what need not be given again. */
export class Taken implements AsyncDisposable {
  /** There was one already: what is not in it may have been given to somebody before. */
  readonly resumed: boolean
  readonly #path: string
  readonly #file: FileHandle
  readonly #sets: TakenSets
  #end: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  private constructor(path: string, file: FileHandle, found: Buffer) {
    this.#path = path
    this.#file = file
    this.#sets = setsOf(path, found)
    this.#end = this.#sets.end
    this.resumed = found.length > 0
  }

  get replayed(): SeqSet {
    return this.#sets.replayed
  }

  get elsewhere(): SeqSet {
    return this.#sets.elsewhere
  }

  /** Makes the file, or reads it and cuts a torn end off. */
  static async open(path: string): Promise<Taken> {
    try {
      await mkdir(dirname(path), {recursive: true, mode: 0o700})
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
      const file = await open(path, flags, 0o600)
      try {
        return await Taken.#read(path, file)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      throw understood(error, path)
    }
  }

  static async #read(path: string, file: FileHandle): Promise<Taken> {
    const taken = new Taken(path, file, await file.readFile())
    await taken.#prepare()
    return taken
  }

  has(seq: number): boolean {
    return this.#sets.has(seq)
  }

  /** Resolves when it is on disk. Calls that arrive while a sync is under way share the next one. */
  take(seqs: readonly number[], how: Taking): Promise<void> {
    const done = Promise.withResolvers<void>()
    const bytes = Buffer.concat(seqs.map((seq) => recordOf(seq, KIND[how])))
    const kept = (): void => seqs.forEach((seq) => this.#sets.add(seq, KIND[how]))
    this.#waiting.push({bytes, done, kept})
    this.#writing ??= this.#drain()
    return done.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #prepare(): Promise<void> {
    await this.#file.write(MAGIC, 0, MAGIC.length, 0)
    await this.#file.truncate(this.#end)
    await this.#file.sync()
    await using folder = await open(dirname(this.#path), constants.O_RDONLY)
    await folder.sync()
  }

  async #drain(): Promise<void> {
    // One turn of the loop for company: acknowledgements come by the request.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      try {
        await this.#write(Buffer.concat(waiting.map(({bytes}) => bytes)))
        for (const {done, kept} of waiting) {
          kept()
          done.resolve()
        }
      } catch (error) {
        for (const {done} of waiting) done.reject(understood(error, this.#path))
      }
    }
    this.#writing = undefined
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const {bytesWritten} = await this.#file.write(bytes, done, bytes.length - done, this.#end + done)
      done += bytesWritten
    }
    await this.#file.datasync()
    this.#end += bytes.length
  }
}

function recordOf(seq: number, kind: number): Buffer {
  const record = Buffer.allocUnsafe(RECORD)
  record.writeBigUInt64BE(BigInt(seq))
  record.writeUInt8(kind, 8)
  record.writeUInt32BE(crc32(record.subarray(0, CRC_AT)), CRC_AT)
  return record
}
