import {constants} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {crc32} from 'node:zlib'

import {archiveDamage, HEADER_BYTES, MAX_RECORD, SEQ_BYTES, understood} from './format.ts'
import type {Position} from './positions.ts'

/** Positions are nearly in the order of the file, so what follows is mostly there already. */
const CHUNK = 2 ** 20

/** Reads single records of an archive by their position. One segment is open at a time. */
export class RecordFile implements AsyncDisposable {
  readonly #segments: readonly string[]
  #open: {readonly segment: number; readonly file: FileHandle} | undefined
  #chunk: {readonly from: number; readonly bytes: Buffer} = {from: 0, bytes: Buffer.alloc(0)}

  constructor(segments: readonly string[]) {
    this.#segments = segments
  }

  /** The canonical envelope of the record, in memory of its own. */
  async read({seq, segment, at}: Position): Promise<Buffer> {
    const path = this.#segments[segment] ?? ''
    const header = await this.#bytes(segment, at, HEADER_BYTES)
    const length = header.readUInt32BE(0)
    const crc = header.readUInt32BE(4)
    if (length > MAX_RECORD) throw archiveDamage(path, `the record at byte ${at} cannot be read any more`)
    const payload = await this.#bytes(segment, at + HEADER_BYTES, length)
    const same = crc32(payload) === crc && Number(payload.readBigUInt64BE()) === seq
    if (!same) throw archiveDamage(path, `the record at byte ${at} is not the one it was`)
    return Buffer.from(payload.subarray(SEQ_BYTES))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.file.close()
    this.#open = undefined
  }

  /** A view of the chunk that holds them. */
  async #bytes(segment: number, from: number, length: number): Promise<Buffer> {
    const file = await this.#segment(segment)
    const start = from - this.#chunk.from
    if (start >= 0 && start + length <= this.#chunk.bytes.length)
      return this.#chunk.bytes.subarray(start, start + length)
    this.#chunk = {from, bytes: await this.#fill(file, from, Math.max(length, CHUNK))}
    if (this.#chunk.bytes.length >= length) return this.#chunk.bytes.subarray(0, length)
    throw archiveDamage(this.#segments[segment] ?? '', 'it became shorter while it was read')
  }

  async #fill(file: FileHandle, from: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    let got = 0
    while (got < length) {
      const {bytesRead} = await file.read(bytes, got, length - got, from + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return bytes.subarray(0, got)
  }

  async #segment(segment: number): Promise<FileHandle> {
    if (this.#open?.segment === segment) return this.#open.file
    await this[Symbol.asyncDispose]()
    const path = this.#segments[segment] ?? ''
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      this.#open = {segment, file}
      this.#chunk = {from: 0, bytes: Buffer.alloc(0)}
      return file
    } catch (error) {
      throw understood(error, path)
    }
  }
}
