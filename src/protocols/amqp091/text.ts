/**
 * Short strings are bytes that are usually UTF-8. A byte that is not keeps its value as the lone surrogate U+DCNN,
 * which no valid text contains, so that every name survives both ways.
 */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  // U+FFFD is what the decoder writes for a stray byte, and may also be what the sender wrote.
  return text.includes('\uFFFD') ? decodeStray(bytes.subarray(start, end)) : text
}

/** The bytes of {@link decodeText}. */
export function encodeText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8')
  const parts: Buffer[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character, 'utf8'))
  }
  return Buffer.concat(parts)
}

const strict = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})

/** Text when the bytes are UTF-8, else a copy of the bytes. */
export function textOrBytes(bytes: Buffer, start: number, end: number): string | Uint8Array {
  const text = bytes.toString('utf8', start, end)
  if (!text.includes('\uFFFD')) return text
  const part = bytes.subarray(start, end)
  try {
    return strict.decode(part)
  } catch {
    return Uint8Array.from(part)
  }
}

function decodeStray(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0)
    const sequence = bytes.subarray(at, at + length)
    const character = length > 0 && sequence.length === length ? wellFormed(sequence) : undefined
    text += character ?? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
    at += character === undefined ? 1 : length
  }
  return text
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1
  if (first >= 0xc2 && first < 0xe0) return 2
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xf0 && first < 0xf5 ? 4 : 0
}

function wellFormed(sequence: Buffer): string | undefined {
  try {
    return strict.decode(sequence)
  } catch {
    return undefined
  }
}
