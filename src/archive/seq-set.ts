const INITIAL_BYTES = 4096

/** Numbers of ledger entries, one bit each: a hundred million take 12 MB. */
export class SeqSet {
  #bits = new Uint8Array(INITIAL_BYTES)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(seq: number): void {
    const index = Math.floor(seq / 8)
    if (index >= this.#bits.length) this.#grow(index + 1)
    const byte = this.#bits[index] ?? 0
    const bit = 1 << (seq % 8)
    if ((byte & bit) !== 0) return
    this.#bits[index] = byte | bit
    this.#size++
  }

  has(seq: number): boolean {
    return ((this.#bits[Math.floor(seq / 8)] ?? 0) & (1 << (seq % 8))) !== 0
  }

  #grow(least: number): void {
    const larger = new Uint8Array(Math.max(this.#bits.length * 2, least))
    larger.set(this.#bits)
    this.#bits = larger
  }
}
