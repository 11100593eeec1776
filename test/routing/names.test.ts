import {describe, expect, test} from 'vitest'

import type {NameRequest, NameRules} from '../../src/routing/names.ts'
import {chooseNames} from '../../src/routing/names.ts'

const request = (name: string, more: Partial<NameRequest> = {}): NameRequest => ({
  id: `queue:${encodeURIComponent(more.vhost ?? '/')}/${encodeURIComponent(name)}`,
  vhost: '/',
  name,
  space: 'queue',
  fifo: false,
  ...more,
})
const rules = (more: Partial<NameRules> = {}): NameRules => ({prefix: '', overrides: {}, pinned: {}, ...more})

/** Target names in the order of the requests. */
function choose(requests: readonly NameRequest[], more: Partial<NameRules> = {}): string[] {
  const {names, problems} = chooseNames(requests, rules(more))
  expect(problems).toEqual([])
  return requests.map(({id}) => names[id] ?? 'MISSING')
}

describe('one name', () => {
  test.each([
    ['orders', 'orders'],
    ['-odd_but-legal-', '-odd_but-legal-'],
    ['orders.created', 'orders-created'],
    ['Ünïcode naïve/queue name:with spaces', 'n-code-na-ve-queue-name-with-spaces'],
    ['a'.repeat(80), 'a'.repeat(80)],
    ['jobs.fifo', 'jobs-fifo'],
  ])('%s', (name, target) => {
    expect(choose([request(name)])).toEqual([target])
  })

  test('FIFO: the suffix is within the 80, and is not doubled', () => {
    expect(choose([request('orders', {fifo: true})])).toEqual(['orders.fifo'])
    expect(choose([request('jobs.fifo', {fifo: true})])).toEqual(['jobs.fifo'])
    const [long = ''] = choose([request('a'.repeat(76), {fifo: true})])
    expect(long).toMatch(/^a{66}-[a-z2-7]{8}\.fifo$/)
    expect(long).toHaveLength(80)
  })

  test('truncation gets a hash, and two names with the same first 80 characters differ', () => {
    const twins = ['end', 'fin'].map((end) => request(`orders.${'very-long-segment.'.repeat(6)}${end}`))
    const names = choose(twins)
    expect(names.every((name) => name.length <= 80 && /-[a-z2-7]{8}$/.test(name))).toBe(true)
    expect(new Set(names).size).toBe(2)
  })

  test('a name of nothing but foreign letters is its hash', () => {
    const names = choose([request('заказы'), request('注文'), request('')])
    expect(names.every((name) => /^q-[a-z2-7]{8}$/.test(name))).toBe(true)
    expect(new Set(names).size).toBe(3)
    const [inVhost] = choose([request('倉庫.入荷', {vhost: 'logistics'}), request('x')])
    expect(inVhost).toMatch(/^logistics-q-[a-z2-7]{8}$/)
  })

  test('topics may be longer', () => {
    expect(choose([request('a'.repeat(200), {space: 'topic'})])).toEqual(['a'.repeat(200)])
  })
})

describe('together', () => {
  test('dup.a-b and dup-a.b get hashes, dup_a_b stays', () => {
    const names = choose([request('dup.a-b'), request('dup-a.b'), request('dup_a_b')])
    expect(names).toEqual([
      expect.stringMatching(/^dup-a-b-[a-z2-7]{8}$/),
      expect.stringMatching(/^dup-a-b-[a-z2-7]{8}$/),
      'dup_a_b',
    ])
    expect(names[0]).not.toBe(names[1])
  })

  test('an unchanged name is never taken by a generated one', () => {
    expect(choose([request('a.b'), request('a-b')])).toEqual([
      expect.stringMatching(/^a-b-[a-z2-7]{8}$/),
      'a-b',
    ])
    const [generated = ''] = choose([request('a.b'), request('a-b')])
    const all = choose([request('a.b'), request('a-b'), request(generated)])
    expect(all[2]).toBe(generated)
    expect(new Set(all).size).toBe(3)
  })

  test('one virtual host of any name: names stay; several: those of / stay, the others get theirs in front', () => {
    expect(choose([request('orders', {vhost: 'shop'}), request('a.b', {vhost: 'shop'})])).toEqual([
      'orders',
      'a-b',
    ])
    expect(
      choose([request('orders'), request('orders', {vhost: 'shop'}), request('orders', {vhost: 'eu/α'})]),
    ).toEqual(['orders', 'shop-orders', 'eu-orders'])
  })

  test('a virtual host and a name that read like another name get a hash', () => {
    const names = choose([request('shop-orders'), request('orders', {vhost: 'shop'})])
    expect(names).toEqual(['shop-orders', expect.stringMatching(/^shop-orders-[a-z2-7]{8}$/)])
  })

  test('queues and topics do not compete, nor do names that differ in case', () => {
    const names = choose([request('x'), request('x', {id: 'exchange:%2F/x', space: 'topic'}), request('X')])
    expect(names).toEqual(['x', 'x', 'X'])
  })

  test('what the plan adds beside a source has a name of its own', () => {
    const names = choose([request('dlq'), request('dlq', {id: 'queue:%2F/dlq#fifo', fifo: true})])
    expect(names).toEqual(['dlq', 'dlq.fifo'])
  })
})

