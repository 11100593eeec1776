import {createHmac, hash, type KeyObject} from 'node:crypto'

/** Block and digest of SHA-256. */
const BLOCK = 64
const DIGEST = 32
/** Above it, copying head and body together costs more than an object for the hash. */
const COPIED = 16 * 1024

/**
 * HMAC-SHA-256 of two parts, for one message after another. `createHmac` makes an object that costs more than the hash of
 * a small message: two plain hashes, as RFC 2104 defines it, take 1.8 µs of CPU for 1 KiB instead of 3.5 (Node 24.21,
 * 2026-11-24).
 */
class KeyedHash {
  readonly #key: KeyObject
  readonly #inner = Buffer.alloc(BLOCK + COPIED)
  readonly #outer = Buffer.alloc(BLOCK + DIGEST)

  constructor(key: KeyObject) {
    this.#key = key
    const bytes = key.export()
    const short = bytes.length > BLOCK ? hash('sha256', bytes, 'buffer') : bytes
    for (let at = 0; at < BLOCK; at++) {
      const byte = short[at] ?? 0
      this.#inner[at] = byte ^ 0x36
      this.#outer[at] = byte ^ 0x5c
    }
  }

  of(head: Uint8Array, body: Uint8Array): Buffer {
    const length = head.byteLength + body.byteLength
    if (length > COPIED) return createHmac('sha256', this.#key).update(head).update(body).digest()
    this.#inner.set(head, BLOCK)
    this.#inner.set(body, BLOCK + head.byteLength)
    // As text, because a buffer would come with memory of its own.
    this.#outer.write(hash('sha256', this.#inner.subarray(0, BLOCK + length), 'binary'), BLOCK, 'latin1')
    return Buffer.from(hash('sha256', this.#outer, 'binary'), 'latin1')
  }
}

const known = new WeakMap<KeyObject, KeyedHash>()

/** The same bytes as `createHmac('sha256', key)` gives for head and body. */
export function keyedHash(key: KeyObject, head: Uint8Array, body: Uint8Array): Buffer {
  let found = known.get(key)
  if (!found) known.set(key, (found = new KeyedHash(key)))
  return found.of(head, body)
}
