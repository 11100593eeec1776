/**
 * Characters that a reader cannot see or that move what he sees: C0 and C1 controls, bidirectional overrides,
 * zero-width and other format characters, tags, unassigned and private code points, lone surrogates, every space
 * but the plain one, and the fillers that fonts draw as nothing.
 */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Z}/gu

/**
 * A broker's words with everything invisible written as `\u{hex}` (SEC-18): a terminal, a Markdown page and a log
 * show the same thing. A backslash is doubled, so that two different names never look alike.
 */
export function visible(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(INVISIBLE, codePoint)
}

/** `\u{hex}` for one character. */
export function codePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
