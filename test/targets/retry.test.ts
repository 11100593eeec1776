import {describe, expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {withRetry} from '../../src/targets/retry.ts'
import type {Encoded, Entry, Receipt, Target} from '../../src/targets/target.ts'

type Answer = Receipt['outcome'] | 'throttled' | 'retryable' | Error

const encoded: Encoded = {wire: null, bytes: 1, changes: [], losses: []}
const never = new AbortController().signal

function receiptOf(entry: Entry, answer: Exclude<Answer, Error>): Receipt {
  const refused = {entry, unknownAttempts: 0, outcome: 'refused', reason: answer} as const
  if (answer === 'accepted') return {entry, unknownAttempts: 0, outcome: 'accepted', targetId: 'id'}
  if (answer === 'unknown') return {entry, unknownAttempts: 1, outcome: 'unknown', reason: 'no answer'}
  if (answer === 'throttled') return {...refused, retryable: true, throttled: true}
  return {...refused, retryable: answer === 'retryable'}
}

/** `answers[call][seq]`; the last call's answers are repeated. */
function scripted(answers: readonly (readonly Answer[] | Error)[]) {
  const calls: number[][] = []
  const slept: number[] = []
  const said: string[] = []
  let time = 0
  const target: Target = {
    limits: {batchSize: 10, batchBytes: 1000},
    encode: () => encoded,
    send(batch) {
      const answer = answers[Math.min(calls.length, answers.length - 1)] ?? []
      calls.push([...batch.keys()].map(({seq}) => seq))
      if (answer instanceof Error) return Promise.reject(answer)
      return Promise.resolve(
        [...batch.keys()].map((entry) => {
          const one = answer[entry.seq] ?? 'accepted'
          if (one instanceof Error) throw one
          return receiptOf(entry, one)
        }),
      )
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const now = (): number => time
  const retried = withRetry(target, {
    pace: freely,
    now,
    random: () => 0.5,
    sleep: (ms) => {
      slept.push(ms)
      time += ms
      return new Promise((done) => setImmediate(done))
    },
    onThrottled: (reason) => said.push(`throttled ${reason}`),
    onResumed: () => said.push('resumed'),
  })
  const send = (count: number, signal = never): Promise<Receipt[]> =>
    retried.send(new Map(Array.from({length: count}, (_, seq) => [{seq}, encoded])), signal)
  return {send, calls, slept, said, passTime: (ms: number) => (time += ms)}
}

const unreachable = (reason?: string) =>
  new MqliftError('unreachable', 'away', reason === undefined ? {} : {reason})

/** Nobody waits: pace has tests of its own. */
const freely = {limit: 100, enter: () => Promise.resolve(() => undefined)}

const outcomes = (receipts: readonly Receipt[]): string[] =>
  receipts
    .toSorted((a, b) => a.entry.seq - b.entry.seq)
    .map(({outcome, unknownAttempts}) => `${outcome} ${unknownAttempts}`)

describe('every message has its own outcome', () => {
  test('only what may succeed is tried again', async () => {
    const {send, calls} = scripted([['accepted', 'retryable', 'refused', 'unknown'], []])
    expect(outcomes(await send(4))).toEqual(['accepted 0', 'accepted 0', 'refused 0', 'accepted 1'])
    expect(calls).toEqual([
      [0, 1, 2, 3],
      [1, 3],
    ])
  })

  test('attempts with an unknown outcome add up, also when the end is known', async () => {
    const {send} = scripted([['unknown', 'unknown'], ['unknown', 'refused'], ['accepted']])
    expect(outcomes(await send(2))).toEqual(['accepted 2', 'refused 1'])
  })

  test('five attempts, then it is what it is', async () => {
    const {send, calls} = scripted([['retryable', 'unknown']])
    expect(outcomes(await send(2))).toEqual(['refused 0', 'unknown 5'])
    expect(calls).toHaveLength(5)
  })
})

describe('throttling', () => {
  test('is no attempt, however often, and is said once', async () => {
    const {send, calls, said} = scripted([
      ...Array.from({length: 20}, () => ['throttled'] as const),
      ['accepted'],
    ])
    expect(outcomes(await send(1))).toEqual(['accepted 0'])
    expect(calls).toHaveLength(21)
    expect(said).toEqual(['throttled throttled', 'resumed'])
  })

  test('waits longer and longer, with jitter, up to a limit', async () => {
    const {send, slept} = scripted([...Array.from({length: 9}, () => ['throttled'] as const), ['accepted']])
    await send(1)
    expect(slept).toEqual([75, 150, 300, 600, 1200, 2400, 3750, 3750, 3750])
  })
})

describe('a call that fails as a whole', () => {
  test('is waited for while the target cannot be reached', async () => {
    const {send, said} = scripted([unreachable('credentials-expired'), unreachable(), ['accepted']])
    expect(outcomes(await send(1))).toEqual(['accepted 0'])
    expect(said).toEqual(['throttled away', 'resumed'])
  })

  test('is given up after a quarter of an hour', async () => {
    const {send, passTime} = scripted([unreachable()])
    const sending = send(1)
    const ticking = setInterval(() => passTime(60_000), 1)
    await expect(sending).rejects.toMatchObject({kind: 'unreachable'})
    clearInterval(ticking)
  })

  test.each(['access-denied', 'target-missing', 'untrusted'])('%s stops at once', async (reason) => {
    const kind = reason === 'untrusted' ? 'unreachable' : 'refused'
    const {send, calls} = scripted([new MqliftError(kind, 'no', {reason})])
    await expect(send(1)).rejects.toMatchObject({reason})
    expect(calls).toHaveLength(1)
  })

  test('never forgets what earlier attempts brought', async () => {
    const denied = new MqliftError('refused', 'no', {reason: 'access-denied'})
    const {send} = scripted([['accepted', 'unknown', 'retryable'], denied])
    expect(outcomes(await send(3))).toEqual(['accepted 0', 'refused 1', 'refused 0'])
  })
})

describe('the end of a run', () => {
  test('before anything was sent: certainly not there', async () => {
    const stop = new AbortController()
    stop.abort()
    const {send, calls} = scripted([['accepted']])
    expect(outcomes(await send(1, stop.signal))).toEqual(['refused 0'])
    expect(calls).toEqual([])
  })

  test('in the middle of a request: it may be there', async () => {
    const stop = new AbortController()
    const target: Target = {
      limits: {batchSize: 10, batchBytes: 1000},
      encode: () => encoded,
      send: () => {
        stop.abort()
        return Promise.reject(new Error('cut off'))
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    const retried = withRetry(target, {pace: freely, now: () => 0, random: () => 0})
    expect(outcomes(await retried.send(new Map([[{seq: 0}, encoded]]), stop.signal))).toEqual(['unknown 1'])
  })
})
