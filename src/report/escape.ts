import {codePoint, visible} from '../model/visible.ts'

/**
 * The only way for a broker's words into Markdown (SEC-22, SEC-23). Whatever the text is, the syntax tree is the
 * same: one text node for `markdown`, one code node for `code`. GitHub adds links of its own to text (mentions,
 * issues, commits, addresses) but never inside code, so names go through `code` and sentences through `markdown`.
 */

// A zero-width space is the only thing that stops GitHub's own links in text: they are found after escapes and
// entities have been resolved, so `a\@b.c` still becomes an address (cmark-gfm, extensions/autolink.c).
const BREAK = '\u200B'

/** Characters that mean something to Markdown anywhere in a line. `$` starts mathematics on GitHub. */
const SYNTAX = /[\\`*_[\]<>&|~$#]/g

const BREAKS: readonly (readonly [RegExp, string])[] = [
  [/@/g, `@${BREAK}`],
  [/#/g, `#${BREAK}`],
  [/(gh-)(?=\d)/gi, `$1${BREAK}`],
  // `http://`, `ftp://`, `mailto:` and `xmpp:` addresses, and `www.`
  [/:(?=\/\/)/g, `:${BREAK}`],
  [/(mailto:|xmpp:|www)(?=[\w.])/gi, `$1${BREAK}`],
  // `:tada:`, `:100:`, but not the time 09:00:00
  [/:(?=[\w+-]*[a-z_+-][\w+-]*:|100:|1234:)/gi, `:${BREAK}`],
]

/** A run that GitHub may take for a commit: 7 to 40 hexadecimal digits, letters and figures mixed. */
const COMMIT = /\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b/gi

const breakLinks = (text: string): string =>
  BREAKS.reduce((broken, [pattern, by]) => broken.replace(pattern, by), text).replace(COMMIT, (run) =>
    run.replace(/.{6}/g, `$&${BREAK}`),
  )

// Entities instead of backslashes: a backslash before a pipe is read differently inside and outside tables.
const entity = (character: string): string => `&#${character.charCodeAt(0)};`

/** A sentence that may contain a broker's words: inline, or a table cell, also at the start of a line. */
export function markdown(text: string): string {
  return breakLinks(visible(text).replaceAll('\\\\', '\\'))
    .replace(SYNTAX, entity)
    .replace(/^(?:[-+=]|\d+(?=[.)](?: |$)))/, leading)
    .replace(/^ +| +$/g, (spaces) => '&#32;'.repeat(spaces.length))
}

/** `- `, `+ ` and `1. ` start lists, `=` and `-` underline headings. */
function leading(start: string): string {
  return start.length === 1 && !/\d/.test(start)
    ? entity(start)
    : `&#${start.charCodeAt(0)};${start.slice(1)}`
}

/**
 * A name, id or setting as code. What would end the code or a table cell is written as `\u{hex}`, as are spaces at
 * the ends, which Markdown strips. The exact name is in the JSON report.
 */
export function code(name: string): string {
  if (name === '') return '`(empty)`'
  return `\`${visible(name).replace(/[`|]|^ | $/g, codePoint)}\``
}

/** A link to a page of our own catalogue. Anything that is not a plain https address stays text. */
export function link(label: string, url: string): string {
  return /^https:\/\/[\w.-]+(?:\/[\w\-.~%/?#=&+,;:!]*)?$/.test(url)
    ? `[${markdown(label)}](${url})`
    : `${markdown(label)} (${code(url)})`
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A GitHub table. Cells must have gone through the functions above. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
