import {setTimeout as sleep} from 'node:timers/promises'

import {MqliftError} from '../../errors.ts'
import {parseId} from '../../model/id.ts'
import type {Shovelled} from '../../model/shovels.ts'
import {visible} from '../../model/visible.ts'
import type {Depth} from '../../sources/source.ts'
import {type Ends, targetId} from './ends.ts'
import {arrivedBetween, readingOf, takenBetween} from './reading.ts'

export interface ShovelOptions {
  /** Messages that a shovel may have in hand: all of them come back, counted as delivered, when it fails. */
  readonly prefetch: number
  /** `mark`: as many as wait when the first shovel begins. `empty`: shovels, until one leaves nothing behind. */
  readonly until: 'empty' | 'mark'
  readonly now: () => number
  readonly say: (text: string) => void
  /** On disk before it resolves. */
  readonly save: (record: Shovelled) => Promise<void>
  readonly times?: Partial<Times>
}

/** Milliseconds. */
interface Times {
  /** Between two looks at a shovel. */
  readonly poll: number
  /** Between two looks at the queues, whose counters lag by 5 s (rabbitmq.md 1.4). */
  readonly look: number
  /** Without any progress, whatever its broker says of the shovel (peers.md pain 5). */
  readonly stall: number
  /** Without any progress, when its broker said meanwhile that it was not running: it fails at every attempt. */
  readonly failing: number
  /** Between two readings that must be equal: longer than the numbers of a queue stay as they were. */
  readonly rest: number
}
/** Failing: longer than a shovel waits before it starts again, so that it had another try. */
const TIMES: Times = {poll: 500, look: 5000, stall: 120_000, failing: 45_000, rest: 6000}
/** A shovel that has ended gives back what it had fetched too much; and counters come to rest. */
const REST_TRIES = 6

/**
 * Shovels for one queue, one after the other: each moves as many messages as waited when it began, and removes itself
 * when the target has confirmed them all. So none is cut off, and whoever kills mqlift meanwhile repeats nothing. The
 * last acks of a shovel that removes itself can be lost: their messages come back and are moved again (3.10.8 under
 * load: 254 of 58,450, 2026-11-24). What is found after a shovel may be such.
 */
export class QueueShovel {
  readonly #ends: Ends
  readonly #options: ShovelOptions
  readonly #times: Times
  #record: Shovelled

  constructor(ends: Ends, record: Shovelled, options: ShovelOptions) {
    this.#ends = ends
    this.#record = record
    this.#options = options
    this.#times = {...TIMES, ...options.times}
  }

