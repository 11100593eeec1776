import {MqliftError} from '../errors.ts'
import type {Envelope} from '../model/envelope.ts'
import type {Delivery, Depth, ReadOptions, Source} from '../sources/source.ts'
import type {Contents} from './contents.ts'
import type {Positions} from './positions.ts'
import {ArchiveReader} from './reader.ts'
import type {Taken} from './taken.ts'

export interface ArchiveSourceOptions {
  readonly contents: Contents
  readonly taken: Taken
  /** What this run gives, by the number of the entry; default: everything. */
  readonly wanted?: (seq: number) => boolean
  /**
   * `entry`: a message is told by the number of its entry, which is unique: a copy that comes back is not sent again.
   * `own`: as the message left, so that its digest is the one in the ledger it was archived for.
   */
  readonly identity: 'entry' | 'own'
  /** Everything was received before, though not from here: it is marked so, and paired with its entry. */
  readonly received?: boolean
  /** False = another source's counters are in the account that this one is read for. */
  readonly counters: boolean
}

/**
 * An archive as a source: what was moved, by the destination it came from. A message stays until it is acknowledged,
 * and the acknowledgements are kept in a file, so that it is given once over any number of runs.
 */
export class ArchiveSource implements Source {
  readonly address: string
  readonly #options: ArchiveSourceOptions
  readonly #readers = new Map<string, ArchiveReader>()
  readonly #readBefore = new Set<string>()

  constructor(options: ArchiveSourceOptions) {
    this.address = options.contents.folder
    this.#options = options
  }

  inspect(): ReturnType<Source['inspect']> {
    return Promise.reject(
      new MqliftError('usage', `${this.address} is an archive: it says nothing about a broker`, {
        suggestions: ['mqlift inspect amqps://user@host/'],
      }),
    )
  }

  /** Null = nothing of this destination was archived. What came back from elsewhere stays in the archive. */
  depth(destination: string): Promise<Depth | null> {
    const {contents, counters} = this.#options
    const positions = contents.destinations.get(destination)
    if (!positions) return Promise.resolve(null)
    const acked = this.#replayed(positions)
    const unacked = this.#readers.get(destination)?.outstanding ?? 0
    return Promise.resolve({
      ready: positions.length - acked - unacked,
      unacked,
      consumers: 0,
      counters: counters ? {acked, deliveredWithoutAck: 0} : null,
    })
  }

  read(destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery> {
    const {contents, taken, wanted = () => true, identity, received = false} = this.#options
    const positions = contents.destinations.get(destination)
    if (!positions) throw new RangeError(`nothing of ${destination} is in ${this.address}`)
    const again = taken.resumed || this.#readBefore.has(destination)
    this.#readBefore.add(destination)
    const identified = identity === 'entry' ? byEntry : asItLeft
    const parts = {segments: contents.segments, positions, taken, wanted, again, received, identified}
    const reader = new ArchiveReader(parts, options, signal)
    this.#readers.set(destination, reader)
    return reader
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#readers.values(), (reader) => reader.return()))
  }

  #replayed(positions: Positions): number {
    let count = 0
    for (const {seq} of positions) if (this.#options.taken.replayed.has(seq)) count++
    return count
  }
}

const byEntry = (envelope: Envelope, seq: number): Envelope => ({...envelope, identity: `archive:${seq}`})
const asItLeft = (envelope: Envelope): Envelope => envelope
