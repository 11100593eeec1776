import {z} from 'zod'

import type {ReadOptions, Source, SourceEvent} from '../sources/source.ts'
import {parseState} from '../workspace/parse.ts'
import type {Workspace} from '../workspace/workspace.ts'

/** Sentinels that were put into queues and not seen again: whoever dies in between leaves one there. */
const FILE = 'sentinels.json'

const Left = z.array(z.object({id: z.string(), source: z.string(), at: z.string()}))
type Left = z.infer<typeof Left>

/** Written before one is put, and taken out when it was read: what is in the file may be in the queue. */
export class Sentinels {
  readonly #workspace: Workspace
  readonly #now: () => number
  /** One change after the other: lanes run side by side. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(workspace: Workspace, now: () => number) {
    this.#workspace = workspace
    this.#now = now
  }

  /** The same reading, with every sentinel written down. */
  watching(source: string, options: ReadOptions): ReadOptions {
    return {
      ...options,
      onSentinel: (id) =>
        this.#change((left) => [...left, {id, source, at: new Date(this.#now()).toISOString()}]),
      onEvent: (event: SourceEvent) => {
        if (event.type === 'sentinel') void this.#seen(event.id)
        options.onEvent?.(event)
      },
    }
  }

  /** A file that cannot be written now keeps naming it, which costs a line in a report. */
  async #seen(id: string): Promise<void> {
    await this.#change((left) => left.filter((one) => one.id !== id)).catch(() => undefined)
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #change(to: (left: Left) => Left): Promise<void> {
    const changing = this.#write(this.#last, to)
    // Whoever put it is told that it could not be written; what comes after starts anew.
    this.#last = changing.catch(() => undefined)
    await changing
  }

  async #write(before: Promise<unknown>, to: (left: Left) => Left): Promise<void> {
    await before
    const left = await sentinelsLeft(this.#workspace)
    const next = to(left)
    if (next.length === left.length) return
    const text = JSON.stringify(next)
    await this.#workspace.writeText(FILE, `${text}\n`)
  }
}

/** Those that may still be in their queues. */
export async function sentinelsLeft(workspace: Workspace): Promise<Left> {
  const text = await workspace.readText(FILE)
  if (text === undefined) return []
  return parseState(Left, text, workspace.path(FILE), 'the sentinels that may still be in their queues')
}

/** A source whose reads are changed on the way. */
export function reading(source: Source, read: NonNullable<Source['read']>): Source {
  return {
    address: source.address,
    inspect: (signal) => source.inspect(signal),
    depth: (destination) => source.depth(destination),
    ...(source.read && {read}),
    ...(source.taps && {taps: source.taps}),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}
