import type {Delivery} from '../../source.ts'

type Result = IteratorResult<Delivery, undefined>

interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

const DONE: Result = {done: true, value: undefined}

/** What came and was not yielded yet, and who waits for more. */
export class Intake {
  #buffer: Delivery[] = []
  #at = 0
  readonly #waiters: Waiter[] = []
  #yielded = 0
  #limit = Infinity
  #onLimit = (): void => {}
  #onHold = false
  #finishing = false
  #failure: {readonly error: unknown} | undefined

  /** Received and not yielded. */
  get size(): number {
    return this.#buffer.length - this.#at
  }

  get isOver(): boolean {
    return this.#finishing || this.#failure !== undefined
  }

  push(delivery: Delivery): void {
    this.#buffer.push(delivery)
    if (this.#waiters.length > 0) this.#serve()
  }

  next(): Promise<Result> {
    const ready = this.#waiters.length === 0 && !this.#failure ? this.#take() : undefined
    if (ready) return Promise.resolve(ready)
    const {promise, resolve, reject} = Promise.withResolvers<Result>()
    this.#waiters.push({resolve, reject})
    this.#serve()
    return promise
  }

  /** After `limit` yielded deliveries `reached` is called; none follows. */
  limit(limit: number, reached: () => void): void {
    this.#limit = limit
    this.#onLimit = reached
  }

  /** Something came that is never yielded, and counts towards the limit all the same: it was there at the start. */
  skip(): void {
    if (++this.#yielded === this.#limit) this.#onLimit()
  }

  /** Drops what was not yielded; `lost` more were yielded and will come back. */
  clear(lost: number): void {
    this.#yielded -= lost
    this.#buffer = []
    this.#at = 0
  }

  /** While on hold nothing is yielded. */
  hold(on: boolean): void {
    this.#onHold = on
    if (!on) this.#serve()
  }

  /** The end, after what is still here. */
  finish(): void {
    this.#finishing = true
    this.#serve()
  }

  /** The end, now. */
  stop(): void {
    this.clear(0)
    this.#onHold = false
    this.finish()
  }

  /** Told once, to the next who asks; after that it is the end. */
  fail(error: unknown): void {
    if (this.isOver) return
    this.#failure = {error}
    this.stop()
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const result = this.#take()
      if (!result) return
      const waiter = this.#waiters.shift()
      if (this.#failure) {
        waiter?.reject(this.#failure.error)
        this.#failure = undefined
      } else waiter?.resolve(result)
    }
  }

  #take(): Result | undefined {
    if (this.#failure) return DONE
    if (this.#onHold) return undefined
    const value = this.#yielded < this.#limit ? this.#buffer[this.#at] : undefined
    if (value === undefined) return this.#finishing ? DONE : undefined
    this.#at++
    if (this.#at > 1024 && this.#at * 2 > this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#at)
      this.#at = 0
    }
    if (++this.#yielded === this.#limit) this.#onLimit()
    return {done: false, value}
  }
}
