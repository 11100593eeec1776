import {createSecretKey} from 'node:crypto'

import {describe, expect, test} from 'vitest'

import type {LedgerReader, MoveAccount} from '../../src/ledger/ledger.ts'
import type {Depth} from '../../src/sources/source.ts'
import {verify, type VerifyPorts} from '../../src/stages/verify.ts'
import {compareSource} from '../../src/stages/verify/compare.ts'

function account(more: Partial<MoveAccount> = {}): MoveAccount {
  return {
    move: 'orders>sqs-queue:orders',
    source: 'queue:%2F/orders',
    target: 'sqs-queue:orders',
    address: 'https://sqs/orders',
    createdAt: null,
    sourceType: 'classic',
    fifo: false,
    state: 'drained',
    endReason: '',
    start: {
      at: '2026-11-24T08:00:00.000Z',
      depth: 100,
      counters: {acked: 0, deliveredWithoutAck: 0},
      atTarget: 0,
    },
    received: 100,
    receivedBytes: 1000,
    settled: 100,
    failed: 0,
    doubt: 0,
    quarantined: 0,
    open: {claimed: 0, sent: 0},
    settledByAbsence: 0,
    accepted: 100,
    withTargetId: 100,
    withMd5: 100,
    possibleDuplicates: 0,
    interruptions: 0,
    countersReset: false,
    digests: {received: 'sum', buckets: 'sum'},
    reasons: {},
    ...more,
  }
}

const depth = (ready: number, acked: number): Depth => ({
  ready,
  unacked: 0,
  consumers: 0,
  counters: {acked, deliveredWithoutAck: 0},
})

const ledgerOf = (accounts: readonly MoveAccount[]): LedgerReader => ({
  path: 'ledger.db',
  key: createSecretKey(Buffer.alloc(32)),
  keyId: 'key',
  accounts: () => accounts,
  account: (move) => accounts.find((one) => one.move === move),
  runs: () => [],
  events: () => [],
  entries: () => [],
  archived: () => [],
  damage: () => Promise.resolve([]),
  folded: () => ({
    [Symbol.asyncIterator]: () => ({next: () => Promise.resolve({done: true, value: undefined})}),
  }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

const options = (slept: number[] = []) => ({
  wait: false,
  now: () => 0,
  sleep: (ms: number) => {
    slept.push(ms)
    return Promise.resolve()
  },
})

const counting = (visible: number): NonNullable<VerifyPorts['count']> => {
  return () => Promise.resolve({visible, inFlight: 0, delayed: 0, approximate: false})
}

const never = new AbortController().signal

describe('a broker that was restarted after the move', () => {
  test('counts from zero again: no message is unexplained by that', () => {
    expect(compareSource(account(), depth(0, 0))).toMatchObject({difference: 0})
    expect(compareSource(account(), depth(0, 40))).toMatchObject({difference: 0})
  })

  test('leaves it open when messages have arrived since', () => {
    expect(compareSource(account(), depth(7, 3))).toMatchObject({difference: null})
  })

  test('does not hide what vanished', () => {
    const cut = account({settled: 90, received: 90, accepted: 90})
    expect(compareSource(cut, depth(0, 0))).toMatchObject({difference: 10})
  })
})

const killed = (settled: number) => account({settled, settledByAbsence: settled, interruptions: 1})

describe('a run that was killed when its last acks were applied and not counted yet', () => {
  test('leaves no message unexplained', () => {
    expect(compareSource(killed(100), depth(0, 0)).difference).toBe(0)
    expect(compareSource(killed(100), depth(7, 40)).difference).toBe(0)
  })

  test('does not hide what vanished', () => {
    expect(compareSource(killed(90), depth(0, 0)).difference).toBe(10)
  })

  test('does not hide that somebody else consumed', () => {
    expect(compareSource(killed(90), depth(0, 100)).difference).toBe(10)
  })
})

test('counters that only lag are asked again', async () => {
  const answers = [depth(7, 60), depth(7, 107)]
  const slept: number[] = []
  const result = await verify(
    {},
    {
      ledger: ledgerOf([account({settled: 107, received: 107, accepted: 107})]),
      source: {depth: () => Promise.resolve(answers.shift() ?? null)},
      count: counting(107),
    },
    options(slept),
    never,
  )
  expect(slept).toEqual([6000])
  expect(result.total.unexplained).toBe(0)
})

test('a message that is missing at a shared target is not lost behind a move that keeps its proof', async () => {
  const first = account({move: 'a', source: 'queue:%2F/a'})
  const second = account({
    move: 'b',
    source: 'queue:%2F/b',
    start: {...first.start, at: '2026-11-24T09:00:00.000Z'},
  })
  const ports = (there: number): VerifyPorts => ({
    ledger: ledgerOf([first, second]),
    source: {depth: () => Promise.resolve(depth(0, 100))},
    count: counting(there),
  })
  const earlier = await verify({}, ports(200), options(), never)
  expect(earlier.total.unexplained).toBe(0)
  const input = {only: (source: string) => source === second.source, earlier: earlier.destinations}
  const later = await verify(input, ports(199), options(), never)
  expect(later.total.unexplained).toBe(1)
})
