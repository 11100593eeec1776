import {z} from 'zod'

import {type ErrorKind, MqliftError} from '../errors.ts'
import type {Color} from './color.ts'
import {redacted} from './redact.ts'
import {shown, shownLines} from './terminal.ts'

/** A failure as `--json` prints it under `error`; others script against it. */
export const Failure = z.object({
  kind: z.enum([
    'usage',
    'input',
    'unreachable',
    'refused',
    'incomplete',
    'threshold',
    'interrupted',
    'bug',
  ] satisfies (ErrorKind | 'bug')[]),
  message: z.string(),
  suggestions: z.array(z.string()).readonly(),
  reason: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
})
export type Failure = z.infer<typeof Failure>

const REPORT_BUG = 'this is a fault in mqlift: please report it with the text above'

export function failureOf(error: unknown): Failure {
  if (!(error instanceof MqliftError)) {
    return {kind: 'bug', message: redacted(messageOf(error)), suggestions: [REPORT_BUG]}
  }
  const {kind, message, suggestions, reason, file, line, column} = error
  return {
    kind,
    message: redacted(message),
    suggestions,
    ...(reason !== undefined && {reason}),
    ...(file !== undefined && {file}),
    ...(line !== undefined && {line}),
    ...(column !== undefined && {column}),
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A failure for people: what happened, where, what to do next. A bug shows its stack. */
export function failureText(error: unknown, color: Color): string {
  const {kind, message, suggestions, file, line, column} = failureOf(error)
  const stack = kind === 'bug' && error instanceof Error ? `\n${shownLines(redacted(error.stack ?? ''))}` : ''
  const at = [file, line, column].filter((part) => part !== undefined).join(':')
  const where = at === '' || message.includes(at) ? '' : `\n  at ${shown(at)}`
  const next = suggestions.map((suggestion) => `\n  → ${shownLines(suggestion)}`).join('')
  return `${color.blocks(`${kind}:`)} ${shownLines(message)}${where}${stack}${next}`
}
