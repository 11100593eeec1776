const INITIAL = 1024

/** Where one message of an archive is. */
export interface Position {
  /** Number of its ledger entry. */
  readonly seq: number
  /** Index of the segment among those that were read. */
  readonly segment: number
  /** First byte of the record. */
  readonly at: number
}

/**
 * Where the messages of one destination are, in the order they were received in: 16 bytes each, so that ten million
 * fit into memory. The archive itself is in the order of writing, which differs by what was under way at once.
 */
export class Positions {
  #seqs = new Float64Array(INITIAL)
  #segments = new Uint32Array(INITIAL)
  #offsets = new Uint32Array(INITIAL)
  #order: Uint32Array | undefined
  #count = 0
  bytes = 0

  add({seq, segment, at}: Position, bytes: number): void {
    if (this.#count === this.#seqs.length) this.#grow()
    this.#seqs[this.#count] = seq
    this.#segments[this.#count] = segment
    this.#offsets[this.#count] = at
    this.#count++
    this.#order = undefined
    this.bytes += bytes
  }

  get length(): number {
    return this.#sorted().length
  }

  /** In the order of their numbers. A message that was archived twice under one number is there once, as last written. */
  at(index: number): Position | undefined {
    const found = this.#sorted()[index]
    return found === undefined ? undefined : this.#position(found)
  }

  *[Symbol.iterator](): Generator<Position> {
    for (const index of this.#sorted()) yield this.#position(index)
  }

  #position(index: number): Position {
    const seq = this.#seqs[index] ?? 0
    return {seq, segment: this.#segments[index] ?? 0, at: this.#offsets[index] ?? 0}
  }

  #sorted(): Uint32Array {
    this.#order ??= this.#sort()
    return this.#order
  }

  #sort(): Uint32Array {
    const seqs = this.#seqs
    const all = Uint32Array.from({length: this.#count}, (_, index) => index)
    const seqAt = (index: number): number => seqs[index] ?? 0
    all.sort((a, b) => seqAt(a) - seqAt(b) || a - b)
    return all.filter((index, place) => {
      const next = all[place + 1]
      return next === undefined || seqAt(next) !== seqAt(index)
    })
  }

  #grow(): void {
    const length = this.#seqs.length * 2
    this.#seqs = larger(this.#seqs, new Float64Array(length))
    this.#segments = larger(this.#segments, new Uint32Array(length))
    this.#offsets = larger(this.#offsets, new Uint32Array(length))
  }
}

function larger<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
