import {MqliftError} from '../../../errors.ts'
import type {Delivery, Depth, ReadOptions, Source} from '../../../sources/source.ts'
import type {TakeBackOptions} from '../../take-back.ts'
import type {Count} from '../../target.ts'
import type {ConsumerCalls} from './calls.ts'
import {TakeBackReader} from './reader.ts'

export interface TakeBackSourceParts {
  readonly address: string
  readonly calls: ConsumerCalls
  readonly count: () => Promise<Count | null>
  readonly takeBack: TakeBackOptions
  readonly now: () => number
}

/** One queue of SQS as a source, whatever it is called: for the way back. */
export class SqsTakeBack implements Source {
  readonly address: string
  readonly #parts: TakeBackSourceParts
  #reader: TakeBackReader | undefined

  constructor(parts: TakeBackSourceParts) {
    this.address = parts.address
    this.#parts = parts
  }

  inspect(): ReturnType<Source['inspect']> {
    return Promise.reject(
      new MqliftError('usage', `${this.address} is a target: it is not inspected`, {
        suggestions: ['mqlift inspect amqps://user@host/'],
      }),
    )
  }

  /** SQS counts neither what was received nor what was deleted. */
  async depth(): Promise<Depth | null> {
    const count = await this.#parts.count()
    if (!count) return null
    const {visible, delayed, inFlight} = count
    return {ready: visible + delayed, unacked: inFlight, consumers: 0, counters: null}
  }

  read(_destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery> {
    this.#reader = new TakeBackReader(this.#parts, options, signal)
    return this.#reader
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.return()
  }
}
