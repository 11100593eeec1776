import {describe, expect, test} from 'vitest'

import {AdaptiveLimit, type Outcome} from '../../src/targets/concurrency.ts'

/** What decides when a request may start: the controller, or a fixed number of lanes that back off when throttled. */
interface Pacer {
  wait(now: number): number
  started(now: number): void
  finished(outcome: Outcome, startedAt: number, now: number): void
}

interface Endpoint {
  /** Answer time without queueing, milliseconds. */
  readonly latency: number
  readonly jitter?: number
  /** Requests per second that mover and endpoint can do together; beyond it they queue. */
  readonly capacity?: number
  /** Requests per second, and how many may be saved up; refused at once beyond. */
  readonly bucket?: {readonly rate: number; readonly burst: number}
}

class FixedLanes implements Pacer {
  #inFlight = 0
  #until = 0
  readonly lanes: number
  constructor(lanes: number) {
    this.lanes = lanes
  }
  wait(now: number): number {
    return this.#inFlight >= this.lanes ? Number.POSITIVE_INFINITY : Math.max(0, this.#until - now)
  }
  started(): void {
    this.#inFlight++
  }
  finished(outcome: Outcome, _: number, now: number): void {
    this.#inFlight--
    if (outcome === 'throttled') this.#until = now + 100
  }
}

/** A seeded generator: the same run every time. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

interface Answer {
  readonly at: number
  readonly startedAt: number
  readonly outcome: Outcome
}

/** Requests accepted per second over `seconds`, there always being more to send. Discrete events, no clock. */
function simulate(pacer: Pacer, endpoint: Endpoint, seconds: number, from = 0) {
  const dice = random(7)
  const answers: Answer[] = []
  let now = from * 1000
  const until = now + seconds * 1000
  let accepted = 0
  let throttled = 0
  let busyUntil = now
  let tokens = endpoint.bucket?.burst ?? 0
  let filledAt = now

  const answer = (): Answer => {
    if (endpoint.bucket) {
      tokens = Math.min(endpoint.bucket.burst, tokens + ((now - filledAt) / 1000) * endpoint.bucket.rate)
      filledAt = now
      if (tokens < 1) return {at: now + endpoint.latency / 2, startedAt: now, outcome: 'throttled'}
      tokens--
    }
    const service = endpoint.capacity ? 1000 / endpoint.capacity : 0
    busyUntil = Math.max(busyUntil, now) + service
    return {at: busyUntil + endpoint.latency + dice() * (endpoint.jitter ?? 0), startedAt: now, outcome: 'ok'}
  }

  while (now < until) {
    const wait = pacer.wait(now)
    if (wait === 0) {
      pacer.started(now)
      answers.push(answer())
      continue
    }
    const next = answers.length > 0 ? answers.reduce((a, b) => (b.at < a.at ? b : a)) : undefined
    if (!next || now + wait < next.at) {
      now += wait
      continue
    }
    answers.splice(answers.indexOf(next), 1)
    now = next.at
    if (next.outcome === 'ok') accepted++
    else throttled++
    pacer.finished(next.outcome, next.startedAt, now)
  }
  // What is still under way is answered, so that a pacer can go on with another endpoint.
  for (const {outcome, startedAt, at} of answers) pacer.finished(outcome, startedAt, at)
  return {rate: accepted / seconds, throttled}
}

const LANES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const bestFixed = (endpoint: Endpoint, seconds: number): number =>
  Math.max(...LANES.map((lanes) => simulate(new FixedLanes(lanes), endpoint, seconds).rate))

describe('within 20 % of the best fixed number of lanes, from a cold start', () => {
  test.each<[string, Endpoint]>([
    ['0 ms', {latency: 0.8, jitter: 1, capacity: 1500}],
    ['20 ms', {latency: 20, jitter: 5, capacity: 1500}],
    ['20 ms, slow machine', {latency: 20, jitter: 20, capacity: 300}],
    ['200 ms', {latency: 200, jitter: 40, capacity: 1500}],
    ['500 messages/s, 20 ms', {latency: 20, jitter: 5, capacity: 1500, bucket: {rate: 50, burst: 50}}],
    ['500 messages/s, 1 ms', {latency: 1, jitter: 1, capacity: 1500, bucket: {rate: 50, burst: 1}}],
    ['500 messages/s, 200 ms', {latency: 200, jitter: 20, capacity: 1500, bucket: {rate: 50, burst: 50}}],
  ])('%s', (_, endpoint) => {
    const best = bestFixed(endpoint, 30)
    const {rate} = simulate(new AdaptiveLimit(), endpoint, 30)
    expect(rate / best).toBeGreaterThan(0.8)
    // Fixed lanes with a back-off are no yardstick for a bucket that saves up nothing.
    expect(rate / (endpoint.bucket?.rate ?? rate)).toBeGreaterThan(0.8)
  })
})

describe('within 20 % of the best fixed number of lanes, 10 s after the endpoint changed', () => {
  const fast: Endpoint = {latency: 20, jitter: 5, capacity: 1500}
  const slow: Endpoint = {latency: 200, jitter: 40, capacity: 1500}
  const narrow: Endpoint = {latency: 20, jitter: 5, capacity: 300}
  const bucket: Endpoint = {latency: 20, jitter: 5, capacity: 1500, bucket: {rate: 50, burst: 50}}
  test.each<[string, Endpoint, Endpoint]>([
    ['20 ms to 200 ms', fast, slow],
    ['200 ms to 20 ms', slow, fast],
    ['200 ms to a bucket', slow, bucket],
    ['to a narrow one', fast, narrow],
    ['from a narrow one', narrow, fast],
    ['from a narrow one to 200 ms', narrow, slow],
    ['0 ms to 200 ms', {latency: 0.8, jitter: 1, capacity: 1500}, slow],
  ])('%s', (_, before, after) => {
    const limit = new AdaptiveLimit()
    simulate(limit, before, 12)
    simulate(limit, after, 10, 12)
    const {rate} = simulate(limit, after, 20, 22)
    expect(rate / bestFixed(after, 30)).toBeGreaterThan(0.8)
  })
})

test('under a bucket few requests are wasted on being refused', () => {
  const endpoint = {latency: 20, jitter: 5, bucket: {rate: 50, burst: 50}}
  const {throttled} = simulate(new AdaptiveLimit(), endpoint, 60)
  expect(throttled).toBeLessThan(60 * 50 * 0.1)
})

test('a ceiling that is lifted is found out', () => {
  const limit = new AdaptiveLimit()
  simulate(limit, {latency: 20, bucket: {rate: 50, burst: 50}}, 20)
  expect(limit.ceiling).toBeGreaterThan(30)
  expect(limit.ceiling).toBeLessThan(80)
})

test('never above the maximum, never below the minimum, never stuck', () => {
  const limit = new AdaptiveLimit({min: 2, max: 10, start: 50})
  expect(limit.limit).toBe(10)
  for (let now = 0; now < 100_000; now += 1000) {
    limit.started(now)
    limit.finished(now % 3000 === 0 ? 'throttled' : 'failed', now, now + 600)
  }
  expect(limit.limit).toBe(2)
  expect(limit.wait(200_000)).toBe(0)
})
