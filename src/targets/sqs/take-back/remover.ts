import {MESSAGE_LIMITS} from '../wire.ts'
import type {ConsumerCalls, Held} from './calls.ts'

/** A delete that is not full waits this long for company. */
const GATHER_MS = 20
const ATTEMPTS = 3

interface Waiting {
  readonly held: Held
  readonly done: PromiseWithResolvers<'applied' | 'lost'>
  attempts: number
}

/** Deletes by the ten. A message that cannot be deleted comes back. */
export class Remover {
  readonly #calls: ConsumerCalls
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #running = new Set<Promise<void>>()

  constructor(calls: ConsumerCalls) {
    this.#calls = calls
  }

  remove(held: Held): Promise<'applied' | 'lost'> {
    const done = Promise.withResolvers<'applied' | 'lost'>()
    this.#add({held, done, attempts: 0})
    return done.promise
  }

  /** Everything asked for is answered. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running.size > 0) {
      this.#start()
      await Promise.all(this.#running)
    }
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#waiting.length >= MESSAGE_LIMITS.batchEntries) this.#start()
    else this.#timer ??= setTimeout(() => this.#start(), GATHER_MS)
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const some = this.#waiting.splice(0, MESSAGE_LIMITS.batchEntries)
    if (some.length === 0) return
    const running = this.#send(some).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #send(some: readonly Waiting[]): Promise<void> {
    const failed = new Set(
      await this.#calls.remove(some.map(({held}) => held)).catch(() => some.map(({held}) => held.id)),
    )
    for (const one of some) {
      if (!failed.has(one.held.id)) one.done.resolve('applied')
      else if (++one.attempts >= ATTEMPTS) one.done.resolve('lost')
      else this.#add(one)
    }
  }
}
