import {codePoint, visible} from '../model/visible.ts'

/** What a CI system would take for a command at the start of a line; `##[` counts anywhere on it (SEC-19). */
const ANNOTATION = /^\s*::|##\[/g

/**
 * The only way for a broker's words to reach the terminal (SEC-18, SEC-19). The result is one line without
 * control, bidirectional or invisible characters, and no CI system reads it as an instruction.
 */
export function shown(text: string): string {
  return visible(text).replace(ANNOTATION, (found) => found.replace(/[:#]/, codePoint))
}

/** As `shown`, for our own text of several lines into which a broker's words were put. */
export function shownLines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      visible(line)
        .replaceAll('\\\\', '\\')
        .replace(ANNOTATION, (found) => found.replace(/[:#]/, codePoint)),
    )
    .join('\n')
}