  /** To the end of the last shovel, or until something is in the way. An aborted signal leaves the shovel at work. */
  async run(signal: AbortSignal): Promise<Shovelled> {
    for (;;) {
      if (!(await this.#ends.host.exists(this.#record.shovel, signal))) {
        const next = await this.#next(signal)
        if (next.over !== undefined) return this.#end(next.over, signal)
        await this.#put(next.messages, signal)
      }
      const stuck = await this.#watch(signal)
      if (stuck !== undefined) return this.#giveUp(stuck, signal)
    }
  }

  get #name(): string {
    return visible(parseId(this.#record.source).name)
  }

  /** What to put next, or why nothing: `null` = nothing is left to do. */
  async #next(signal: AbortSignal): Promise<Next> {
    const {before} = this.#record
    const depth = await this.#atRest(signal)
    if (!depth) return {over: 'the queue is gone'}
    const {ready, consumers, unacked} = depth
    if (consumers > 0) return {over: `${consumers} consumers take part: stop them, or counts tell nothing`}
    if (ready === 0) return {over: unacked ? `${unacked} messages are with somebody else` : null}
    await this.#mayRepeat(ready)
    if (this.#options.until === 'empty') return {messages: null}
    const taken = takenBetween(before.source, readingOf(depth, this.#options.now()))
    const left = taken === null && this.#record.rounds > 0 ? 0 : before.source.messages - (taken ?? 0)
    return left > 0 ? {messages: Math.min(left, ready)} : {over: null}
  }

  /** No more than the shovel before had in hand, if there was one. */
  async #mayRepeat(ready: number): Promise<void> {
    if (this.#record.rounds === 0) return
    await this.#save({inHand: this.#record.inHand + Math.min(ready, this.#options.prefetch)})
  }

  /** What the shovel before has fetched and not moved is on its way back. */
  async #atRest(signal: AbortSignal): Promise<Depth | null> {
    for (let tries = 1; ; tries++) {
      const depth = await this.#ends.source.depth(this.#record.source)
      const settling = depth && (depth.ready === 0 ? (depth.unacked ?? 0) : 0) + depth.consumers > 0
      if (!settling || tries === REST_TRIES) return depth
      await sleep(this.#times.poll, undefined, {signal})
    }
  }

  /** Recorded before it is put: whoever is killed in between knows that there may be one. */
  async #put(messages: number | null, signal: AbortSignal): Promise<void> {
    const {shovel, rounds} = this.#record
    const ends = this.#ends.shovel(shovel.name, this.#record)
    await this.#save({rounds: rounds + 1})
    try {
      await this.#ends.host.put({...ends, messages, prefetch: this.#options.prefetch}, signal)
    } catch (error) {
      if (error instanceof MqliftError && DECLINED.has(error.reason ?? '')) await this.#save({rounds})
      throw error
    }
    this.#options.say(`${this.#name}: shovel ${rounds + 1} is at work`)
  }

  /** Until it has removed itself; or why it never will. Looks at what arrives, not at what its broker says of it. */
  async #watch(signal: AbortSignal): Promise<string | undefined> {
    const {host} = this.#ends
    const {poll, look} = this.#times
    let last = {marker: '', at: this.#options.now(), failure: ''}
    for (let looked = 0; await this.#isAtWork(signal);) {
      await sleep(poll, undefined, {signal})
      if (this.#options.now() - looked < look) continue
      looked = this.#options.now()
      const marker = await this.#progress()
      if (marker !== last.marker) last = {marker, at: looked, failure: ''}
      const state = await host.state(this.#record.shovel, signal)
      if (state && state.word !== 'running')
        last.failure = [state.word, state.reason].filter(Boolean).join(': ')
      const ms = looked - last.at
      if (ms >= (last.failure === '' ? this.#times.stall : this.#times.failing))
        return stuck(ms, last.failure)
    }
    return undefined
  }

  /** An API that is busy is asked again: the shovel goes on meanwhile. */
  async #isAtWork(signal: AbortSignal): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ends.host.exists(this.#record.shovel, signal)
      } catch (error) {
        if (!(error instanceof MqliftError) || tries === REST_TRIES) throw error
        await sleep(this.#times.poll * 4, undefined, {signal})
      }
    }
  }

  /** What has left the source for good. */
  async #progress(): Promise<string> {
    const {source, target} = this.#ends
    const {before} = this.#record
    const [from, to] = await Promise.all([
      source.depth(this.#record.source),
      target.depth(targetId(this.#record)),
    ])
    if (!from || !to) return 'gone'
    const others = Math.max(0, from.consumers - 1)
    if (others > this.#record.others) await this.#save({others})
    const now = this.#options.now()
    const arrived = arrivedBetween(before.target, readingOf(to, now))
    this.#options.say(`${this.#name}: ${arrived ?? '?'} arrived, ${from.ready} wait`)
    // What arrives is no progress: a shovel that fails publishes the same messages again at every attempt.
    return String(takenBetween(before.source, readingOf(from, now)) ?? from.ready)
  }

  /** In the middle: what it has in hand goes back, and may be at the target too. */
  async #giveUp(reason: string, signal: AbortSignal): Promise<Shovelled> {
    // A source that does not answer may be why it is stuck.
    const depth = await this.#ends.source.depth(this.#record.source).catch(() => null)
    const inHand = this.#record.inHand + (depth?.unacked ?? this.#options.prefetch)
    await this.#save({inHand})
    await this.#ends.host.remove(this.#record.shovel, signal)
    return this.#end(reason, signal)
  }

  async #end(reason: string | null, signal: AbortSignal): Promise<Shovelled> {
    const after = await this.#after(signal)
    const left = after?.source.messages ?? 0
    const state = reason === null ? 'drained' : 'stopped'
    await this.#save({after, state, reason})
    this.#options.say(`${this.#name}: ${reason ?? 'done'}, ${left} left`)
    return this.#record
  }

  /**
   * Counters lag: read again until both ends stay as they are. That they agree says nothing: what was moved twice at the
   * very end is told by one end and not yet by the other.
   */
  async #after(signal: AbortSignal): Promise<Shovelled['after']> {
    const {before} = this.#record
    let after: Shovelled['after'] = null
    let last = ''
    for (let tries = 1; tries <= REST_TRIES; tries++) {
      const source = await this.#ends.source.depth(this.#record.source)
      const target = await this.#ends.target.depth(targetId(this.#record))
      if (!source || !target) return null
      const now = this.#options.now()
      after = {source: readingOf(source, now), target: readingOf(target, now)}
      const taken = takenBetween(before.source, after.source)
      const counts = `${taken} taken, ${arrivedBetween(before.target, after.target)} arrived`
      if (counts === last) break
      last = counts
      await sleep(this.#times.rest, undefined, {signal})
    }
    return after
  }

  async #save(change: Partial<Shovelled>): Promise<void> {
    this.#record = {...this.#record, ...change}
    await this.#options.save(this.#record)
  }
}

type Next = {readonly messages: number | null; readonly over?: undefined} | {readonly over: string | null}

/** The broker said no: there is no shovel. */
const DECLINED: ReadonlySet<string> = new Set(['not-permitted', 'shovel-refused'])

const stuck = (ms: number, failure: string): string =>
  `its shovel has moved nothing for ${Math.round(ms / 1000)} s${failure && ` (${failure})`}`
