/** A repeatable source of numbers: the demo has the same messages on every machine. */
export interface Random {
  /** A whole number from 0 to `below - 1`. */
  below(below: number): number
  pick<T>(values: readonly [T, ...T[]]): T
  bytes(length: number): Uint8Array
}

/** FNV-1a, 32 bits, http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0
  return value
}

/** mulberry32 by Tommy Ettinger (public domain): small, and even enough for made-up orders. */
export function seeded(seed: string): Random {
  let state = hash(seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    bytes(length) {
      const words = Uint32Array.from({length: Math.ceil(length / 4)}, next)
      return new Uint8Array(words.buffer, 0, length)
    },
  }
}
