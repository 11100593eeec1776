import {byteSet, caseFolded, complement, property, type ByteSet} from './byte-set.ts'
import {type GroupKind, InvalidPattern, type Node, UnsupportedPattern} from './pattern-node.ts'

export interface Flags {
  readonly fold: boolean
  readonly dotAll: boolean
  readonly extended: boolean
}

const GROUP_KINDS: readonly (readonly [string, GroupKind])[] = [
  ['(?:', 'plain'],
  ['(?>', 'atomic'],
  ['(?=', 'ahead'],
  ['(?!', 'not-ahead'],
  ['(?<=', 'behind'],
  ['(?<!', 'not-behind'],
]

export const EDGES: Readonly<Record<string, 'start' | 'end' | 'very-end' | 'word-edge' | 'not-word-edge'>> = {
  '\\A': 'start',
  '\\Z': 'end',
  '\\z': 'very-end',
  '\\b': 'word-edge',
  '\\B': 'not-word-edge',
}
const CODES: Readonly<Record<string, number>> = {a: 7, e: 27, f: 12, n: 10, r: 13, t: 9}

export const CODED =
  /^\\(?:x\{([0-9a-fA-F]{1,2})\}|x([0-9a-fA-F]{0,2})|(0[0-7]{0,2}|[1-7][0-7]{2})|c([\x20-\x7e])|([aefnrt]))/

interface Opening {
  readonly text: string
  readonly kind: GroupKind
  readonly name?: string
  readonly flags?: readonly [on: string, off: string]
}

/** What a ( opens. */
export function openingOf(rest: string): Opening {
  const plain = GROUP_KINDS.find(([text]) => rest.startsWith(text))
  if (plain) return {text: plain[0], kind: plain[1]}
  const named = /^\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest)
  if (named) return {text: named[0], kind: 'capture', name: named[1] ?? named[2] ?? ''}
  const scoped = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?:/.exec(rest)
  if (scoped) return {text: scoped[0], kind: 'plain', flags: [scoped[1] ?? '', scoped[2] ?? '']}
  if (/^\([?*]/.test(rest)) throw unknownGroup(rest)
  return {text: '(', kind: 'capture'}
}

export function propertySet(named: RegExpExecArray): ByteSet {
  const set = property(named[3] ?? named[4] ?? '')
  if (!set) throw new UnsupportedPattern(`${named[0]} is not known`)
  return (named[1] === 'P') === (named[2] === '^') ? set : complement(set)
}

export function codeOf(match: RegExpExecArray): number {
  const hex = match[1] ?? match[2]
  if (hex !== undefined) return hex === '' ? 0 : Number.parseInt(hex, 16)
  if (match[3] !== undefined) return Number.parseInt(match[3], 8) & 255
  if (match[4] !== undefined) return match[4].toUpperCase().charCodeAt(0) ^ 64
  return CODES[match[5] ?? ''] ?? 0
}

export function bounds(match: RegExpExecArray): [number, number] {
  if (match[1] !== undefined) return [match[1] === '+' ? 1 : 0, match[1] === '?' ? 1 : Infinity]
  const min = Number(match[2])
  if (match[3] === undefined) return [min, min]
  return [min, match[4] === '' || match[4] === undefined ? Infinity : Number(match[4])]
}

export function changedFlags(flags: Flags, on: string, off: string): Flags {
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

export function addAll(set: ByteSet, bytes: readonly number[], flags: Flags): void {
  for (const byte of bytes) for (const folded of flags.fold ? caseFolded(byte) : [byte]) set[folded] = 1
}

export const fold = (byte: number, flags: Flags): ByteSet => byteSet(flags.fold ? caseFolded(byte) : [byte])
export const literal = (byte: number, flags: Flags): Node => ({is: 'set', set: fold(byte, flags)})
