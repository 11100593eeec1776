import type {KeyObject} from 'node:crypto'

import {MqliftError} from '../../errors.ts'
import {digest} from '../../model/canonical.ts'
import type {Envelope} from '../../model/envelope.ts'
import type {Delivery, ReadOptions, Source, SourceEvent} from '../../sources/source.ts'

/** One message that was copied. */
export interface Copy {
  readonly digest: string
  readonly bytes: number
  /** Set when the target made its wire form: it cannot be sent. */
  refused?: boolean
  /** FIFO: its message group. */
  group?: string
}

/** What of a message the target of this source holds. */
export type Comparable = (source: string, envelope: Envelope) => Envelope

/** Bodies that may be held at once for one queue. */
const MOST_BYTES = 64 * 2 ** 20

/**
 * A source whose messages are copies: what `migrate` acknowledges is given back to the broker all the same, at the end
 * of the reading. It knows what it handed out, in the order of the queue.
 */
export class CopySource implements Source {
  readonly address: string
  /** Of the digests. */
  readonly key: KeyObject
  readonly #source: Source
  readonly #comparable: Comparable
  readonly #wanted: ReadonlyMap<string, number>
  readonly #taken = new Map<string, Copy[]>()
  readonly #copies = new WeakMap<Envelope, Copy>()

  /** `wanted`: how many of each destination. The source stays the caller's. */
  constructor(
    source: Source,
    wanted: ReadonlyMap<string, number>,
    {key, comparable}: {readonly key: KeyObject; readonly comparable: Comparable},
  ) {
    this.address = source.address
    this.#source = source
    this.#wanted = wanted
    this.key = key
    this.#comparable = comparable
  }

  taken(destination: string): readonly Copy[] {
    return this.#taken.get(destination) ?? []
  }

  copyOf(envelope: Envelope): Copy | undefined {
    return this.#copies.get(envelope)
  }

  inspect(signal: AbortSignal): ReturnType<Source['inspect']> {
    return this.#source.inspect(signal)
  }

  /** Of the copies: nobody else reads them, and nothing arrives. */
  async depth(destination: string): ReturnType<Source['depth']> {
    const left = (this.#wanted.get(destination) ?? 0) - this.taken(destination).length
    return {ready: Math.max(0, left), unacked: 0, consumers: 0, counters: null}
  }

  async *read(
    destination: string,
    options: ReadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Delivery, void> {
    const wanted = this.#wanted.get(destination) ?? 0
    const copies = this.#begin(destination)
    if (!this.#source.read || wanted === 0) return
    const interrupted = new AbortController()
    const reading = this.#source.read(
      destination,
      {
        ...options,
        // So many are asked for, and no more: every one of them comes back marked as redelivered.
        until: 'mark',
        shared: true,
        window: {messages: wanted, bytes: MOST_BYTES},
        onEvent: (event) => stopAt(event, interrupted),
      },
      AbortSignal.any([signal, interrupted.signal]),
    )
    try {
      let bytes = 0
      for (let step = await reading.next(); !step.done; step = await reading.next()) {
        yield this.#copied(destination, step.value, copies)
        bytes += step.value.envelope.body.byteLength
        if (copies.length >= wanted || bytes > MOST_BYTES) return
      }
      // What was copied before the connection went away would come a second time.
      if (interrupted.signal.aborted) throw interrupted.signal.reason
    } finally {
      await reading.return?.()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The source is the caller's.
  }

  #begin(destination: string): Copy[] {
    const copies: Copy[] = []
    this.#taken.set(destination, copies)
    return copies
  }

  #copied(destination: string, delivery: Delivery, copies: Copy[]): Delivery {
    const {envelope} = delivery
    const copy: Copy = {
      digest: digest(this.key, this.#comparable(destination, envelope)).toString('base64'),
      bytes: envelope.body.byteLength,
    }
    copies.push(copy)
    this.#copies.set(envelope, copy)
    const giveBack = (): void => delivery.release()
    return {
      envelope,
      ack() {
        giveBack()
        return Promise.resolve('applied')
      },
      release: giveBack,
    }
  }
}

function stopAt(event: SourceEvent, interrupted: AbortController): void {
  if (event.type === 'interrupted') {
    interrupted.abort(
      new MqliftError('unreachable', `the connection to the broker was lost (${event.reason})`, {
        reason: 'interrupted',
        suggestions: ['nothing was taken: rehearse again'],
      }),
    )
  }
  if (event.type === 'foreign-consumers' && event.consumers > 0) {
    interrupted.abort(
      new MqliftError('refused', `${event.consumers} consumers came to the queue while it was copied`, {
        reason: 'consumers',
        suggestions: ['what was held was given back: rehearse when nobody reads from it'],
      }),
    )
  }
}
