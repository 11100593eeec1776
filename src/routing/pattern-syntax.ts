import {
  addPosixClass,
  byteSet,
  caseFolded,
  classOf,
  complement,
  property,
  rangeOf,
  type ByteSet,
} from './byte-set.ts'

/**
 * PCRE as RabbitMQ runs it for policies: on bytes, unanchored, with the Latin-1 tables of Erlang's `re`
 * (`\w` takes the byte 0xC3; tried on 3.10.8 and 4.0.5, 2026-11-24). Everything becomes sets of bytes, so that no
 * engine's own idea of letters, case or line ends can differ.
 */
export type Node =
  | {readonly is: 'set'; readonly set: ByteSet}
  | {readonly is: 'start' | 'end' | 'very-end' | 'word-edge' | 'not-word-edge'}
  | {
      readonly is: 'group'
      readonly kind: GroupKind
      readonly options: readonly Sequence[]
      readonly number?: number
    }
  | {
      readonly is: 'repeat'
      readonly node: Node
      readonly min: number
      readonly max: number
      readonly mode: '' | '?' | '+'
    }
  | {readonly is: 'same-as'; readonly group: number}
export type Sequence = readonly Node[]
export type GroupKind = 'plain' | 'capture' | 'atomic' | 'ahead' | 'not-ahead' | 'behind' | 'not-behind'

/** PCRE would refuse it: such a policy cannot exist on a broker. */
export class InvalidPattern extends Error {}
/** PCRE takes it, we do not: recursion, conditions, verbs. */
export class UnsupportedPattern extends Error {}

const MAX_DEPTH = 60
const MAX_LENGTH = 4096

interface Flags {
  readonly fold: boolean
  readonly dotAll: boolean
  readonly extended: boolean
}

/** `pattern` holds one character per byte. */
export function parsePattern(pattern: string): readonly Sequence[] {
  if (pattern.length > MAX_LENGTH) throw new UnsupportedPattern(`longer than ${MAX_LENGTH} bytes`)
  return new Parser(pattern).all()
}

const GROUP_KINDS: readonly (readonly [string, GroupKind])[] = [
  ['(?:', 'plain'],
  ['(?>', 'atomic'],
  ['(?=', 'ahead'],
  ['(?!', 'not-ahead'],
  ['(?<=', 'behind'],
  ['(?<!', 'not-behind'],
]

