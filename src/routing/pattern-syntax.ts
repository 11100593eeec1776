import {addPosixClass, byteSet, classOf, complement, rangeOf, type ByteSet} from './byte-set.ts'
import {InvalidPattern, type Node, type Sequence, UnsupportedPattern} from './pattern-node.ts'
import {
  addAll,
  bounds,
  changedFlags,
  CODED,
  codeOf,
  EDGES,
  type Flags,
  fold,
  literal,
  openingOf,
  propertySet,
} from './pattern-tokens.ts'

const MAX_DEPTH = 60
const MAX_LENGTH = 4096

/** `pattern` holds one character per byte. */
export function parsePattern(pattern: string): readonly Sequence[] {
  if (pattern.length > MAX_LENGTH) throw new UnsupportedPattern(`longer than ${MAX_LENGTH} bytes`)
  return new Parser(pattern).all()
}

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
