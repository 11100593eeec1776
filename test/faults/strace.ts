import {spawn} from 'node:child_process'
import {readdir, readFile} from 'node:fs/promises'

import {until} from '../brokers/lab.ts'

export interface Injection {
  /** For example `fsync:signal=KILL:when=1`. */
  readonly inject: string
  /** Only calls about this file count. */
  readonly path: string
}

const callOf = ({inject}: Injection): string => inject.split(':')[0] ?? ''

function options(injection: Injection): string[] {
  const about = ['-P', injection.path, '-e', `trace=${callOf(injection)}`]
  return ['-f', '-qq', '-o', '/dev/null', ...about, '-e', `inject=${injection.inject}`]
}

/** Starts a program with a fault injected into its system calls. */
export const under = (injection: Injection): string[] => ['strace', ...options(injection), '--']

/**
 * Injects a fault into a program that runs already: whatever it does next, from when this resolves. The tracer ends
 * with the program.
 */
export async function attach(pid: number, injection: Injection): Promise<void> {
  const tracer = spawn('strace', [...options(injection), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const failed = new Promise<never>((_, reject) => tracer.once('error', reject))
  const attached = await Promise.race([failed, until(() => isTraced(pid), 10_000)])
  if (!attached) throw new Error(`strace did not attach to ${pid}`)
}

async function isTraced(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`)
  const states = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')),
  )
  return states.every((status) => !/^TracerPid:\s+0$/m.test(status))
}
