import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {open} from 'node:fs/promises'
import {join} from 'node:path'

import {z} from 'zod'

import {archiveDamage, MANIFEST} from './format.ts'

/** One closed segment. `previous` is the SHA-256 of the line before: none can be taken out or changed unseen. */
export const ManifestLine = z.object({
  segment: z.string(),
  records: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  previous: z.string(),
})
export type ManifestLine = z.infer<typeof ManifestLine>

export interface Manifest {
  readonly lines: readonly ManifestLine[]
  /** SHA-256 of the last line; of nothing when there is none. */
  readonly last: string
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A last line without its newline was being written when the machine stopped: it is not there yet. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  const texts = (await textOf(path)).split('\n').slice(0, -1)
  let last = hash('')
  const lines = texts.map((text, index) => {
    const line = lineOf(text)
    if (line?.previous !== last)
      throw archiveDamage(path, `line ${index + 1} does not follow from the one before`)
    last = hash(text)
    return line
  })
  return {lines, last}
}

/** Adds a line after the last whole one, and syncs it. Returns the manifest with it. */
export async function addLine(
  folder: string,
  manifest: Manifest,
  closed: Omit<ManifestLine, 'previous'>,
): Promise<Manifest> {
  const line: ManifestLine = {...closed, previous: manifest.last}
  const text = JSON.stringify(line)
  const before = manifest.lines.map((known) => `${JSON.stringify(known)}\n`).join('')
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
  await using file = await open(join(folder, MANIFEST), flags, 0o600)
  await file.truncate(Buffer.byteLength(before))
  await file.write(`${text}\n`, Buffer.byteLength(before))
  await file.sync()
  return {lines: [...manifest.lines, line], last: hash(text)}
}

async function textOf(path: string): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function lineOf(text: string): ManifestLine | undefined {
  try {
    return ManifestLine.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
