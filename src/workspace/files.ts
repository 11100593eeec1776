import {createHash, randomBytes} from 'node:crypto'
import {constants} from 'node:fs'
import {type FileHandle, lstat, mkdir, open, rename, rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'

import {MqliftError} from '../errors.ts'
import {packed} from '../model/packed.ts'

/** Modes at creation, so that no umask opens a window (SEC-50). */
const FILE = 0o600
const DIRECTORY = 0o700
const READ = constants.O_RDONLY | constants.O_NOFOLLOW
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

/** Makes a folder that only its owner can enter. One that exists keeps its mode. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, {recursive: true, mode: DIRECTORY})
  } catch (error) {
    throw understood(error, path)
  }
}

/** The text of a file, undefined when there is none. A symbolic link is refused, never followed. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, READ)
    return await file.readFile('utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw understood(error, path)
  }
}

/** SHA-256 of a file's bytes, read in pieces; undefined when there is none. */
export async function hashFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, READ)
    const hash = createHash('sha256')
    const pieces: AsyncIterable<Buffer> = file.createReadStream({autoClose: false})
    for await (const piece of pieces) hash.update(piece)
    return hash.digest('hex')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw understood(error, path)
  }
}

/** Text, or the pieces of one that is too long for a string. */
export type Text = string | Iterable<string>

/** Replaces a file in one step: temporary file in the same folder, fsync, rename, fsync of the folder (SEC-53). */
export async function writeAtomic(path: string, text: Text): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await refuseLink(path)
    await writeSynced(temporary, CREATE, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, {force: true})
    throw understood(error, path)
  }
}

/** Adds one line to the end of a file and syncs it. */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await writeSynced(path, APPEND, `${line}\n`)
  } catch (error) {
    throw understood(error, path)
  }
}

async function writeSynced(path: string, flags: number, text: Text): Promise<void> {
  await using file: FileHandle = await open(path, flags, FILE)
  await file.writeFile(typeof text === 'string' ? text : packed(text))
  await file.sync()
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY)
  await folder.sync()
}

async function refuseLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSymbolicLink()) throw link(path)
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

const link = (path: string, cause?: unknown): MqliftError =>
  new MqliftError('refused', `${path} is a symbolic link; mqlift does not follow links inside its folder`, {
    reason: 'symlink',
    suggestions: ['remove the link, or name another folder with --dir'],
    cause,
  })

const FULL = new Set(['ENOSPC', 'EDQUOT'])

/** File system errors in the operator's words. Anything we do not know stays as it is: a bug. */
function understood(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (error instanceof MqliftError || code === undefined) return error
  if (code === 'ELOOP') return link(path, error)
  if (FULL.has(code)) {
    return new MqliftError('incomplete', `no space left on the disk that holds ${path}`, {
      reason: 'disk-full',
      suggestions: ['make room, then run the same command again'],
      cause: error,
    })
  }
  return new MqliftError('input', `cannot use ${path} (${code})`, {
    file: path,
    suggestions: ['check its owner and permissions, or name another folder with --dir'],
    cause: error,
  })
}
