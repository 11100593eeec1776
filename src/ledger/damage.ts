import {MqliftError} from '../errors.ts'

/** SQLite result codes, https://sqlite.org/rescode.html, read 2026-11-24. The low byte is the primary code. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

type Make = (path: string, cause: unknown) => MqliftError

const corrupt: Make = (path, cause) =>
  damaged(path, cause instanceof Error ? cause.message : 'unreadable', cause)

const MADE: ReadonlyMap<number, Make> = new Map<number, Make>([
  [FULL, (path, cause) => diskFull(path, cause)],
  [IOERR, (path, cause) => diskError(path, cause)],
  [CORRUPT, corrupt],
  [NOTADB, corrupt],
  [BUSY, (path, cause) => busy(path, 'another process', cause)],
  [LOCKED, (path, cause) => busy(path, 'another process', cause)],
  [READONLY, (path, cause) => unusable(path, cause)],
  [CANTOPEN, (path, cause) => unusable(path, cause)],
])

const FILE_ERRORS: ReadonlyMap<unknown, Make> = new Map<unknown, Make>([
  ['ENOSPC', (path, cause) => diskFull(path, cause)],
  ['EDQUOT', (path, cause) => diskFull(path, cause)],
  ['EIO', (path, cause) => diskError(path, cause)],
  ['EACCES', (path, cause) => unusable(path, cause)],
  ['EPERM', (path, cause) => unusable(path, cause)],
  ['EROFS', (path, cause) => unusable(path, cause)],
  ['ENOENT', (path, cause) => unusable(path, cause)],
  ['ENOTDIR', (path, cause) => unusable(path, cause)],
  ['ELOOP', (path, cause) => unusable(path, cause)],
])

/** An SQLite or file-system error in the operator's words. What we do not know stays as it is: a bug. */
export function understood(error: unknown, path: string): unknown {
  if (error instanceof MqliftError || !(error instanceof Error)) return error
  const make =
    'errcode' in error && typeof error.errcode === 'number'
      ? MADE.get(error.errcode & 0xff)
      : FILE_ERRORS.get('code' in error ? error.code : undefined)
  return make?.(path, error) ?? error
}

export const isDiskFull = (error: unknown): boolean =>
  error instanceof MqliftError && error.reason === 'disk-full'

export const diskFull: Make = (path, cause) =>
  new MqliftError(
    'incomplete',
    `no space left on the disk that holds ${path}; stopped before anything was lost`,
    {
      reason: 'disk-full',
      suggestions: ['make room, then run the same command again: it resumes'],
      file: path,
      cause,
    },
  )

/** After a failed fsync nobody knows what is on the disk, and a second fsync may lie (reliability.md F4). */
const diskError: Make = (path, cause) =>
  new MqliftError(
    'incomplete',
    `the disk that holds ${path} reported an error; nothing was acknowledged after it`,
    {
      reason: 'disk-error',
      suggestions: ['check the disk (dmesg), then run `mqlift ledger check` before moving on'],
      file: path,
      cause,
    },
  )

export function damaged(path: string, what: string, cause?: unknown): MqliftError {
  return new MqliftError('input', `the ledger ${path} is damaged: ${what}`, {
    reason: 'ledger-damaged',
    suggestions: [
      'run `mqlift ledger check` to see what is affected',
      'restore the whole migration folder from a copy; do not delete the ledger: it is the record of what was sent',
    ],
    file: path,
    cause,
  })
}

export function busy(path: string, holder: string, cause?: unknown): MqliftError {
  return new MqliftError('refused', `${path} is in use by ${holder}`, {
    reason: 'ledger-locked',
    suggestions: ['wait until it ends, or stop it (Ctrl-C is safe)'],
    file: path,
    cause,
  })
}

const unusable: Make = (path, cause) =>
  new MqliftError(
    'input',
    `cannot use ${path}: ${cause instanceof Error ? cause.message : 'unknown error'}`,
    {
      file: path,
      suggestions: ['check its owner and permissions, or name another folder with --dir'],
      cause,
    },
  )