class Parser {
  readonly #text: string
  #at = 0
  #groups = 0
  #depth = 0
  #highestReference = 0
  readonly #names = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
  }

  all(): readonly Sequence[] {
    const options = this.#options({fold: false, dotAll: false, extended: false})
    if (this.#at < this.#text.length) throw new InvalidPattern('a ) has no (')
    if (this.#highestReference > this.#groups)
      throw new InvalidPattern('it refers to a group it does not have')
    return options
  }

  #options(outer: Flags): readonly Sequence[] {
    if (++this.#depth > MAX_DEPTH) throw new UnsupportedPattern(`nested deeper than ${MAX_DEPTH}`)
    let flags = outer
    const options: Node[][] = [[]]
    while (this.#at < this.#text.length && !this.#sees(')')) {
      if (this.#takes('|')) options.push([])
      else if (this.#skipsComment(flags)) continue
      else if (this.#quotes(options.at(-1) ?? [], flags)) continue
      else {
        const changed = this.#flags(flags)
        if (changed) flags = changed
        else options.at(-1)?.push(this.#quantified(this.#atom(flags), flags))
      }
    }
    this.#depth--
    return options
  }

  #skipsComment(flags: Flags): boolean {
    const rest = this.#text.slice(this.#at)
    const comment =
      /^\(\?#[^)]*\)/.exec(rest) ?? (flags.extended ? /^(?:[\t-\r ]+|#[^\n]*\n?)/.exec(rest) : null)
    this.#at += comment?.[0].length ?? 0
    return comment !== null
  }

  /** `\Q…\E`: everything between is literal. */
  #quotes(into: Node[], flags: Flags): boolean {
    if (this.#takes('\\E')) return true
    if (!this.#takes('\\Q')) return false
    const end = this.#text.indexOf('\\E', this.#at)
    const quoted = this.#text.slice(this.#at, end === -1 ? undefined : end)
    this.#at += quoted.length + (end === -1 ? 0 : 2)
    const nodes = Array.from(quoted, (byte) => literal(byte.charCodeAt(0), flags))
    const last = nodes.pop()
    into.push(...nodes)
    if (last) into.push(this.#quantified(last, flags))
    return true
  }

  #flags(flags: Flags): Flags | undefined {
    const match = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(this.#text.slice(this.#at))
    if (!match) return undefined
    this.#at += match[0].length
    return changedFlags(flags, match[1] ?? '', match[2] ?? '')
  }

  #atom(flags: Flags): Node {
    const byte = this.#text.charAt(this.#at)
    if (byte === '(') return this.#group(flags)
    if (byte === '[') return {is: 'set', set: this.#class(flags)}
    if (byte === '\\') return this.#escape(flags)
    if (/[*+?]/.test(byte)) throw new InvalidPattern(`${byte} repeats nothing`)
    this.#at++
    if (byte === '^') return {is: 'start'}
    if (byte === '$') return {is: 'end'}
    if (byte === '.') return {is: 'set', set: flags.dotAll ? rangeOf(0, 255) : complement(byteSet([10]))}
    return literal(byte.charCodeAt(0), flags)
  }

  #group(flags: Flags): Node {
    const opening = openingOf(this.#text.slice(this.#at))
    this.#at += opening.text.length
    const number = opening.kind === 'capture' ? ++this.#groups : undefined
    if (opening.name !== undefined) this.#names.set(opening.name, this.#groups)
    const options = this.#options(opening.flags ? changedFlags(flags, ...opening.flags) : flags)
    if (!this.#takes(')')) throw new InvalidPattern('a ( has no )')
    return {is: 'group', kind: opening.kind, options, ...(number === undefined ? {} : {number})}
  }

  #escape(flags: Flags): Node {
    const rest = this.#text.slice(this.#at)
    const edge = EDGES[rest.slice(0, 2)]
    const reference = /^\\(?:g?([1-9])(?!\d)|g\{([1-9])\}|k[<{']([A-Za-z_]\w*)[>}'])/.exec(rest)
    if (edge) {
      this.#at += 2
      return {is: edge}
    }
    if (!reference) return {is: 'set', set: this.#escapedSet(flags)}
    this.#at += reference[0].length
    const group =
      reference[3] === undefined ? Number(reference[1] ?? reference[2]) : this.#names.get(reference[3])
    if (group === undefined) throw new InvalidPattern('it refers to a group it does not have')
    this.#highestReference = Math.max(this.#highestReference, group)
    return {is: 'same-as', group}
  }

  /** One escape that stands for bytes, inside a class or outside. */
  #escapedSet(flags: Flags): ByteSet {
    const rest = this.#text.slice(this.#at)
    const short = /^\\([wWdDsShHvVN])/.exec(rest)
    if (short) return this.#consumed(short[0], classOf(short[1] ?? ''))
    const named = /^\\([pP])(?:\{(\^?)([A-Za-z&_]+)\}|([A-Za-z]))/.exec(rest)
    if (named) return this.#consumed(named[0], propertySet(named))
    const coded = CODED.exec(rest)
    if (coded) return this.#consumed(coded[0], fold(codeOf(coded), flags))
    if (rest.length < 2) throw new InvalidPattern('it ends in a backslash')
    if (/^\\[A-Za-z0-9]/.test(rest)) throw new UnsupportedPattern(`${rest.slice(0, 2)} is not known`)
    return this.#consumed(rest.slice(0, 2), fold(rest.charCodeAt(1), flags))
  }

  #consumed(text: string, set: ByteSet): ByteSet {
    this.#at += text.length
    return set
  }

  #class(flags: Flags): ByteSet {
    const negated = this.#text.startsWith('[^', this.#at)
    this.#at += negated ? 2 : 1
    const set = byteSet([])
    for (let first = true; first || !this.#sees(']'); first = false) {
      if (this.#at >= this.#text.length) throw new InvalidPattern('a [ has no ]')
      const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at))
      if (posix) {
        if (!addPosixClass(set, posix[2] ?? '', posix[1] === '^'))
          throw new InvalidPattern(`${posix[0]} is not a class`)
        this.#at += posix[0].length
      } else this.#classItem(set, flags)
    }
    this.#at++
    return negated ? complement(set) : set
  }

  #classItem(set: ByteSet, flags: Flags): void {
    const from = this.#classAtom()
    const ranged = this.#sees('-') && !this.#text.startsWith('-]', this.#at) && from.length === 1
    if (!ranged) return addAll(set, from, flags)
    this.#at++
    const to = this.#classAtom()
    if (to.length !== 1) return addAll(set, [...from, 45, ...to], flags)
    const [low = 0, high = 0] = [from[0], to[0]]
    if (low > high) throw new InvalidPattern('a range runs backwards')
    addAll(
      set,
      Array.from({length: high - low + 1}, (_, index) => low + index),
      flags,
    )
  }

  #classAtom(): number[] {
    if (this.#takes('\\b')) return [8]
    if (!this.#sees('\\')) return [this.#text.charCodeAt(this.#at++)]
    const set = this.#escapedSet({fold: false, dotAll: false, extended: false})
    return [...set.keys()].filter((byte) => set[byte] === 1)
  }

  #quantified(node: Node, flags: Flags): Node {
    while (this.#skipsComment(flags));
    const match = /^(?:([*+?])|\{(\d{1,5})(?:(,)(\d{0,5}))?\})([?+]?)/.exec(this.#text.slice(this.#at))
    if (!match) return node
    this.#at += match[0].length
    const [min, max] = bounds(match)
    if (max < min || min > 65_535 || (max !== Infinity && max > 65_535))
      throw new InvalidPattern('a {n,m} is wrong')
    const repeated: Node = {
      is: 'repeat',
      node,
      min,
      max,
      mode: match[5] === '+' ? '+' : match[5] === '?' ? '?' : '',
    }
    if (/^[*+?]/.test(this.#text.slice(this.#at)))
      throw new InvalidPattern('a quantifier repeats a quantifier')
    return repeated
  }

  #sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  #takes(text: string): boolean {
    if (!this.#sees(text)) return false
    this.#at += text.length
    return true
  }
}

const EDGES: Readonly<Record<string, 'start' | 'end' | 'very-end' | 'word-edge' | 'not-word-edge'>> = {
  '\\A': 'start',
  '\\Z': 'end',
  '\\z': 'very-end',
  '\\b': 'word-edge',
  '\\B': 'not-word-edge',
}
const CODES: Readonly<Record<string, number>> = {a: 7, e: 27, f: 12, n: 10, r: 13, t: 9}

const CODED =
  /^\\(?:x\{([0-9a-fA-F]{1,2})\}|x([0-9a-fA-F]{0,2})|(0[0-7]{0,2}|[1-7][0-7]{2})|c([\x20-\x7e])|([aefnrt]))/

interface Opening {
  readonly text: string
  readonly kind: GroupKind
  readonly name?: string
  readonly flags?: readonly [on: string, off: string]
}

/** What a ( opens. */
function openingOf(rest: string): Opening {
  const plain = GROUP_KINDS.find(([text]) => rest.startsWith(text))
  if (plain) return {text: plain[0], kind: plain[1]}
  const named = /^\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest)
  if (named) return {text: named[0], kind: 'capture', name: named[1] ?? named[2] ?? ''}
  const scoped = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?:/.exec(rest)
  if (scoped) return {text: scoped[0], kind: 'plain', flags: [scoped[1] ?? '', scoped[2] ?? '']}
  if (/^\([?*]/.test(rest)) throw unknownGroup(rest)
  return {text: '(', kind: 'capture'}
}

function propertySet(named: RegExpExecArray): ByteSet {
  const set = property(named[3] ?? named[4] ?? '')
  if (!set) throw new UnsupportedPattern(`${named[0]} is not known`)
  return (named[1] === 'P') === (named[2] === '^') ? set : complement(set)
}

function codeOf(match: RegExpExecArray): number {
  const hex = match[1] ?? match[2]
  if (hex !== undefined) return hex === '' ? 0 : Number.parseInt(hex, 16)
  if (match[3] !== undefined) return Number.parseInt(match[3], 8) & 255
  if (match[4] !== undefined) return match[4].toUpperCase().charCodeAt(0) ^ 64
  return CODES[match[5] ?? ''] ?? 0
}

function bounds(match: RegExpExecArray): [number, number] {
  if (match[1] !== undefined) return [match[1] === '+' ? 1 : 0, match[1] === '?' ? 1 : Infinity]
  const min = Number(match[2])
  if (match[3] === undefined) return [min, min]
  return [min, match[4] === '' || match[4] === undefined ? Infinity : Number(match[4])]
}

function changedFlags(flags: Flags, on: string, off: string): Flags {
  const unknown = /[^isx]/.exec(on + off)
  if (unknown) throw new UnsupportedPattern(`flag ${unknown[0]} is not known`)
  const set = (letter: string, now: boolean): boolean =>
    off.includes(letter) ? false : now || on.includes(letter)
  return {fold: set('i', flags.fold), dotAll: set('s', flags.dotAll), extended: set('x', flags.extended)}
}

function unknownGroup(rest: string): Error {
  if (/^\(\?(?:\(|R|\d|[+-]\d|&|P[>=]|C|\|)|^\(\*/.test(rest))
    return new UnsupportedPattern(`${rest.slice(0, 4)}… is not known`)
  return new InvalidPattern(`${rest.slice(0, 4)}… is no group`)
}

function addAll(set: ByteSet, bytes: readonly number[], flags: Flags): void {
  for (const byte of bytes) for (const folded of flags.fold ? caseFolded(byte) : [byte]) set[folded] = 1
}

const fold = (byte: number, flags: Flags): ByteSet => byteSet(flags.fold ? caseFolded(byte) : [byte])
const literal = (byte: number, flags: Flags): Node => ({is: 'set', set: fold(byte, flags)})
