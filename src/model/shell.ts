import {visible} from './visible.ts'

/** Characters that need no quotes in any POSIX shell. */
const BARE = /^[A-Za-z0-9_/.,:@%+][A-Za-z0-9_/.,:@%+=-]*$/

/** One argument of a printed command, quoted for any POSIX shell (SEC-29). */
export function quoted(argument: string): string {
  return BARE.test(argument) ? argument : inQuotes(argument)
}

/**
 * One word of a command that people paste, on one line whatever it holds (SEC-29). What cannot be seen, or would end
 * a block of code, is written as bash, zsh and ksh read it in `$'…'`.
 */
export function word(text: string): string {
  if (BARE.test(text)) return text
  const characters = Array.from(text)
  if (characters.every(isPlain)) return inQuotes(text)
  return `$'${characters.map(escaped).join('')}'`
}

const inQuotes = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

const isPlain = (character: string): boolean =>
  character === '\\' || (character !== '`' && visible(character) === character)

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`
  return isPlain(character) ? character : bytesOf(character)
}

const encoder = new TextEncoder()

/** Three octal digits each: a hexadecimal escape would swallow a digit that follows it. */
const bytesOf = (character: string): string =>
  Array.from(encoder.encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
