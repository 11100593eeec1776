import type {ByteSet} from './byte-set.ts'

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
