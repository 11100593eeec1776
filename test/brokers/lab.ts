import {execFile, spawn} from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {createServer} from 'node:net'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

/** Downloads and the running brokers' data live here; safe to delete when no broker runs. */
export const LAB = process.env['MQLIFT_LAB'] ?? join(homedir(), '.cache', 'mqlift-lab')

/** MQLIFT_SKIP_BROKERS=1 leaves out every test that needs a real broker. */
export const SKIP_BROKERS = process.env['MQLIFT_SKIP_BROKERS'] === '1'

/** A failure of the kit that says what to type. */
export function missing(what: string, install: string, cause?: unknown): Error {
  return new Error(
    `${what} is missing and could not be installed. Run as root: ${install}\n` +
      'or leave out the tests that need real brokers: MQLIFT_SKIP_BROKERS=1 npm test',
    {cause},
  )
}

/** Runs a program to its end. Rejects with the tail of its output. */
export function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, {env, maxBuffer: 64 * 1024 * 1024}, (error, stdout, stderr) => {
      if (error)
        reject(
          new Error(`${file} ${args.join(' ')}: ${stderr.slice(-2000) || error.message}`, {cause: error}),
        )
      else resolve(stdout)
    })
  })
}

/**
 * One holder at a time over all processes of this machine: the directory is the lock, the pid in it tells a dead
 * holder from a slow one.
 */
export async function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(LAB, `${name}.lock`)
  mkdirSync(LAB, {recursive: true})
  while (!tryLock(lock)) await sleep(200)
  try {
    return await work()
  } finally {
    rmSync(lock, {recursive: true, force: true})
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch {
    if (holderIsGone(lock)) rmSync(lock, {recursive: true, force: true})
    return false
  }
}

function holderIsGone(lock: string): boolean {
  try {
    return !isAlive(Number(readFileSync(join(lock, 'pid'), 'utf8')))
  } catch {
    // No pid yet: the holder is between the two calls, or died there.
    return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5000
  }
}

/** A zombie counts as gone: the first process of a small machine may not reap. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Every thread of it: the signal reaches them one by one. */
export const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
  )

/**
 * A run of free ports on loopback, below 32768 where the ephemeral range starts: a client's socket could take a
 * port there between the probe and the start.
 */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const base = 23_000 + 10 * Math.floor(Math.random() * 900)
    const free = await Promise.all(Array.from({length: count}, (_, i) => isFree(base + i)))
    if (free.every(Boolean)) return base
  }
  throw new Error('no free ports between 23000 and 32000')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export interface Service {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly log: string
}

/** Starts a service in a process group of its own, so that one signal reaches all of it. Returns the group. */
export function startService(service: Service): number {
  const log = openSync(service.log, 'a')
  const child = spawn(service.file, service.args, {
    env: service.env,
    cwd: service.cwd,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  if (child.pid === undefined) throw new Error(`${service.file} did not start`)
  return child.pid
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // Gone already.
  }
}

/** SIGTERM, then SIGKILL when it takes longer than `patience` milliseconds. */
export async function stopGroup(group: number, patience = 20_000): Promise<void> {
  signalGroup(group, 'SIGCONT')
  signalGroup(group, 'SIGTERM')
  if (await until(() => !isAlive(group), patience)) return
  signalGroup(group, 'SIGKILL')
  await until(() => !isAlive(group), 5000)
}

/** True as soon as `condition` holds, false after `patience` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience
  while (Date.now() < deadline) {
    if (await condition()) return true
    await sleep(100)
  }
  return false
}

export function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-3000) : ''
}
