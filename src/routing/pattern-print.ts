import {classSource, wordSource} from './byte-set.ts'
import {type Node, type Sequence, UnsupportedPattern} from './pattern-node.ts'

/** True when a linear-time engine can run it: no look-around, no references, no possessive parts. */
export function isRegular(options: readonly Sequence[]): boolean {
  return options.every((sequence) => sequence.every(isRegularNode))
}

function isRegularNode(node: Node): boolean {
  if (node.is === 'group')
    return (node.kind === 'plain' || node.kind === 'capture') && isRegular(node.options)
  if (node.is === 'repeat') return node.mode !== '+' && isRegularNode(node.node)
  return node.is === 'set' || node.is === 'start' || node.is === 'end'
}

const OPENINGS = {
  plain: '(?:',
  capture: '(',
  ahead: '(?=',
  'not-ahead': '(?!',
  behind: '(?<=',
  'not-behind': '(?<!',
} as const

/** As a JavaScript or RE2 expression over bytes; `end` is how the engine spells PCRE's `$`. */
export function print(options: readonly Sequence[], end: string): string {
  return options.map((sequence) => sequence.map((node) => printNode(node, end)).join('')).join('|')
}

function printNode(node: Node, end: string): string {
  if (node.is === 'set') return classSource(node.set)
  if (node.is === 'end') return end
  if (node.is === 'same-as') return `(?:\\${node.group})`
  if (node.is === 'repeat') return printRepeat(node, end)
  if (node.is !== 'group') return EDGES[node.is]
  if (node.kind === 'atomic') throw new UnsupportedPattern('(?>…) is not known')
  return `${OPENINGS[node.kind]}${print(node.options, end)})`
}

const W = wordSource
const EDGES = {
  start: '^',
  'very-end': '(?![\\s\\S])',
  'word-edge': `(?:(?<=${W})(?!${W})|(?<!${W})(?=${W}))`,
  'not-word-edge': `(?:(?<=${W})(?=${W})|(?<!${W})(?!${W}))`,
} as const

function printRepeat(node: Node & {is: 'repeat'}, end: string): string {
  if (node.mode === '+') throw new UnsupportedPattern('a possessive quantifier is not known')
  const count = node.max === Infinity ? `{${node.min},}` : `{${node.min},${node.max}}`
  return `(?:${printNode(node.node, end)})${count}${node.mode}`
}
