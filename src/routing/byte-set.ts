/** 256 flags, one per byte. */
export type ByteSet = Uint8Array

export function byteSet(bytes: Iterable<number>): ByteSet {
  const set = new Uint8Array(256)
  for (const byte of bytes) set[byte] = 1
  return set
}

export function rangeOf(from: number, to: number): ByteSet {
  return new Uint8Array(256).fill(1, from, to + 1)
}

export function complement(set: ByteSet): ByteSet {
  return set.map((flag) => 1 - flag)
}

const matching = (test: RegExp): ByteSet =>
  byteSet(Array.from({length: 256}, (_, byte) => byte).filter((byte) => test.test(String.fromCharCode(byte))))

/** Latin-1, as Erlang's `re` builds its tables: 0xC3 is a letter although it is half of a UTF-8 character. */
const letters = matching(/\p{L}/u)
const digits = rangeOf(48, 57)
const word = byteSet([...keys(letters), ...keys(digits), 95])
const space = byteSet([9, 10, 11, 12, 13, 32])

const SHORT: Readonly<Record<string, ByteSet>> = {
  w: word,
  d: digits,
  s: space,
  h: byteSet([9, 32, 0xa0]),
  v: byteSet([10, 11, 12, 13, 0x85]),
  N: complement(byteSet([10])),
}

/** `\w`, `\d`, `\s`, `\h`, `\v`, `\N` and their capital opposites. */
export function classOf(letter: string): ByteSet {
  const direct = SHORT[letter]
  return direct ?? complement(SHORT[letter.toLowerCase()] ?? byteSet([]))
}

// As measured, oddities included: every byte is "ascii", NBSP is punctuation (fixtures/rabbitmq/policy-patterns).
const POSIX: Readonly<Record<string, ByteSet>> = {
  alpha: letters,
  digit: digits,
  alnum: byteSet([...keys(letters), ...keys(digits)]),
  lower: matching(/[\p{Ll}\xaa\xba]/u),
  upper: matching(/\p{Lu}/u),
  space,
  blank: byteSet([9, 32]),
  punct: matching(/[!-/:-@[-`{-~\xa0-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7]/),
  cntrl: matching(/\p{Cc}/u),
  graph: byteSet([...rangeBytes(33, 126), ...rangeBytes(160, 255)]),
  print: byteSet([...rangeBytes(32, 126), ...rangeBytes(160, 255)]),
  word,
  xdigit: matching(/[0-9a-f]/i),
  ascii: rangeOf(0, 255),
}

/** False when there is no such class. */
export function addPosixClass(set: ByteSet, name: string, negated: boolean): boolean {
  const found = POSIX[name]
  if (!found) return false
  for (const byte of keys(negated ? complement(found) : found)) set[byte] = 1
  return true
}

/** `\p{…}` over Latin-1. Undefined when the property is not known. */
export function property(name: string): ByteSet | undefined {
  if (name === 'L&') return matching(/[\p{Lu}\p{Ll}\p{Lt}]/u)
  for (const spelled of [name, `Script=${name}`]) {
    try {
      return matching(new RegExp(`\\p{${spelled}}`, 'u'))
    } catch {
      // Not a category: perhaps a script.
    }
  }
  return undefined
}

/** The byte and its other case in Latin-1. */
export function caseFolded(byte: number): readonly number[] {
  const text = String.fromCharCode(byte)
  // ß becomes SS and ÿ leaves Latin-1: these have no other case here.
  const others = [text.toUpperCase(), text.toLowerCase()].filter((other) => other.length === 1)
  return [...new Set([byte, ...others.map((other) => other.charCodeAt(0)).filter((code) => code < 256)])]
}

/** As a class of a regular expression over characters 0 to 255. */
export function classSource(set: ByteSet): string {
  const parts: string[] = []
  for (let from = 0; from < 256; from++) {
    if (set[from] !== 1) continue
    let to = from
    while (set[to + 1] === 1) to++
    parts.push(from === to ? hex(from) : `${hex(from)}-${hex(to)}`)
    from = to
  }
  // A class of nothing has no portable spelling; U+0100 is no byte.
  return parts.length === 0 ? '\u0100' : `[${parts.join('')}]`
}

/** The only byte of the set, or undefined. */
export function onlyByte(set: ByteSet): number | undefined {
  const first = set.indexOf(1)
  return first === -1 || set.includes(1, first + 1) ? undefined : first
}

export const wordSource = classSource(word)

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

function* keys(set: ByteSet): Iterable<number> {
  for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) yield byte
}
function* rangeBytes(from: number, to: number): Iterable<number> {
  for (let byte = from; byte <= to; byte++) yield byte
}
