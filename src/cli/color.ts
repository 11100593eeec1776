import {Chalk} from 'chalk'

export type Tint = (text: string) => string

/** What colour means here. It is never the only carrier: each use has its word beside it. */
export interface Color {
  readonly blocks: Tint
  readonly loses: Tint
  readonly good: Tint
  readonly context: Tint
  readonly strong: Tint
}

interface ColorOptions {
  readonly flag: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tty: boolean
}

/** chalk honours FORCE_COLOR but not NO_COLOR (https://no-color.org), and it looks at stdout alone: we decide. */
export function colorFor({flag, env, tty}: ColorOptions): Color {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const off = !flag || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb' || !(tty || forced)
  const chalk = new Chalk({level: off ? 0 : 1})
  return {
    blocks: (text) => chalk.red(text),
    loses: (text) => chalk.yellow(text),
    good: (text) => chalk.green(text),
    context: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
  }
}