describe('rules', () => {
  test('a prefix is in front of every name and within the length', () => {
    const names = choose([request('orders'), request('b'.repeat(78)), request('a.b')], {prefix: 'team_'})
    expect(names).toEqual(['team_orders', expect.stringMatching(/^team_b{66}-[a-z2-7]{8}$/), 'team_a-b'])
  })

  test('an override wins, by id or by virtual host and name; .fifo may be left out', () => {
    const names = choose([request('a'), request('b', {fifo: true}), request('z')], {
      overrides: {'queue:%2F/a': 'z', '//b': 'bee'},
      prefix: 'p-',
    })
    expect(names).toEqual(['z', 'bee.fifo', 'p-z'])
  })

  test('an illegal override, one given twice, a prefix that is too long: a problem each', () => {
    const {problems} = chooseNames(
      [request('a'), request('b'), request('c')],
      rules({
        overrides: {'queue:%2F/a': 'a.b', 'queue:%2F/b': 'x', 'queue:%2F/c': 'x'},
        prefix: 'p'.repeat(41),
      }),
    )
    expect(problems.map(({id}) => id)).toEqual(['prefix', 'queue:%2F/a', 'queue:%2F/c'])
  })

  test('a pinned name stays, whatever else has changed, unless the queue became FIFO', () => {
    const pinned = {'queue:%2F/a.b': 'a-b', 'queue:%2F/c': 'c'}
    expect(
      choose([request('a.b'), request('a-b'), request('c', {fifo: true})], {pinned, prefix: 'new-'}),
    ).toEqual(['a-b', 'new-a-b', 'new-c.fifo'])
  })
})

test('random estates: legal, unique, independent of the order, stable under their own pins', () => {
  let seed = 42
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  const letters = ['a', 'b', '-', '_', '.', '/', ' ', 'ü', '注', '😀', '\u0000', '`', '|']
  for (let round = 0; round < 60; round++) {
    const made = Array.from({length: 60}, () => {
      const name = Array.from(
        {length: next(6) === 0 ? 90 + next(3) : next(4)},
        () => letters[next(4 + next(9))],
      ).join('')
      return request(name, {vhost: ['/', 'v', 'w/'][next(3)] ?? '/', fifo: next(4) === 0})
    })
    const requests = [...new Map(made.map((each) => [each.id, each])).values()]
    const {names, problems} = chooseNames(requests, rules())
    expect(problems).toEqual([])
    expect(Object.keys(names)).toHaveLength(requests.length)
    expect(new Set(Object.values(names)).size).toBe(requests.length)
    for (const {id, fifo} of requests)
      expect(names[id]).toMatch(fifo ? /^(?=.{6,80}$)[A-Za-z0-9_-]+\.fifo$/ : /^[A-Za-z0-9_-]{1,80}$/)
    expect(chooseNames(requests.toReversed(), rules()).names).toEqual(names)
    const grown = [...requests, request('newcomer', {vhost: 'another'})]
    expect(chooseNames(grown, rules({pinned: names})).names).toMatchObject(names)
  }
})
