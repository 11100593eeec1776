import {mkdir, readdir} from 'node:fs/promises'

import {SEGMENT_BYTES, segmentNumber, understood} from './format.ts'
import {addLine, type Manifest, readManifest} from './manifest.ts'
import {type Archived, OpenSegment} from './open-segment.ts'
import {Times} from './times.ts'

export interface Archive extends AsyncDisposable {
  readonly folder: string
  /**
   * Resolves when the messages are on disk; calls that arrive while a sync is under way share the next one. Rejects
   * with `incomplete` when the disk is full or broken, and from then on for ever: nothing is moved without it.
   */
  append(messages: readonly Archived[]): Promise<void>
}

export interface ArchiveOptions {
  readonly segmentBytes?: number
  /** Epoch milliseconds. */
  readonly now?: () => number
}

/** How much is written before the next sync at the latest: memory is bounded by the window anyway. */
const WRITE_BYTES = 8 * 2 ** 20

interface Waiting {
  readonly messages: readonly Archived[]
  readonly done: PromiseWithResolvers<void>
}

/** Opens the archive folder for writing, cutting what a crash left half-written. */
export async function openArchive(folder: string, options: ArchiveOptions = {}): Promise<Archive> {
  try {
    await mkdir(folder, {recursive: true, mode: 0o700})
    const manifest = await readManifest(folder)
    const names = await readdir(folder)
    const last = Math.max(0, ...names.map(segmentNumber).filter((number) => number !== undefined))
    const segment = last === 0 ? await OpenSegment.create(folder, 1) : await OpenSegment.resume(folder, last)
    const archive = new SegmentedArchive({
      folder,
      manifest,
      segment,
      times: await Times.open(folder, options.now ?? Date.now, segment.highest),
      limit: options.segmentBytes ?? SEGMENT_BYTES,
    })
    await archive.ready()
    return archive
  } catch (error) {
    throw understood(error, folder)
  }
}

interface Parts {
  readonly folder: string
  readonly limit: number
  readonly times: Times
  manifest: Manifest
  segment: OpenSegment
}

class SegmentedArchive implements Archive {
  readonly #parts: Parts
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #broken: unknown

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get folder(): string {
    return this.#parts.folder
  }

  /** A segment that was closed but not yet named in the manifest is named now. */
  async ready(): Promise<void> {
    const {segment, manifest} = this.#parts
    if (!segment.closed) return
    if (!manifest.lines.some(({segment: name}) => name === segment.name)) await this.#name()
    await this.#next()
  }

  append(messages: readonly Archived[]): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(asError(this.#broken))
    const done = Promise.withResolvers<void>()
    this.#waiting.push({messages, done})
    this.#writing ??= this.#drain()
    return done.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#parts.times[Symbol.asyncDispose]()
    await this.#parts.segment.dispose()
  }

  async #drain(): Promise<void> {
    // One turn of the loop for company: the requests of one commit arrive together.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) await this.#writeSome()
    this.#writing = undefined
  }

  async #writeSome(): Promise<void> {
    const taken = this.#take()
    try {
      const messages = taken.flatMap(({messages: some}) => some)
      await this.#parts.times.note(messages.map(({seq}) => seq))
      await this.#parts.segment.append(messages)
      for (const {done} of taken) done.resolve()
      if (this.#parts.segment.bytes >= this.#parts.limit) await this.#roll()
    } catch (error) {
      this.#broken = understood(error, this.folder)
      for (const {done} of [...taken, ...this.#waiting]) done.reject(asError(this.#broken))
      this.#waiting = []
    }
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    while (count < this.#waiting.length && bytes < WRITE_BYTES) {
      for (const {head, body} of this.#waiting[count]?.messages ?? [])
        bytes += head.byteLength + body.byteLength
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #roll(): Promise<void> {
    await this.#parts.segment.close()
    await this.#name()
    await this.#next()
  }

  async #name(): Promise<void> {
    const {name, records, bytes, sha256} = this.#parts.segment
    this.#parts.manifest = await addLine(this.folder, this.#parts.manifest, {
      segment: name,
      records,
      bytes,
      sha256,
    })
  }

  async #next(): Promise<void> {
    await this.#parts.segment.dispose()
    this.#parts.segment = await OpenSegment.create(this.folder, this.#parts.segment.number + 1)
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
