import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {join} from 'node:path'

import {archiveDamage, footer, MAGIC, recordParts, segmentName} from './format.ts'
import {readSegment, recordFollows, type SegmentEnd} from './segment.ts'

/** A message as it is archived: the canonical head is already made for the digest, the body stays where it is. */
export interface Archived {
  readonly seq: number
  readonly head: Uint8Array
  readonly body: Uint8Array
}

/** The segment that is being written. What `append` and `close` wrote is on disk when they resolve. */
export class OpenSegment {
  readonly number: number
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')
  records = 0
  bytes = 0
  /** Highest number of an entry in it. */
  highest = 0
  closed = false
  sha256 = ''

  private constructor(number: number, file: FileHandle) {
    this.number = number
    this.#file = file
  }

  get name(): string {
    return segmentName(this.number)
  }

  static async create(folder: string, number: number): Promise<OpenSegment> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    const segment = new OpenSegment(number, await open(join(folder, segmentName(number)), flags, 0o600))
    await segment.#write([MAGIC])
    await syncFolder(folder)
    return segment
  }

  /** Reads it through, to hash it and to find its last whole record, and cuts the rest. */
  static async resume(folder: string, number: number): Promise<OpenSegment> {
    const path = join(folder, segmentName(number))
    const segment = new OpenSegment(number, await open(path, constants.O_RDWR | constants.O_NOFOLLOW))
    const reading = readSegment(path)
    segment.#hash.update(MAGIC)
    let step = await reading.next()
    while (!step.done) {
      const {seq, envelope} = step.value
      segment.highest = Math.max(segment.highest, seq)
      for (const part of recordParts(seq, envelope, Buffer.alloc(0))) segment.#hash.update(part)
      step = await reading.next()
    }
    await segment.#resumeAt(step.value, path)
    // Its maker may have been killed before it had done this: synced records in a file without a name are lost.
    await syncFolder(folder)
    return segment
  }

  async append(messages: readonly Archived[]): Promise<void> {
    await this.#write(messages.flatMap(({seq, head, body}) => recordParts(seq, head, body)))
    this.records += messages.length
  }

  async close(): Promise<void> {
    this.sha256 = this.#hash.copy().digest('hex')
    await this.#write([footer(this.records, Buffer.from(this.sha256, 'hex'))])
    this.closed = true
  }

  dispose(): Promise<void> {
    return this.#file.close()
  }

  async #resumeAt(end: SegmentEnd, path: string): Promise<void> {
    this.records = end.records
    if (end.closed) {
      if (!end.matches) throw archiveDamage(path, 'its records are not those it was closed with')
      this.closed = true
      this.sha256 = end.sha256
      this.bytes = (await this.#file.stat()).size
      return
    }
    if (end.torn > 0 && (await recordFollows(path, end.bytes))) {
      throw archiveDamage(path, `the record at byte ${end.bytes} cannot be read, and more follow it`)
    }
    await this.#file.truncate(end.bytes)
    this.bytes = end.bytes
    if (end.bytes < MAGIC.length) await this.#file.write(MAGIC, 0, MAGIC.length, 0)
    this.bytes = Math.max(end.bytes, MAGIC.length)
    await this.#file.sync()
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    let rest = parts.filter((part) => part.byteLength > 0)
    while (rest.length > 0) {
      const {bytesWritten} = await this.#file.writev(rest, this.bytes)
      this.bytes += bytesWritten
      rest = after(rest, bytesWritten)
    }
    await this.#file.datasync()
    for (const part of parts) this.#hash.update(part)
  }
}

/** What is left to write: a disk that fills up takes a part before it says no. */
function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (skip < part.byteLength) rest.push(part.subarray(skip))
    skip = Math.max(0, skip - part.byteLength)
  }
  return rest
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY)
  await handle.sync()
}
