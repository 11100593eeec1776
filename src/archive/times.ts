import {constants} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {join} from 'node:path'

import {z} from 'zod'

import {jsonOrUndefined} from '../model/json-or-undefined.ts'
import {archiveDamage, understood} from './format.ts'

export const TIMES = 'times.jsonl'
/** How exactly it is known when a message was archived. */
const EVERY_MS = 1000

/** Entries with a higher number than `after`, up to the next mark, were archived from `at` on. */
const Mark = z.object({at: z.string(), after: z.number()})
type Mark = z.infer<typeof Mark>

/** When what was archived, to the second: records have numbers and no clock. */
export class Times implements AsyncDisposable {
  readonly #file: FileHandle
  readonly #now: () => number
  #last = Number.NEGATIVE_INFINITY
  #highest: number

  private constructor(file: FileHandle, now: () => number, highest: number) {
    this.#file = file
    this.#now = now
    this.#highest = highest
  }

  static async open(folder: string, now: () => number, highest: number): Promise<Times> {
    const before = (await readMarks(folder)).at(-1)?.after ?? 0
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
    const file = await open(join(folder, TIMES), flags, 0o600)
    const text = await file.readFile('utf8')
    await file.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)))
    return new Times(file, now, Math.max(before, highest))
  }

  /** Before these are written. Not synced: after a power cut some may seem a little older than they are. */
  async note(seqs: readonly number[]): Promise<void> {
    const now = this.#now()
    if (now - this.#last >= EVERY_MS) {
      const mark: Mark = {at: new Date(now).toISOString(), after: this.#highest}
      await this.#file.write(`${JSON.stringify(mark)}\n`)
      this.#last = now
    }
    for (const seq of seqs) this.#highest = Math.max(this.#highest, seq)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

export interface Interval {
  /** Epoch milliseconds; undefined = no limit. */
  readonly since?: number
  /** Not included. */
  readonly until?: number
}

/** Whether an entry was archived within an interval. Undefined = the archive does not say when anything was. */
export async function archivedWithin(
  folder: string,
  {since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY}: Interval,
): Promise<((seq: number) => boolean) | undefined> {
  const marks = await readMarks(folder)
  const [first] = marks
  if (!first) return undefined
  const ranges = marks.map(({at, after}, index) => {
    const from = index === 0 ? 0 : after
    const to = marks[index + 1]?.after ?? Number.POSITIVE_INFINITY
    const time = Date.parse(at)
    return {from, to, within: time >= since && time < until}
  })
  const chosen = ranges.filter(({within, from, to}) => within && to > from)
  return (seq) => {
    const found = lastStartingBefore(chosen, seq)
    return found !== undefined && seq > found.from && seq <= found.to
  }
}

function lastStartingBefore<T extends {readonly from: number}>(
  ranges: readonly T[],
  seq: number,
): T | undefined {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((ranges[middle]?.from ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return ranges[low - 1]
}

/** A last line that is not whole was being written when the machine stopped. */
async function readMarks(folder: string): Promise<Mark[]> {
  const path = join(folder, TIMES)
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const lines = (await file.readFile('utf8')).split('\n').slice(0, -1)
    return lines.map((line, index) => {
      const mark = Mark.safeParse(jsonOrUndefined(line)).data
      if (!mark) throw archiveDamage(path, `line ${index + 1} is no mark of time`)
      return mark
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw understood(error, path)
  }
}
