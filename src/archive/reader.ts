import {decodeEnvelope} from '../model/canonical.ts'
import type {Envelope} from '../model/envelope.ts'
import type {Delivery, ReadOptions} from '../sources/source.ts'
import type {Position, Positions} from './positions.ts'
import {RecordFile} from './record-file.ts'
import type {Taken} from './taken.ts'

export interface ReaderParts {
  readonly segments: readonly string[]
  readonly positions: Positions
  readonly taken: Taken
  /** What this run gives; anything else stays. */
  readonly wanted: (seq: number) => boolean
  /** Some of it may have been given before, by this process or by one that ended. */
  readonly again: boolean
  /** All of it was received before, from the source that it was archived from. */
  readonly received: boolean
  /** As the message left, or made unique: the number of its entry. */
  readonly identified: (envelope: Envelope, seq: number) => Envelope
}

/** Gives the messages of one destination in the order they were received in, as a broker would: until acknowledged. */
export class ArchiveReader implements AsyncIterableIterator<Delivery> {
  readonly #parts: ReaderParts
  readonly #options: ReadOptions
  readonly #signal: AbortSignal
  readonly #file: RecordFile
  readonly #outstanding = new Map<number, number>()
  readonly #acks = new Set<Promise<unknown>>()
  /**
   * Any of it may have been given before. How far an earlier run came is not known: its window may have been larger
   * than ours, and it may have been told to bring back something else.
   */
  readonly #redelivered: boolean
  #bytes = 0
  #next = 0
  #closed = false
  #failure: Error | undefined
  #changed = Promise.withResolvers<void>()
  readonly #wake = (): void => {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  constructor(parts: ReaderParts, options: ReadOptions, signal: AbortSignal) {
    this.#parts = parts
    this.#options = options
    this.#signal = signal
    this.#file = new RecordFile(parts.segments)
    this.#redelivered = parts.received || parts.again
    signal.addEventListener('abort', this.#wake)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get outstanding(): number {
    return this.#outstanding.size
  }

  async next(): Promise<IteratorResult<Delivery>> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#closed || this.#signal.aborted) return OVER
      if (!this.#isFull()) {
        const position = this.#advance()
        return position ? {done: false, value: await this.#give(position)} : OVER
      }
      await this.#changed.promise
    }
  }

  /** Every acknowledgement is on disk then; the rest is given again next time. */
  async return(): Promise<IteratorResult<Delivery>> {
    this.#closed = true
    this.#wake()
    this.#signal.removeEventListener('abort', this.#wake)
    await Promise.all(this.#acks)
    await this.#file[Symbol.asyncDispose]()
    return OVER
  }

  #isFull(): boolean {
    const {messages, bytes} = this.#options.window
    return this.#outstanding.size > 0 && (this.#outstanding.size >= messages || this.#bytes >= bytes)
  }

  #advance(): Position | undefined {
    const {positions, taken, wanted} = this.#parts
    while (this.#next < positions.length) {
      const position = positions.at(this.#next++)
      if (!position || !wanted(position.seq)) continue
      if (!taken.has(position.seq)) return position
    }
    return undefined
  }

  async #give(position: Position): Promise<Delivery> {
    const {seq} = position
    const bytes = await this.#file.read(position)
    this.#outstanding.set(seq, bytes.length)
    this.#bytes += bytes.length
    const envelope = this.#parts.identified(decodeEnvelope(bytes), seq)
    return {
      envelope: {...envelope, delivery: {redelivered: this.#redelivered}},
      ack: () => this.#ack(seq),
      // It is given again in the next run and not in this one.
      release: () => undefined,
    }
  }

  #ack(seq: number): Promise<'applied' | 'lost'> {
    if (this.#closed) return Promise.resolve('lost')
    const acked = this.#parts.taken.take([seq], 'replayed').then(
      () => {
        this.#bytes -= this.#outstanding.get(seq) ?? 0
        this.#outstanding.delete(seq)
        this.#wake()
        return 'applied' as const
      },
      (error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error))
        this.#wake()
        return 'lost' as const
      },
    )
    this.#acks.add(acked)
    void acked.finally(() => this.#acks.delete(acked))
    return acked
  }
}

const OVER = {done: true, value: undefined} as const
