import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {crc32} from 'node:zlib'

import {
  archiveDamage,
  FOOTER_LENGTH,
  FOOTER_PAYLOAD,
  HEADER_BYTES,
  MAGIC,
  MAX_RECORD,
  SEGMENT_BYTES,
  SEQ_BYTES,
} from './format.ts'

const CHUNK = 2 ** 20

export interface SegmentRecord {
  readonly seq: number
  /** Canonical envelope: head and body. A view of the chunk that was read. */
  readonly envelope: Buffer
  /** Where it is: the segment's file, and the first byte of the record in it. */
  readonly path: string
  readonly at: number
}

/** How a segment ended: closed by a footer, or after its last whole record, with what follows it. */
export type SegmentEnd =
  | {readonly closed: true; readonly records: number; readonly sha256: string; readonly matches: boolean}
  | {readonly closed: false; readonly records: number; readonly bytes: number; readonly torn: number}

/**
 * Reads one segment from front to back in bounded memory. Yields every whole record; returns how it ended. The first
 * record that does not match its checksum ends it: a power cut leaves NULs there (reliability.md M19).
 */
export async function* readSegment(path: string): AsyncGenerator<SegmentRecord, SegmentEnd> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const {size} = await file.stat()
  const input = new Window(file, path, size)
  const magic = await input.peek(MAGIC.length)
  if (!magic?.equals(MAGIC)) return {closed: false, records: 0, bytes: 0, torn: size}
  input.skip(MAGIC.length)
  for (let records = 0; ; records++) {
    const payload = await nextPayload(input)
    if (payload === undefined) return {closed: false, records, bytes: input.at, torn: size - input.at}
    if (payload.footer) return endOf(payload.bytes, {records, sha256: input.digest()})
    yield {
      seq: Number(payload.bytes.readBigUInt64BE()),
      envelope: payload.bytes.subarray(SEQ_BYTES),
      path,
      at: input.at,
    }
    input.skip(HEADER_BYTES + payload.bytes.length)
  }
}

/**
 * Whether a whole record follows somewhere behind `from`, where none can be read. A crash tears the end of a file and
 * nothing before it, so this is damage: cutting there would throw away what can still be read.
 */
export async function recordFollows(path: string, from: number): Promise<boolean> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const {size} = await file.stat()
  const rest = Buffer.alloc(Math.min(size - from, SEGMENT_BYTES))
  const {bytesRead} = await file.read(rest, 0, rest.length, from)
  for (let at = 1; at + HEADER_BYTES + SEQ_BYTES < bytesRead; at++) {
    const length = rest.readUInt32BE(at)
    // The cheap signs first: the number of an entry is far below 2^48.
    if (length < SEQ_BYTES || length > bytesRead - at - HEADER_BYTES) continue
    if (rest.readUInt16BE(at + HEADER_BYTES) !== 0) continue
    const payload = rest.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length)
    if (crc32(payload) === rest.readUInt32BE(at + 4)) return true
  }
  return false
}

function endOf(bytes: Buffer, read: {readonly records: number; readonly sha256: string}): SegmentEnd {
  const same = Number(bytes.readBigUInt64BE()) === read.records && bytes.toString('hex', 8) === read.sha256
  return {closed: true, ...read, matches: same}
}

async function nextPayload(input: Window): Promise<{footer: boolean; bytes: Buffer} | undefined> {
  const header = await input.peek(HEADER_BYTES)
  if (!header) return undefined
  const announced = header.readUInt32BE(0)
  const crc = header.readUInt32BE(4)
  const footer = announced === FOOTER_LENGTH
  const length = footer ? FOOTER_PAYLOAD : announced
  if (length < SEQ_BYTES || length > MAX_RECORD) return undefined
  const whole = await input.peek(HEADER_BYTES + length)
  const bytes = whole?.subarray(HEADER_BYTES)
  return bytes && crc32(bytes) === crc ? {footer, bytes} : undefined
}

/** A moving view of a file; what was passed over is hashed. */
class Window {
  readonly #file: FileHandle
  readonly #path: string
  readonly #size: number
  readonly #hash = createHash('sha256')
  #buffer: Buffer = Buffer.alloc(0)
  #read = 0
  at = 0

  constructor(file: FileHandle, path: string, size: number) {
    this.#file = file
    this.#path = path
    this.#size = size
  }

  /** The next `length` bytes, undefined when the file ends before. Bounded by the file, whatever it announces. */
  async peek(length: number): Promise<Buffer | undefined> {
    if (this.at + length > this.#size) return undefined
    if (this.#buffer.length < length) await this.#fill(length)
    return this.#buffer.length < length ? undefined : this.#buffer.subarray(0, length)
  }

  skip(length: number): void {
    this.#hash.update(this.#buffer.subarray(0, length))
    this.#buffer = this.#buffer.subarray(length)
    this.at += length
  }

  digest(): string {
    return this.#hash.digest('hex')
  }

  async #fill(length: number): Promise<void> {
    const wanted = Math.min(Math.max(length - this.#buffer.length, CHUNK), this.#size - this.#read)
    const more = Buffer.allocUnsafe(wanted)
    for (let got = 0; got < wanted;) {
      const {bytesRead} = await this.#file.read(more, got, wanted - got, this.#read)
      if (bytesRead === 0) throw archiveDamage(this.#path, 'it became shorter while it was read')
      got += bytesRead
      this.#read += bytesRead
    }
    this.#buffer = Buffer.concat([this.#buffer, more])
  }
}
