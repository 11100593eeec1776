import {open, rm, stat, statfs} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'

import {failed, ok, type Diagnosis, type Probe, warning} from '../model/doctor.ts'

export interface MachineProbeOptions {
  readonly dir: string
  /** What waits at the source; null = unknown. Ledger and archive grow with it. */
  readonly messages: number | null
  readonly bytes: number | null
  readonly nodeVersion: string
  readonly now: () => number
}

/** What `doctor` asks of this machine. */
export function machineProbes(options: MachineProbeOptions): Probe[] {
  const folder = ['machine.folder']
  return [
    {
      id: 'machine.folder',
      question: 'Can the migration folder be written, and only by its owner?',
      needs: [],
      run: () => writable(options.dir),
    },
    {
      id: 'machine.disk',
      question: 'Is there room for the ledger and the archive?',
      needs: folder,
      run: () => room(options),
    },
    {
      id: 'machine.filesystem',
      question: 'Is the migration folder on a local disk?',
      needs: folder,
      run: () => local(options.dir),
    },
    {
      id: 'machine.fsync',
      question: 'How long does the disk take to make a write durable?',
      needs: folder,
      run: () => durable(options),
    },
    {
      id: 'machine.node',
      question: 'Is Node.js recent enough?',
      needs: [],
      run: async () => node(options.nodeVersion),
    },
  ]
}

async function writable(dir: string): Promise<Diagnosis> {
  const path = resolve(dir)
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && !found.isDirectory())
    return failed(`${path} is not a folder`, 'Name another with --dir')
  try {
    await withFile(found === undefined ? await existing(path) : path, async (file) => file.write('mqlift'))
  } catch (error) {
    return failed(
      `${path} cannot be written (${codeOf(error)})`,
      'Name another folder with --dir, or free space',
    )
  }
  if (found === undefined) return ok(`${path} does not exist yet and can be made`)
  return (found.mode & 0o077) === 0
    ? ok(path)
    : warning(`${path} is open to other users; it will hold message data`, `chmod 700 ${path}`)
}

/** Length, checksum, sequence, headers and addresses around a body in the archive; rows and indexes in the ledger. */
const OVERHEAD_BYTES = 1024
const LEAST_FREE = 1024 ** 3

async function room({dir, messages, bytes}: MachineProbeOptions): Promise<Diagnosis> {
  const {bavail, bsize} = await statfs(await existing(dir))
  const free = bavail * bsize
  if (messages === null || bytes === null) {
    const said = `${size(free)} free; what waits at the source is not known yet`
    return free < LEAST_FREE ? warning(said, 'Run mqlift inspect first, then compare') : ok(said)
  }
  const need = bytes + messages * OVERHEAD_BYTES
  const said = `${size(free)} free, about ${size(need)} needed for ${messages.toLocaleString('en-US')} messages`
  if (free > need * 2) return ok(said)
  const fix =
    'Choose a larger disk with --dir, move in parts with --only, or leave the archive out with --archive off'
  return free > need ? warning(said, fix) : failed(said, fix)
}

/** statfs(2), linux/magic.h, read 2026-11-24. SQLite's locks and our fsync cannot be trusted on these. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9P'],
  [0x65735546, 'FUSE'],
])

async function local(dir: string): Promise<Diagnosis> {
  const {type} = await statfs(await existing(dir))
  // Kept as a signed number by some platforms.
  const name = NETWORK.get(type >>> 0)
  return name === undefined
    ? ok('not a network file system that is known')
    : warning(
        `${name}: whether fsync and locks hold there is not known`,
        'Use a local disk: --dir /var/lib/…',
      )
}

const ROUNDS = 5
/** Every group of messages waits for three of them: at 50 ms a lane does six groups a second. */
const SLOW_MS = 50

async function durable({dir, now}: MachineProbeOptions): Promise<Diagnosis> {
  const start = now()
  await withFile(await existing(dir), async (file) => {
    for (let round = 0; round < ROUNDS; round++) {
      await file.write('mqlift')
      await file.sync()
    }
  })
  const each = (now() - start) / ROUNDS
  const said = `${each.toFixed(1)} ms per fsync`
  return each > SLOW_MS
    ? warning(said, 'Use a faster local disk: every group of messages waits for it')
    : ok(said)
}

function node(version: string): Diagnosis {
  const major = Number(/^v?(\d+)/.exec(version)?.[1])
  return major >= 24 ? ok(version) : failed(version, 'Install Node.js 24 or newer')
}

type FileHandle = Awaited<ReturnType<typeof open>>

async function withFile(folder: string, use: (file: FileHandle) => Promise<unknown>): Promise<void> {
  const path = join(folder, `.mqlift-doctor-${process.pid}`)
  await using file = await open(path, 'wx', 0o600)
  try {
    await use(file)
  } finally {
    await rm(path, {force: true})
  }
}

/** The folder, or the nearest one above that exists: that is the disk it will be on. */
async function existing(dir: string): Promise<string> {
  const path = resolve(dir)
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() === true || dirname(path) === path ? path : existing(dirname(path))
}

const size = (bytes: number): string =>
  bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(0)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
