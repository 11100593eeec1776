import {createHash, createSecretKey, type KeyObject, randomBytes} from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import {dirname} from 'node:path'

import {MqliftError} from '../errors.ts'

/** 0600 at creation; SQLite gives -wal and -shm the mode of the database (SEC-50). */
const MODE = 0o600
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const KEY_BYTES = 32
const KEY_ID_LENGTH = 16

export interface LedgerPlace {
  readonly database: string
  readonly key: string
  /** Held for as long as the ledger is open for writing. */
  readonly lock: string
  /** Deleted when the disk is full, to write the last records (F2). */
  readonly reserve: string
  /** Folder of the digest segments. */
  readonly digests: string
}

export function placeOf(path: string): LedgerPlace {
  const base = path.replace(/\.db$/, '')
  return {
    database: path,
    key: `${base}.key`,
    lock: `${base}.lock`,
    reserve: `${base}.reserve`,
    digests: `${base}.digests`,
  }
}

/** Every file of a ledger holds digests or facts about messages: what `clean` lists and removes (SEC-54). */
export function filesOf(path: string): string[] {
  const {database, key, lock, reserve, digests} = placeOf(path)
  return [database, `${database}-wal`, `${database}-shm`, key, lock, `${lock}-journal`, reserve, digests]
}

export function createFile(path: string, content: Uint8Array = Buffer.alloc(0)): void {
  const file = openSync(path, CREATE, MODE)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  syncFolder(dirname(path))
}

export function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Written under another name first: a crash leaves either no key or a whole one. */
export function createKey(path: string): void {
  rmSync(`${path}.new`, {force: true})
  createFile(`${path}.new`, randomBytes(KEY_BYTES))
  renameSync(`${path}.new`, path)
  syncFolder(dirname(path))
}

/** The key of the digests. It never leaves its file (SEC-52). */
export function readKey(path: string): KeyObject {
  const bytes = readFileSync(path)
  if (bytes.length !== KEY_BYTES) {
    throw new MqliftError(
      'input',
      `${path} is not a ledger key: ${bytes.length} bytes instead of ${KEY_BYTES}`,
      {
        reason: 'ledger-damaged',
        file: path,
        suggestions: ['restore the whole migration folder from a copy'],
      },
    )
  }
  return createSecretKey(bytes)
}

/** Tells keys apart without telling anything about them. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update('mqlift key id')
    .update(key.export())
    .digest('hex')
    .slice(0, KEY_ID_LENGTH)
}

/** On small disks never more than an eighth of what is free. */
export function makeReserve(path: string, bytes: number): void {
  if (existsSync(path)) return
  const {bavail, bsize} = statfsSync(dirname(path))
  const size = Math.min(bytes, Math.floor((bavail * bsize) / 8))
  createFile(path, Buffer.alloc(size))
}

/**
 * f_type of file systems on which SQLite's shared memory or locks do not work, from linux/magic.h and
 * statfs(2), read 2026-11-24: https://sqlite.org/wal.html says "WAL does not work over a network filesystem".
 */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
])

export type FileSystemType = (path: string) => number

export const fileSystemType: FileSystemType = (path) => statfsSync(path).type

export function refuseNetwork(path: string, typeOf: FileSystemType): void {
  const name = NETWORK.get(typeOf(dirname(path)) >>> 0)
  if (name === undefined) return
  throw new MqliftError(
    'refused',
    `${dirname(path)} is on a network file system (${name}); a ledger there is not safe`,
    {
      reason: 'network-filesystem',
      suggestions: ['use a folder on a local disk: --dir /var/lib/mqlift/move'],
      file: path,
    },
  )
}
