import {fileURLToPath} from 'node:url'

import {Config} from '@oclif/core'

import pjson from '../../package.json' with {type: 'json'}

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  /** stdout as JSON; throws when it is not exactly one document. */
  // oxlint-disable-next-line typescript/no-explicit-any
  json(): Record<string, any>
}

interface CommandClass {
  run(argv: string[], config: Config): Promise<unknown>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
let loaded: Promise<Config> | undefined

/** Sources instead of dist: commands are handed in as classes, oclif only has to know its own settings. */
function config(): Promise<Config> {
  loaded ??= Config.load({
    root,
    ignoreManifest: true,
    pjson: {...pjson, oclif: {...pjson.oclif, commands: undefined, plugins: []}} as never,
  })
  return loaded
}

/**
 * Runs a command class in this process, as the shell would. @oclif/test joins argv with spaces, splits it again and
 * loads commands past vitest (style.md 5); this does neither.
 */
export async function runCommand(
  command: CommandClass,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const out = capture(process.stdout)
  const err = capture(process.stderr)
  const before = {...process.env}
  Object.assign(process.env, env)
  let exit = 0
  try {
    await command.run([...argv], await config())
    exit = Number(process.exitCode ?? 0)
  } catch (error) {
    exit = (error as {oclif?: {exit?: number}}).oclif?.exit ?? 1
  } finally {
    process.exitCode = undefined
    for (const key of Object.keys(env)) delete process.env[key]
    Object.assign(process.env, before)
    out.restore()
    err.restore()
  }
  return {exit, stdout: out.text(), stderr: err.text(), json: () => JSON.parse(out.text())}
}

function capture(stream: NodeJS.WriteStream): {text(): string; restore(): void} {
  const chunks: string[] = []
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    chunks.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined
    done?.()
    return true
  }
  return {
    text: () => chunks.join(''),
    restore() {
      stream.write = write
    },
  }
}
