const LANES = 8
const WORD = 2 ** 32
/** Words are summed as doubles, which are exact to 2^53: carry before 2^21 additions can have overflowed one. */
const CARRY_EVERY = 2 ** 20
export const DIGEST_BYTES = 32

/**
 * The sum of digests modulo 2^256: equal for equal multisets in any order, so what was received and what was sent
 * can be compared without sorting. Keyed digests, so nobody can make two sets collide.
 */
export class MultisetSum {
  readonly #words = new Float64Array(LANES)
  #pending = 0

  static from(bytes: Uint8Array): MultisetSum {
    const sum = new MultisetSum()
    sum.add(Buffer.from(bytes))
    return sum
  }

  add(digest: Buffer, offset = 0): void {
    for (let word = 0; word < LANES; word++) {
      this.#words[word] = (this.#words[word] ?? 0) + digest.readUInt32BE(offset + 4 * word)
    }
    if (++this.#pending >= CARRY_EVERY) this.#carry()
  }

  toBuffer(): Buffer {
    this.#carry()
    const bytes = Buffer.alloc(DIGEST_BYTES)
    for (const [word, value] of this.#words.entries()) bytes.writeUInt32BE(value, 4 * word)
    return bytes
  }

  toHex(): string {
    return this.toBuffer().toString('hex')
  }

  #carry(): void {
    let carry = 0
    for (let word = LANES - 1; word >= 0; word--) {
      const value = (this.#words[word] ?? 0) + carry
      carry = Math.floor(value / WORD)
      this.#words[word] = value % WORD
    }
    this.#pending = 0
  }
}
