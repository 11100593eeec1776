import {quoted} from '../model/shell.ts'

export {quoted} from '../model/shell.ts'

export const DEFAULT_DIR = './mqlift-work'

/** Where a command works: what `--dir` and the environment say. */
export interface Folder {
  readonly dir: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * A command of ours on the same migration folder, to paste: `--dir` is said unless it is understood. Flags come as
 * `--name=value`, so that a value with a leading `-` stays a value. Use destination ids, which are percent-encoded,
 * rather than a broker's names: a terminal cannot show every name.
 */
export function ours({dir, env}: Folder, ...parts: readonly string[]): string {
  const isUnderstood = dir === DEFAULT_DIR || dir === env['MQLIFT_DIR']
  return ['mqlift', ...parts, ...(isUnderstood ? [] : [`--dir=${dir}`])].map(flagged).join(' ')
}

/** The name of a flag is ours and needs no quotes, its value may be anybody's. */
function flagged(part: string): string {
  const [, name, value] = /^(--[a-z-]+)(?:=(.*))?$/s.exec(part) ?? []
  if (name === undefined) return quoted(part)
  return value === undefined ? name : `${name}=${quoted(value)}`
}
