/** Characters that need no quotes in any POSIX shell. */
const BARE = /^[A-Za-z0-9_/.,:@%+][A-Za-z0-9_/.,:@%+=-]*$/

/** One argument of a printed command, quoted for a POSIX shell (SEC-29). */
export function quoted(argument: string): string {
  return BARE.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}

/**
 * A command somebody can paste. Flags come as `--name=value`, so that a value with a leading `-` stays a value. Use
 * destination ids, which are percent-encoded, rather than a broker's names: a terminal cannot show every name.
 */
export function command(...parts: readonly string[]): string {
  return parts.map(quoted).join(' ')
}
