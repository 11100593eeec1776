import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {crc32} from 'node:zlib'

import {damaged} from './damage.ts'
import {DIGEST_BYTES} from './multiset.ts'
import {syncFolder} from './place.ts'

/** lane u32 · seq u64 · digest · CRC-32 of what precedes. */
const SEQ_AT = 4
const DIGEST_AT = 12
const CRC_AT = DIGEST_AT + DIGEST_BYTES
const RECORD = CRC_AT + 4
const SEGMENT_BYTES = 64 * 2 ** 20
const READ_RECORDS = 16_384

export interface FoldedDigest {
  readonly lane: number
  readonly seq: number
  readonly digest: Buffer
}

/** Where the digests end, as the database says: anything behind it is a torn tail. */
export interface DigestEnd {
  readonly segment: number
  readonly bytes: number
}

const nameOf = (segment: number): string => `${String(segment).padStart(6, '0')}.digests`

/**
 * The append-only digests of settled and folded entries. Appended and synced inside a transaction of the database,
 * which stores the new end and deletes the rows; a rollback takes the end back.
 */
export class DigestLog {
  readonly #folder: string
  #committed: DigestEnd
  #end: DigestEnd
  #file: {readonly segment: number; readonly descriptor: number}

  /** Cuts what a crash left behind the recorded end; less than that is damage. */
  constructor(folder: string, end: DigestEnd) {
    mkdirSync(folder, {recursive: true, mode: 0o700})
    this.#folder = folder
    this.#committed = end
    this.#end = end
    this.#file = this.#open(end.segment)
    const {size} = fstatSync(this.#file.descriptor)
    if (size < end.bytes)
      throw damaged(folder, `${nameOf(end.segment)} has ${size} bytes, ${end.bytes} were written`)
    ftruncateSync(this.#file.descriptor, end.bytes)
  }

  /** On disk when it returns. */
  append(entries: readonly FoldedDigest[]): DigestEnd {
    if (this.#end.bytes >= SEGMENT_BYTES) this.#end = {segment: this.#end.segment + 1, bytes: 0}
    if (this.#file.segment !== this.#end.segment) {
      this.close()
      this.#file = this.#open(this.#end.segment)
    }
    const block = Buffer.allocUnsafe(entries.length * RECORD)
    for (const [index, entry] of entries.entries()) writeRecord(block, index * RECORD, entry)
    // The position is given: a block whose transaction failed is written over, not followed.
    writeAll(this.#file.descriptor, block, this.#end.bytes)
    fdatasyncSync(this.#file.descriptor)
    this.#end = {segment: this.#end.segment, bytes: this.#end.bytes + block.length}
    return this.#end
  }

  /** The newest of one lane, newest first. */
  last(lane: number, most: number): Buffer[] {
    return lastDigests(this.#folder, this.#committed, lane, most)
  }

  committed(): void {
    this.#committed = this.#end
  }

  rolledBack(): void {
    this.#end = this.#committed
  }

  close(): void {
    closeSync(this.#file.descriptor)
  }

  #open(segment: number): {readonly segment: number; readonly descriptor: number} {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
    const descriptor = openSync(join(this.#folder, nameOf(segment)), flags, 0o600)
    syncFolder(this.#folder)
    return {segment, descriptor}
  }
}

/** A disk that fills up may take a part: go on until it says no. */
function writeAll(descriptor: number, block: Buffer, position: number): void {
  for (let done = 0; done < block.length;) {
    done += writeSync(descriptor, block, done, block.length - done, position + done)
  }
}

function writeRecord(block: Buffer, at: number, {lane, seq, digest}: FoldedDigest): void {
  block.writeUInt32BE(lane, at)
  // Two halves: a BigInt would be made for every message.
  block.writeUInt32BE(Math.floor(seq / 2 ** 32), at + SEQ_AT)
  block.writeUInt32BE(seq % 2 ** 32, at + SEQ_AT + 4)
  digest.copy(block, at + DIGEST_AT)
  block.writeUInt32BE(crc32(block.subarray(at, at + CRC_AT)), at + CRC_AT)
}

/** Reads up to the recorded end, segment after segment. Throws on the first bad record, which it names. */
export async function* readDigests(folder: string, end: DigestEnd): AsyncGenerator<FoldedDigest> {
  const names = end.bytes === 0 && end.segment === 1 ? [] : readdirSync(folder).toSorted()
  for (let segment = 1; segment <= end.segment && names.length > 0; segment++) {
    const name = nameOf(segment)
    if (!names.includes(name)) throw damaged(folder, `${name} is missing`)
    const {size} = statSync(join(folder, name))
    const bytes = segment === end.segment ? end.bytes : size
    if (size < bytes || bytes % RECORD !== 0)
      throw damaged(folder, `${name} has ${size} bytes, ${bytes} were written`)
    yield* readSegment(join(folder, name), bytes)
  }
}

/** The newest of one lane, newest first, at most so many: from the end backwards, so it costs what it finds. */
function lastDigests(folder: string, end: DigestEnd, lane: number, most: number): Buffer[] {
  const found: Buffer[] = []
  for (let {segment, bytes} = end; segment > 0 && found.length < most; segment--) {
    const path = join(folder, nameOf(segment))
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      let to = segment === end.segment ? bytes : fstatSync(descriptor).size
      while (to > 0 && found.length < most) {
        const block = Buffer.alloc(Math.min(READ_RECORDS * RECORD, to))
        to -= readSync(descriptor, block, 0, block.length, to - block.length)
        for (const record of recordsOf(block, path, to).toReversed())
          if (record.lane === lane && found.length < most) found.push(record.digest)
      }
    } finally {
      closeSync(descriptor)
    }
  }
  return found
}

async function* readSegment(path: string, bytes: number): AsyncGenerator<FoldedDigest> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  for (let at = 0; at < bytes; at += READ_RECORDS * RECORD) {
    const block = Buffer.alloc(Math.min(READ_RECORDS * RECORD, bytes - at))
    await file.read(block, 0, block.length, at)
    yield* recordsOf(block, path, at)
  }
}

function recordsOf(block: Buffer, path: string, at: number): FoldedDigest[] {
  const records: FoldedDigest[] = []
  for (let offset = 0; offset < block.length; offset += RECORD) {
    const stored = block.readUInt32BE(offset + CRC_AT)
    if (crc32(block.subarray(offset, offset + CRC_AT)) !== stored) {
      throw damaged(path, `the record at byte ${at + offset} does not match its checksum`)
    }
    records.push({
      lane: block.readUInt32BE(offset),
      seq: Number(block.readBigUInt64BE(offset + SEQ_AT)),
      digest: block.subarray(offset + DIGEST_AT, offset + CRC_AT),
    })
  }
  return records
}
