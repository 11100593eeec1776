import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

export interface Exited {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly exited: Promise<Exited>
  kill(signal: NodeJS.Signals): void
  /** Resolves when stderr has said this; rejects when the program ends without. */
  says(words: string): Promise<void>
}

type Env = Readonly<Record<string, string>>

/** Starts the real program from the sources. `stdin` is closed; the environment is the given one and PATH. */
export function startBinary(argv: readonly string[], env: Env = {}): Running {
  const child = spawn(process.execPath, [DEV, ...argv], {
    env: {PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk))
  }
  const exited = new Promise<Exited>((resolve, reject) => {
    child.once('error', reject).once('close', (exit, signal) => resolve({exit, signal, ...said}))
  })
  return {
    pid: child.pid ?? -1,
    exited,
    kill: (signal) => void child.kill(signal),
    says: (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said.stderr.includes(words)) resolve()
        }
        look()
        child.stderr.on('data', look)
        child.once('close', () => reject(new Error(`ended without saying “${words}”: ${said.stderr}`)))
      }),
  }
}

export const runBinary = (argv: readonly string[], env: Env = {}): Promise<Exited> =>
  startBinary(argv, env).exited
