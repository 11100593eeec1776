import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

export interface Exited {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the real program from the sources. `stdin` is closed; the environment is the given one and PATH. */
export async function runBinary(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Exited> {
  const child = spawn(process.execPath, [DEV, ...argv], {
    env: {PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (chunks[name] += chunk))
  }
  const [exit, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (code, by) => resolve([code, by]))
  })
  return {exit, signal, ...chunks}
}
