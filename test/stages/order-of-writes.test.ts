import {describe, expect, test} from 'vitest'

import {explore, type Rules, type Scope} from '../faults/order-model.ts'

/** Three messages, two of them identical, a window of two, two crashes, one lost request or answer. */
const SCOPE: Scope = {messages: ['A', 'A', 'B'], window: 2, crashes: 2, faults: 1, power: false}
const TWINS: Scope = {...SCOPE, messages: ['A', 'A'], power: true}
const POWER: Scope = {...SCOPE, power: true}

const plain: Rules = {
  steps: ['send', 'record', 'ack'],
  confirms: true,
  fsync: true,
  skips: 'never',
  dedup: 'none',
}
const fifo: Rules = {...plain, steps: ['claim', 'send', 'record', 'ack'], dedup: 'entry'}

describe('orders of writes that lose messages', () => {
  test.each<[string, Rules, Scope]>([
    ['O1: ack, then send', {...plain, steps: ['ack', 'send', 'record']}, SCOPE],
    ['O2: send without waiting for a confirm', {...plain, confirms: false}, SCOPE],
    [
      'O3: record first, skip what is recorded',
      {...plain, steps: ['record', 'send', 'ack'], skips: 'recorded'},
      SCOPE,
    ],
    ['O6: skip what has a known digest', {...plain, skips: 'digest'}, SCOPE],
    ['O6c: the same with a counter', {...plain, skips: 'digest-counted'}, SCOPE],
    ['F2: FIFO id from content and a count', {...fifo, dedup: 'content-and-count'}, SCOPE],
    ['F3p: FIFO without fsync, power loss', {...fifo, fsync: false}, TWINS],
  ])('%s', (_, rules, scope) => {
    expect(explore(rules, scope)).toMatchObject({loses: true})
  })

  test('C1: FIFO id from content, without any crash or fault', () => {
    const calm = {...SCOPE, crashes: 0, faults: 0}
    expect(explore({...fifo, dedup: 'content'}, calm)).toMatchObject({loses: true})
  })
})

describe('orders that lose nothing and cannot account for it', () => {
  test.each<[string, Rules, Scope]>([
    ['O4: ack before the ledger', {...plain, steps: ['send', 'ack', 'record']}, SCOPE],
    ['O5p: without fsync, power loss', {...plain, fsync: false}, POWER],
  ])('%s', (_, rules, scope) => {
    expect(explore(rules, scope)).toMatchObject({loses: false, auditGap: true})
  })
})

describe('what is built', () => {
  test.each<[string, Rules, Scope, number]>([
    ['O5: standard target', plain, SCOPE, 5],
    ['O5: standard target, power loss', plain, POWER, 5],
    ['with claims', {...fifo, dedup: 'none'}, POWER, 5],
    ['O7: unique identity', {...plain, skips: 'identity'}, {...SCOPE, faults: 0}, 4],
    ['F3: FIFO, ids of unresolved entries', fifo, {...TWINS, power: false}, 4],
    ['F3: the same with power loss', fifo, TWINS, 4],
    ['U1: FIFO, unique identity', {...fifo, dedup: 'identity'}, SCOPE, 0],
  ])('%s: loses nothing, accounts for all, and repeats no more than it may', (_, rules, scope, most) => {
    const found = explore(rules, scope)
    expect(found).toMatchObject({loses: false, auditGap: false})
    expect(found.mostDuplicates).toBeLessThanOrEqual(most)
    expect(found.states).toBeGreaterThan(500)
  })

  test.each([
    [1, 2, 0, 2],
    [3, 1, 0, 3],
    [2, 2, 0, 4],
    [2, 1, 2, 4],
  ])('window %i, %i crashes, %i faults: at most %i repeats', (window, crashes, faults, most) => {
    expect(explore(plain, {...SCOPE, window, crashes, faults}).mostDuplicates).toBe(most)
  })
})
