import {setTimeout as sleep} from 'node:timers/promises'

import {counted} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import {parseId} from '../model/id.ts'
import type {Move, Plan, Tap} from '../model/plan.ts'
import {word} from '../model/shell.ts'
import {overflowOf} from '../model/tap.ts'
import {visible} from '../model/visible.ts'
import type {Delivery, ReadOptions, Source, Taps} from '../sources/source.ts'
import type {Session} from './session.ts'

/** Without `--bridge` taps are left alone; with it every queue is moved as it fills. */
export function asBridge<P extends Body<Plan>>(plan: P, bridge: boolean): P {
  const moves = bridge
    ? plan.moves.map((move): Move => ({...move, mode: 'bridge'}))
    : plan.moves.filter(({mode}) => mode === 'drain')
  return {...plan, moves}
}

/** Sources of moves that are no destination of the estate. */
export const tapsIn = ({moves}: Body<Plan>): string[] => tappedBy(moves).map(({queue}) => queue)

/** What would be made at the source, and the rights it takes: taps are the only thing that is not read. */
export const tapNotes = (moves: readonly Move[]): string[] =>
  tappedBy(moves).map(({queue, tap}) => {
    const {vhost, name} = parseId(queue)
    const exchange = visible(parseId(tap.exchange).name)
    return `with --execute, queue ${visible(name)} is made in virtual host ${visible(vhost)} and bound to ${exchange}: the user needs to configure ^mqlift\\.tap\\., and to write ^(mqlift\\.tap\\..*|amq\\.default)$`
  })

/** A tap and the queue that it is at the source. */
interface Tapped {
  readonly queue: string
  readonly tap: Tap
}

const WATCH_MS = 2000

/**
 * Runs until it is told to stop. Told so by `control`, it ends for good: taps are unbound, then read empty by whoever
 * runs it, and removed. Anything else (Ctrl-C, a lost process) leaves taps where they are, and they go on filling.
 */
export class Bridge implements Disposable {
  readonly #session: Session
  readonly #source: Source
  readonly #taps: readonly Tapped[]
  readonly #stopped: AbortSignal
  readonly #queuesEnd = new AbortController()
  /** When nothing is bound to them any more. */
  readonly #tapsEnd = new AbortController()
  readonly #closed = new AbortController()
  #problem: MqliftError | undefined

