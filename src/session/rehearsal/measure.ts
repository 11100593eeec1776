import type {Envelope} from '../../model/envelope.ts'
import type {Encoded, Target} from '../../targets/target.ts'
import type {Copy} from './copies.ts'

/** From the first request to the last answer. */
export class Stopwatch {
  #from: number | undefined
  #to: number | undefined

  get seconds(): number {
    return this.#from === undefined || this.#to === undefined ? 0 : (this.#to - this.#from) / 1000
  }

  start(now: number): void {
    this.#from ??= now
  }

  stop(now: number): void {
    this.#to = now
  }
}

export interface Measured {
  readonly stopwatch: Stopwatch
  readonly now: () => number
  readonly copyOf: (envelope: Envelope) => Copy | undefined
  /** Whether somebody accepted the loss. */
  readonly accepts: (rule: string) => boolean
}

/** The target of a move, which also says how long it takes and which copies it will not get. */
export function measured(target: Target, {stopwatch, now, copyOf, accepts}: Measured): Target {
  return {
    limits: target.limits,
    encode(envelope, at): Encoded {
      const encoded = target.encode(envelope, at)
      const copy = copyOf(envelope)
      if (copy !== undefined) {
        copy.refused = encoded.refused !== undefined || encoded.losses.some(({rule}) => !accepts(rule))
        if (encoded.group !== undefined) copy.group = encoded.group
      }
      return encoded
    },
    async send(batch, signal) {
      stopwatch.start(now())
      try {
        return await target.send(batch, signal)
      } finally {
        stopwatch.stop(now())
      }
    },
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  }
}
