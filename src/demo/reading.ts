import type {Envelope} from '../model/envelope.ts'
import type {Delivery, ReadOptions} from '../sources/source.ts'
import type {Acknowledged} from './acknowledged.ts'
import type {Backlog} from './messages.ts'

/** How often each message of a queue was delivered, as a broker would remember it. */
export type Attempts = Map<number, number>

interface Reading {
  readonly backlog: Backlog
  readonly gone: Acknowledged
  readonly attempts: Attempts
  readonly options: ReadOptions
  readonly signal: AbortSignal
}

/** What is out: delivered and neither acknowledged nor the end of the reading. Bounds the window. */
class Window {
  readonly #limit: ReadOptions['window']
  readonly #sizes = new Map<number, number>()
  readonly #held = new Set<number>()
  #bytes = 0
  #wake: (() => void) | undefined

  constructor(limit: ReadOptions['window']) {
    this.#limit = limit
  }

  /** A single message always fits, or one that is larger than the window could never be read. */
  fits(bytes: number): boolean {
    if (this.#sizes.size === 0) return true
    return this.#sizes.size < this.#limit.messages && this.#bytes + bytes <= this.#limit.bytes
  }

  /** Nothing that is out can come back before the end, so no room will ever be made. */
  stuck(): boolean {
    return this.#held.size === this.#sizes.size
  }

  take(index: number, bytes: number): void {
    this.#sizes.set(index, bytes)
    this.#bytes += bytes
  }

  settle(index: number): void {
    this.#bytes -= this.#sizes.get(index) ?? 0
    this.#sizes.delete(index)
    this.#held.delete(index)
    this.#wake?.()
  }

  hold(index: number): void {
    this.#held.add(index)
    this.#wake?.()
  }

  get held(): number {
    return this.#held.size
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      signal.addEventListener('abort', done)
      this.#wake = done
    })
  }
}

/** The backlog in order, each message once, as far as the window allows. Given-back messages stay for the next. */
export async function* read(reading: Reading): AsyncGenerator<Delivery, void> {
  const {backlog, gone, options, signal} = reading
  const window = new Window(options.window)
  const acks: Promise<unknown>[] = []
  try {
    for (let index = 0; index < backlog.messages; index++) {
      if (gone.has(backlog.id, index)) continue
      const envelope = backlog.at(index)
      while (!signal.aborted && !window.fits(envelope.body.length)) {
        if (window.stuck()) {
          leaveBehind(reading, index, window.held)
          return
        }
        await window.changed(signal)
      }
      if (signal.aborted) return
      window.take(index, envelope.body.length)
      yield deliver(reading, {index, envelope, window, acks})
    }
  } finally {
    await Promise.all(acks)
  }
}

function leaveBehind({backlog, gone, options}: Reading, from: number, held: number): void {
  let messages = 0
  for (let index = from; index < backlog.messages; index++) if (!gone.has(backlog.id, index)) messages++
  options.onEvent?.({type: 'left-behind', messages, reason: `${held} held messages fill the window`})
}

interface Out {
  readonly index: number
  readonly envelope: Envelope
  readonly window: Window
  readonly acks: Promise<unknown>[]
}

function deliver({backlog, gone, attempts}: Reading, {index, envelope, window, acks}: Out): Delivery {
  const before = attempts.get(index) ?? 0
  attempts.set(index, before + 1)
  return {
    envelope: {...envelope, delivery: {redelivered: before > 0, count: before}},
    async ack() {
      const applied = gone.add(backlog.id, index)
      acks.push(applied)
      await applied
      window.settle(index)
      return 'applied'
    },
    release: () => window.hold(index),
  }
}