  /** `stopped`: somebody said that it ends for good. */
  constructor(session: Session, source: Source, moves: readonly Move[], stopped: AbortSignal) {
    this.#session = session
    this.#source = source
    this.#taps = tappedBy(moves)
    this.#stopped = stopped
    if (stopped.aborted) void this.#end()
    else stopped.addEventListener('abort', () => void this.#end(), {once: true})
    if (this.#taps.length > 0) void this.#watch()
  }

  /** Why it ended by itself: a tap was full. */
  get problem(): MqliftError | undefined {
    return this.#problem
  }

  /** Somebody said that it ends for good, and its taps get nothing more. */
  get isEnding(): boolean {
    return this.#stopped.aborted && this.#tapsEnd.signal.aborted && this.#problem === undefined
  }

  isTap(queue: string): boolean {
    return this.#taps.some((tapped) => tapped.queue === queue)
  }

  read(destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery> {
    const read = this.#source.read?.bind(this.#source)
    if (!read) throw new Error('a source that cannot be read')
    const isTap = this.isTap(destination)
    const {signal: end} = isTap ? this.#tapsEnd : this.#queuesEnd
    const deliveries = read(destination, {...options, end}, signal)
    return isTap ? this.#telling(deliveries, destination, options) : deliveries
  }

  /**
   * After the last lane has ended: the taps that can be removed, once the account has been compared with what is in
   * them. `complete`: they were read empty.
   */
  finish(complete: boolean): readonly string[] {
    this.#closed.abort()
    if (this.isEnding && complete) return this.#taps.map(({queue}) => queue)
    if (this.#taps.length > 0) {
      const stay = counted(this.#taps.length, 'tap stays', 'taps stay')
      this.#session.talk.warn(
        `${stay} at the source: run again, or end the bridge for good with mqlift control stop`,
      )
    }
    return []
  }

  [Symbol.dispose](): void {
    this.#closed.abort()
    this.#queuesEnd.abort()
    this.#tapsEnd.abort()
  }

  async #end(): Promise<void> {
    this.#session.talk.say('stopping: what has come is sent, and taps are read empty')
    this.#queuesEnd.abort()
    try {
      for (const {queue, tap} of this.#taps) await this.#source.taps?.unbind(queue, tap)
    } catch (error) {
      this.#problem = error instanceof MqliftError ? error : notUnbound(error)
    }
    this.#tapsEnd.abort()
  }

  /** A full tap has given up its oldest messages: the bridge ends, so that somebody sees it. */
  async #watch(): Promise<void> {
    const {signal} = this.#closed
    while (!signal.aborted && this.#problem === undefined) {
      await sleep(WATCH_MS, undefined, {signal}).catch(() => undefined)
      // A broker that is away is read again later.
      const full = await firstFull(this.#source, this.#taps).catch(() => undefined)
      if (full) this.#giveUp(full)
    }
  }

  #giveUp({queue, count}: {queue: string; count: number}): void {
    this.#problem = tapFull(queue, count)
    this.#queuesEnd.abort()
    this.#tapsEnd.abort()
  }

  /** What a tap had to give up is told with its move, and so stands in the ledger and in the report. */
  #telling(
    deliveries: AsyncIterableIterator<Delivery>,
    queue: string,
    {onEvent}: Pick<ReadOptions, 'onEvent'>,
  ): AsyncIterableIterator<Delivery> {
    const source = this.#source
    return {
      next: () => deliveries.next(),
      async return() {
        const messages = (await source.taps?.overflowed(queue).catch(() => 0)) ?? 0
        if (messages > 0) onEvent?.({type: 'left-behind', messages, reason: 'the tap was full'})
        return (await deliveries.return?.()) ?? {done: true, value: undefined}
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

const tappedBy = (moves: readonly Move[]): Tapped[] =>
  moves.flatMap(({source: queue, tap}) => (tap ? [{queue, tap}] : []))

async function firstFull(
  {taps}: Source,
  tapped: readonly Tapped[],
): Promise<{queue: string; count: number} | undefined> {
  for (const {queue} of tapped) {
    const count = (await taps?.overflowed(queue)) ?? 0
    if (count > 0) return {queue, count}
  }
  return undefined
}

const notUnbound = (cause: unknown): MqliftError =>
  new MqliftError(
    'incomplete',
    `a tap could not be unbound: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      suggestions: ['taps go on filling: run again, then end the bridge again with mqlift control stop'],
    },
  )

const tapFull = (queue: string, count: number): MqliftError => {
  const {vhost, name} = parseId(queue)
  const overflow = parseId(overflowOf(queue)).name
  return new MqliftError(
    'incomplete',
    `tap ${visible(name)} was full: ${counted(count, 'message')} did not reach the topic and wait in ${visible(overflow)}`,
    {
      reason: 'tap-full',
      suggestions: [
        'find out why the topic was slower than the publishers, or why no bridge ran',
        `send them on with a shovel from ${visible(overflow)} to ${visible(name)}, in virtual host ${visible(vhost)}`,
        `or give them up, which the old side got all the same: rabbitmqctl purge_queue -p ${word(vhost)} ${word(overflow)}`,
        'then run again',
      ],
    },
  )
}

/** Makes the taps of these moves; the only thing that is ever made at the source. */
export async function makeTaps(session: Session, source: Source, moves: readonly Move[]): Promise<void> {
  const tapped = tappedBy(moves)
  if (tapped.length === 0) return
  const taps = tapsOf(source)
  const full = await firstFull(source, tapped)
  if (full) throw tapFull(full.queue, full.count)
  for (const {queue, tap} of tapped) {
    const was = await taps.make(queue, tap, session.signal)
    const {name} = parseId(queue)
    session.talk.say(
      was === 'found'
        ? `tap ${visible(name)} is there already`
        : `tap ${visible(name)} is bound to ${visible(parseId(tap.exchange).name)}: what is published from now on is copied`,
    )
  }
}

/** After the proof, which compares what is in them. What is not empty stays, and is said. */
export async function removeTaps({talk}: Session, source: Source, queues: readonly string[]): Promise<void> {
  for (const queue of queues) {
    const depth = await source.depth(queue)
    // What is not acknowledged yet would go with its queue.
    const held = (depth?.ready ?? 0) + (depth?.unacked ?? 0)
    const left = held > 0 ? held : await removed(source, queue)
    const name = visible(parseId(queue).name)
    if (left instanceof MqliftError)
      talk.warn([`${left.message}: it stays`, ...left.suggestions].join('\n  '))
    else if (left === 0) talk.say(`tap ${name} is removed`)
    else talk.warn(`tap ${name} and its overflow hold ${counted(left, 'message')} and were not removed`)
  }
}

/** A refusal is said and no more: everything was moved, and the report is still to be written. */
async function removed({taps}: Source, queue: string): Promise<number | MqliftError> {
  try {
    return (await taps?.remove(queue)) ?? 0
  } catch (error) {
    if (error instanceof MqliftError && error.kind === 'refused') return error
    throw error
  }
}

function tapsOf(source: Source): Taps {
  if (source.taps) return source.taps
  throw new MqliftError('refused', `nothing can be tapped at ${source.address}`, {
    reason: 'no-taps',
    suggestions: ['take the exchanges out of taps: in mqlift.yaml, then plan again'],
  })
}
