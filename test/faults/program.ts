import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

export interface Ended {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The real program in a process of its own. */
export interface Program {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** What it has said so far. */
  readonly stderr: () => string
  kill(signal: NodeJS.Signals): void
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command that starts it, for example strace with its options. */
  readonly under?: readonly string[]
  readonly cwd?: string
}

/** Nothing of our own environment but what finds node: no credentials, no proxies, no colours. */
export function startProgram(argv: readonly string[], {env, under = [], cwd}: ProgramOptions = {}): Program {
  const [file = '', ...args] = [...under, process.execPath, DEV, ...argv]
  const child = spawn(file, args, {
    env: {PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && {cwd}),
  })
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk))
  return {
    pid: pidOf(child),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit, signal) => resolve({exit, signal, ...said}))
    }),
    stderr: () => said.stderr,
    kill: (signal) => void child.kill(signal),
  }
}

function pidOf({pid, spawnfile}: ChildProcess): number {
  if (pid === undefined) throw new Error(`${spawnfile} did not start`)
  return pid
}

export interface Failure {
  readonly exit: number | null
  readonly kind: string
  readonly reason: string | undefined
  readonly message: string
  readonly suggestions: readonly string[]
}

/**
 * The one message of a run with `--json` that failed. Checked here for all: stdout is one document, the message is
 * one line, there is something to do next, and no stack reached the operator.
 */
export function failureOf({exit, stdout, stderr}: Ended): Failure {
  const {error}: {error?: Omit<Failure, 'exit'>} = parsed(stdout, stderr)
  if (!error) throw new Error(`exit ${exit}, and no error in ${stdout.slice(0, 500)}`)
  if (/\n\s+at /.test(`${stdout}${stderr}`)) throw new Error(`a stack was shown:\n${stderr}`)
  if (error.message.includes('\n') || error.message.trim() === '')
    throw new Error(`not one line: ${error.message}`)
  if (error.suggestions.length === 0) throw new Error(`nothing to do next: ${error.message}`)
  const {kind, reason, message, suggestions} = error
  return {exit, kind, reason, message, suggestions}
}

function parsed(stdout: string, stderr: string): {error?: Omit<Failure, 'exit'>} {
  try {
    return JSON.parse(stdout)
  } catch (cause) {
    throw new Error(`not one JSON document: ${stdout.slice(0, 500)}\n${stderr.slice(-2000)}`, {cause})
  }
}

/** Ended as expected, or what it said instead. */
export async function expectExit(program: Program, exit: number): Promise<Ended> {
  const ended = await program.ended
  if (ended.exit !== exit)
    throw new Error(
      `exit ${ended.exit ?? ended.signal} instead of ${exit}:\n${ended.stdout.slice(-3000)}\n${ended.stderr.slice(-3000)}`,
    )
  return ended
}

/** Waits for something to happen while the program runs; what it says if it ends before. */
export async function during<T>(program: Program, event: Promise<T>): Promise<T> {
  const endedFirst = program.ended.then(({exit, signal, stdout, stderr}): never => {
    throw new Error(
      `ended too early, with ${exit ?? signal}:\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`,
    )
  })
  return Promise.race([event, endedFirst])
}
