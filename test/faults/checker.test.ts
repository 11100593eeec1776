import {expect, test} from 'vitest'

import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {envelope} from '../fakes/plan.ts'
import {broken, check, type Observed} from './checker.ts'

const account = (more: Partial<MoveAccount> = {}): MoveAccount => ({
  move: 'm',
  source: 's',
  target: 't',
  address: 'a',
  createdAt: null,
  sourceType: 'classic',
  fifo: false,
  state: 'drained',
  endReason: '',
  start: {at: '', depth: null, counters: null, atTarget: null},
  received: 4,
  receivedBytes: 0,
  settled: 4,
  failed: 0,
  doubt: 0,
  quarantined: 0,
  open: {claimed: 0, sent: 0},
  settledByAbsence: 0,
  accepted: 4,
  withTargetId: 4,
  withMd5: 4,
  possibleDuplicates: 0,
  interruptions: 0,
  countersReset: false,
  digests: {received: '', buckets: ''},
  reasons: {},
  ...more,
})

const published = ['a', 'a', 'b', 'c'].map((body) =>
  envelope(body, {headers: [['h', {t: 'S', v: body}]], properties: {messageId: body}}),
)
const honest: Observed = {published, left: [], present: published, account: account(), group: () => 'all'}
const [first, twin, third, fourth] = published as [
  (typeof published)[0],
  (typeof published)[0],
  (typeof published)[0],
  (typeof published)[0],
]
const verdictOf = (more: Partial<Observed>): string[] => broken(check({...honest, ...more}))

test('an honest run passes, also when the broker marks a message as redelivered', () => {
  expect(verdictOf({})).toEqual([])
  expect(
    verdictOf({present: [{...first, delivery: {redelivered: true, count: 3}}, twin, third, fourth]}),
  ).toEqual([])
})

test('a message left at the source is not lost', () => {
  expect(verdictOf({present: [first, twin, third], left: [fourth]})).toEqual([])
})

test.each([
  ['a loss', [first, twin, third], ['1 lost']],
  ['the loss of a twin', [first, third, fourth], ['1 lost']],
  ['a repeat', [first, twin, third, third, fourth], ['1 duplicated, 0 reported']],
  [
    'a flipped byte',
    [first, twin, {...third, body: Buffer.from('c'.replace('c', 'B'))}, fourth],
    ['1 lost', '1 unexpected'],
  ],
  ['a lost header', [first, twin, {...third, headers: []}, fourth], ['1 lost', '1 unexpected']],
  ['a changed property', [first, twin, {...third, properties: {}}, fourth], ['1 lost', '1 unexpected']],
  ['a swap', [first, twin, fourth, third], ['1 out of order']],
  ['a swap with a twin', [first, third, twin, fourth], ['2 out of order']],
])('%s is named', (_, present, expected) => {
  expect(verdictOf({present})).toEqual(expected)
})

test('a message at the target that is still at the source is a repeat', () => {
  expect(verdictOf({left: [fourth]})).toEqual(['1 duplicated, 0 reported'])
})

test('repeats within the reported number are allowed', () => {
  expect(verdictOf({present: [...published, first], account: account({possibleDuplicates: 1})})).toEqual([])
})

test('a message in no bucket is named', () => {
  expect(verdictOf({account: account({settled: 3})})).toEqual(['1 unaccounted'])
})
