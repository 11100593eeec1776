/** Every expected failure. `cli/exit-codes.ts` maps a kind to an exit code; nothing else does. */
export type ErrorKind =
  | 'usage'
  | 'input'
  | 'unreachable'
  | 'refused'
  | 'incomplete'
  | 'threshold'
  | 'interrupted'

export interface ErrorDetails {
  /** What the reader can type or do next, one line each, most useful first. */
  readonly suggestions?: readonly string[]
  readonly cause?: unknown
  /** A machine-readable subdivision of the kind, for example `disk-full` or `plan-edited`. */
  readonly reason?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/**
 * Something went wrong that we understand. The message says what happened in the operator's words.
 * Anything thrown that is not an MqliftError is a bug and is shown as one.
 */
export class MqliftError extends Error {
  override readonly name = 'MqliftError'
  readonly kind: ErrorKind
  readonly suggestions: readonly string[]
  readonly reason: string | undefined
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, {cause: details.cause})
    this.kind = kind
    this.suggestions = details.suggestions ?? []
    this.reason = details.reason
    this.file = details.file
    this.line = details.line
    this.column = details.column
  }
}
