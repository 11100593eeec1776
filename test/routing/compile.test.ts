import {describe, expect, test} from 'vitest'

import type {Binding, Destination} from '../../src/model/inventory.ts'
import type {CompiledExchange} from '../../src/routing/compile.ts'
import {compileExchange, ROUTING_ATTRIBUTES_MAX} from '../../src/routing/compile.ts'
import {filterSize, withinLimits} from '../../src/routing/filter-limits.ts'
import {filterMatches} from '../../src/routing/filter-match.ts'
import {snsPolicy} from '../../src/routing/filter-policy.ts'
import {buildGraph} from '../../src/routing/graph.ts'
import {routingAttributes} from '../../src/routing/routing-attributes.ts'
import {bind, exchange, inventory, queue} from './estate.ts'

const compile = (destinations: Destination[], bindings: Binding[], entry = 'x'): CompiledExchange =>
  compileExchange(buildGraph(inventory(destinations, bindings)), `exchange:%2F/${entry}`)

const policies = (compiled: CompiledExchange): Record<string, unknown> =>
  Object.fromEntries(
    compiled.subscriptions.map(({queue: id, filter}) => [
      id.replace('queue:%2F/', ''),
      filter && snsPolicy(filter),
    ]),
  )
const widened = (compiled: CompiledExchange): string[] =>
  compiled.subscriptions.flatMap((each) => each.widened)

/** Queues that get a message with this key: by our filters, and by the broker's rules. */
const byFilters = (compiled: CompiledExchange, key: string): string[] =>
  compiled.subscriptions
    .filter(({filter}) => filterMatches(filter, routingAttributes(key)))
    .map((each) => each.queue)
    .toSorted()

const KEYS = [
  '',
  'a',
  'b',
  'c',
  'a.b',
  'a.c',
  'b.a',
  'a.b.c',
  'a.x.c',
  'a.b.b',
  'x.b.c',
  'a.b.c.d',
  'c.a',
  'a..c',
  'c.c',
]

function expectExact(
  destinations: Destination[],
  bindings: Binding[],
  keys: readonly string[] = KEYS,
): CompiledExchange {
  const graph = buildGraph(inventory(destinations, bindings))
  const compiled = compileExchange(graph, 'exchange:%2F/x')
  expect(widened(compiled)).toEqual([])
  for (const key of keys)
    expect([key, byFilters(compiled, key)]).toEqual([key, graph.route('/', 'x', key).toSorted()])
  return compiled
}

describe('one exchange', () => {
  test('direct: several keys of one queue are values of one subscription', () => {
    const compiled = expectExact(
      [exchange('x', 'direct'), queue('q'), queue('p')],
      [bind('x', 'q', 'a'), bind('x', 'q', 'b'), bind('x', 'p', 'a.b'), bind('x', 'p', '')],
    )
    expect(policies(compiled)).toEqual({q: {rk: ['a', 'b']}, p: {rk: ['a.b', {exists: false}]}})
    // An empty key sets no `rk`, and a message without any attribute matches nothing.
    expect(compiled.attributes).toEqual(['n', 'rk'])
  })

  test('fanout has no filter and asks nothing of publishers', () => {
    const compiled = expectExact(
      [exchange('x', 'fanout'), queue('q')],
      [bind('x', 'q'), bind('x', 'q', 'again')],
    )
    expect(policies(compiled)).toEqual({q: null})
    expect(compiled.attributes).toEqual([])
  })

  test('topic: bindings that use different attributes become alternatives', () => {
    const compiled = expectExact(
      [exchange('x', 'topic'), queue('q')],
      [bind('x', 'q', 'a.#'), bind('x', 'q', '*.b.c'), bind('x', 'q', 'c')],
    )
    expect(policies(compiled)).toEqual({
      q: {$or: [{rk: ['a', 'c', {prefix: 'a.'}]}, {n: [{numeric: ['=', 3]}], rk: [{suffix: '.b.c'}]}]},
    })
  })

  test('a queue that takes everything needs no other binding', () => {
    const compiled = expectExact(
      [exchange('x', 'topic'), queue('q')],
      [bind('x', 'q', 'a.*'), bind('x', 'q', '#')],
    )
    expect(policies(compiled)).toEqual({q: null})
  })

  test('a pattern that SNS cannot say is widened, and said', () => {
    const compiled = compile([exchange('x', 'topic'), queue('q')], [bind('x', 'q', '#.a.*.b.#')])
    expect(widened(compiled)).toEqual(['#.a.*.b.# cannot be said exactly: #.a.#.b.# is let through'])
    expect(byFilters(compiled, 'a.x.b')).toHaveLength(1)
  })

  test('a headers exchange: all, any, with-x, every type of value', () => {
    const compiled = compile(
      [
        exchange('x', 'headers'),
        ...['all', 'any', 'withx', 'nothing', 'everything', 'odd'].map((name) => queue(name)),
      ],
      [
        bind('x', 'all', '', {
          'x-match': 'all',
          format: 'pdf',
          pages: 3,
          urgent: true,
          'x-ignored': 1,
          tenant: null,
        }),
        bind('x', 'any', '', {'x-match': 'any', format: 'zip', urgent: true}),
        bind('x', 'withx', '', {'x-match': 'any-with-x', 'x-source': 'scanner'}),
        bind('x', 'nothing', '', {'x-match': 'any', 'x-only': 1}),
        bind('x', 'everything', '', {'x-only': 1}),
        bind('x', 'odd', '', {table: {a: 1}, big: 2e9, 'weird name/ü': 'v', rk: 'mine'}),
      ],
    )
    const {odd, ...rest} = policies(compiled)
    expect(rest).toEqual({
      all: {format: ['pdf'], pages: [{numeric: ['=', 3]}], tenant: [{exists: true}], urgent: ['true']},
      any: {$or: [{format: ['zip']}, {urgent: ['true']}]},
      everything: null,
      withx: {'x-source': ['scanner']},
    })
    expect(odd).toMatchObject({table: [{exists: true}], big: [{exists: true}]})
    expect(widened(compiled)).toHaveLength(2)
    expect(Object.keys(compiled.renamed).toSorted()).toEqual(['rk', 'weird name/ü'])
    expect(Object.values(compiled.renamed).every((name) => /^header-[A-Za-z0-9_-]+$/.test(name))).toBe(true)
  })

  test('consistent hash: weights become shares of a shard number', () => {
    const compiled = compile(
      [
        exchange('x', 'x-consistent-hash', {hashOn: 'header:customer-id'}),
        queue('s0'),
        queue('s1'),
        queue('s2'),
      ],
      [bind('x', 's0', '1'), bind('x', 's1', '2'), bind('x', 's2', 'abc')],
    )
    expect(policies(compiled)).toEqual({s0: {shard: ['0']}, s1: {shard: ['1', '2']}, s2: {shard: ['3']}})
    expect(compiled.shards).toEqual([
      {exchange: 'exchange:%2F/x', attribute: 'shard', hashOn: 'header:customer-id', count: 4},
    ])
  })

  test('huge weights are proportions', () => {
    const compiled = compile(
      [exchange('x', 'x-consistent-hash'), queue('s0'), queue('s1')],
      [bind('x', 's0', '1000'), bind('x', 's1', '2000')],
    )
    expect(compiled.subscriptions.map(({filter}) => filterSize(filter).combinations)).toEqual([50, 100])
  })

  test('an unknown type is named, nothing is guessed', () => {
    const compiled = compile([exchange('x', 'x-jms-topic'), queue('q')], [bind('x', 'q', 'a')])
    expect(compiled.subscriptions).toEqual([])
    expect(compiled.unknown).toEqual(['exchange:%2F/x'])
  })

  test('a delayed exchange routes as the type it delays', () => {
    const compiled = compile(
      [exchange('x', 'x-delayed-message', {delayedType: 'direct'}), queue('q')],
      [bind('x', 'q', 'a')],
    )
    expect(policies(compiled)).toEqual({q: {rk: ['a']}})
  })

  test('dangling bindings reach nobody', () => {
    expect(compile([exchange('x', 'fanout')], [bind('x', 'gone')]).subscriptions).toEqual([])
  })
})

describe('exchange to exchange', () => {
  const estate = [
    exchange('x', 'topic'),
    exchange('y', 'topic'),
    exchange('z', 'fanout'),
    queue('q'),
    queue('p'),
  ]

  test('conditions along a path are ANDed: rk on one side, words or rkd on the other', () => {
    const compiled = expectExact(estate, [
      bind('x', 'exchange:y', 'a.#'),
      bind('y', 'q', '#.c'),
      bind('y', 'p', 'a.*.c'),
    ])
    expect(policies(compiled)['p']).toBeDefined()
  })

  test('a key decides every pattern on its way', () => {
    const compiled = expectExact(
      [exchange('x', 'topic'), exchange('y', 'direct'), queue('q'), queue('p')],
      [bind('x', 'exchange:y', 'a.*'), bind('y', 'q', 'a.b'), bind('y', 'q', 'a'), bind('y', 'p', 'x.b.c')],
    )
    expect(policies(compiled)).toEqual({q: {rk: ['a.b']}})
  })

  test('cycles add nothing and are named', () => {
    const compiled = expectExact(estate, [
      bind('x', 'exchange:y', 'a.#'),
      bind('y', 'exchange:z', '#'),
      bind('z', 'exchange:x'),
      bind('z', 'q'),
      bind('x', 'p', '*.b.c'),
    ])
    expect(compiled.cycles).toEqual(['exchange:%2F/x'])
    expect(compiled.through).toEqual(['exchange:%2F/x', 'exchange:%2F/y', 'exchange:%2F/z'])
  })

  test('several paths to one queue are one subscription', () => {
    const compiled = expectExact(estate, [
      bind('x', 'exchange:y', 'a.#'),
      bind('x', 'q', 'b.*'),
      bind('x', 'exchange:z', '*.b.*'),
      bind('y', 'q', '*.c'),
      bind('z', 'q'),
    ])
    expect(compiled.subscriptions).toHaveLength(1)
    expect(compiled.subscriptions[0]?.routes).toBe(3)
  })

  test('two patterns that exclude each other: no subscription', () => {
    const compiled = expectExact(estate, [bind('x', 'exchange:y', 'a.*'), bind('y', 'q', '*.b.*')])
    expect(compiled.subscriptions).toEqual([])
  })

  test('brute force: every pair of patterns is exact or wider, never narrower', () => {
    const words = ['a', 'b', '*', '#']
    const patterns = words.flatMap((one) => [
      one,
      ...words.flatMap((two) => [`${one}.${two}`, `${one}.${two}.a`]),
    ])
    const keys = ['a', 'b'].flatMap((one) => [
      one,
      ...['a', 'b', ''].flatMap((two) => [`${one}.${two}`, `${one}.${two}.a`, `${one}.${two}.b.a`]),
    ])
    const missed: string[] = []
    let wider = 0
    for (const first of patterns)
      for (const second of patterns) {
        const bindings = [bind('x', 'exchange:y', first), bind('y', 'q', second)]
        const graph = buildGraph(inventory(estate, bindings))
        const compiled = compileExchange(graph, 'exchange:%2F/x')
        if (!compiled.subscriptions.every(({filter}) => withinLimits(filterSize(filter))))
          missed.push('limits')
        for (const key of ['', ...keys]) {
          const [broker, ours] = [graph.route('/', 'x', key).length, byFilters(compiled, key).length]
          if (ours < broker || (ours > broker && widened(compiled).length === 0))
            missed.push(`${first} & ${second}: ${key}`)
        }
        if (widened(compiled).length > 0) wider++
      }
    expect(missed).toEqual([])
    expect(wider).toBe(0)
  })
})

describe('alternate exchange', () => {
  const estate = [
    exchange('x', 'direct', {alternateExchange: 'ae'}),
    exchange('ae', 'fanout'),
    queue('q'),
    queue('rest'),
  ]

  test('of exact keys: everything but those', () => {
    const compiled = compile(estate, [bind('x', 'q', 'a'), bind('x', 'q', 'b'), bind('ae', 'rest')])
    expect(policies(compiled)).toEqual({
      q: {rk: ['a', 'b']},
      rest: {rk: [{'anything-but': ['a', 'b']}, {exists: false}]},
    })
    expect(byFilters(compiled, 'z')).toEqual(['queue:%2F/rest'])
    expect(byFilters(compiled, '')).toEqual(['queue:%2F/rest'])
  })

  test('of an exchange whose bindings take everything: never used', () => {
    const topic = [
      exchange('x', 'topic', {alternateExchange: 'ae'}),
      exchange('ae', 'fanout'),
      queue('q'),
      queue('rest'),
    ]
    expect(policies(compile(topic, [bind('x', 'q', '#'), bind('ae', 'rest')]))).toEqual({q: null})
  })

  test('of patterns: cannot be said, and is named', () => {
    const topic = [
      exchange('x', 'topic', {alternateExchange: 'ae'}),
      exchange('ae', 'fanout'),
      queue('q'),
      queue('rest'),
    ]
    const compiled = compile(topic, [bind('x', 'q', 'a.*'), bind('ae', 'rest')])
    expect(compiled.lostAlternates).toEqual(['exchange:%2F/x'])
    expect(compiled.subscriptions.map((each) => each.queue)).toEqual(['queue:%2F/q'])
  })

  test('an alternate exchange that leads back ends', () => {
    const round = [
      exchange('x', 'direct', {alternateExchange: 'y'}),
      exchange('y', 'direct', {alternateExchange: 'x'}),
      queue('q'),
    ]
    expect(compile(round, [bind('y', 'q', 'a')]).cycles).toEqual(['exchange:%2F/x'])
  })
})

describe('over the budget', () => {
  test('670 bindings of one queue: neighbours are folded into prefixes, and said', () => {
    const keys = Array.from({length: 670}, (_, index) => `customer-${index + 1}`)
    const compiled = compile(
      [exchange('x', 'direct'), queue('q'), queue('p')],
      [...keys.map((key) => bind('x', 'q', key)), bind('x', 'p', 'customer-7')],
    )
    const filter = compiled.subscriptions.find(({queue: id}) => id.endsWith('/q'))?.filter
    expect(filterSize(filter ?? null).combinations).toBeLessThanOrEqual(150)
    expect(filter).not.toBeNull()
    expect(keys.filter((key) => !filterMatches(filter ?? null, routingAttributes(key)))).toEqual([])
    expect(filterMatches(filter ?? null, routingAttributes('supplier-1'))).toBe(false)
    expect(widened(compiled)).toEqual([expect.stringContaining('rk: 670 values became')])
  })

  test('values with nothing in common: no filter at all, and said', () => {
    const keys = Array.from({length: 200}, (_, index) => String.fromCodePoint(0x4e00 + index))
    const compiled = compile(
      [exchange('x', 'direct'), queue('q')],
      keys.map((key) => bind('x', 'q', key)),
    )
    expect(policies(compiled)).toEqual({q: null})
    expect(widened(compiled)).toHaveLength(1)
  })

  test('more wildcards than 100 points: prefixes and suffixes', () => {
    const patterns = Array.from({length: 30}, (_, index) => `a${index}.*.b.*.c`)
    const compiled = compile(
      [exchange('x', 'topic'), queue('q')],
      patterns.map((pattern) => bind('x', 'q', pattern)),
    )
    const [only] = compiled.subscriptions
    expect(withinLimits(filterSize(only?.filter ?? null))).toBe(true)
    expect(only?.widened).toEqual([expect.stringContaining('complexity points')])
    expect(filterMatches(only?.filter ?? null, routingAttributes('a7.x.b.y.c'))).toBe(true)
  })

  test('more than five keys in a headers binding', () => {
    const args = Object.fromEntries(Array.from({length: 7}, (_, index) => [`h${index}`, 'v']))
    const compiled = compile([exchange('x', 'headers'), queue('q')], [bind('x', 'q', '', args)])
    expect(filterSize(compiled.subscriptions[0]?.filter ?? null).keys).toBe(5)
    expect(widened(compiled)).toEqual(['h0, h1 not looked at (7 attributes, 5 allowed)'])
  })

  test('more routing attributes than a message can carry: words by position are given up', () => {
    const queues = Array.from({length: 9}, (_, index) => queue(`q${index}`))
    const bindings = queues.map(({name}, index) =>
      bind('x', name, `${Array.from({length: index + 1}, () => '*').join('.')}.k.#`),
    )
    const compiled = compile([exchange('x', 'topic'), ...queues], bindings)
    expect(compiled.attributes.length).toBeLessThanOrEqual(ROUTING_ATTRIBUTES_MAX)
    expect(compiled.tooManyAttributes).toBe(false)
    expect(widened(compiled).length).toBeGreaterThan(0)
  })

  test('headers that nobody can leave out: refused', () => {
    const queues = Array.from({length: 9}, (_, index) => queue(`q${index}`))
    const bindings = queues.map(({name}, index) => bind('x', name, '', {[`h${index}`]: 'v'}))
    expect(compile([exchange('x', 'headers'), ...queues], bindings).tooManyAttributes).toBe(true)
  })

  test('random bindings: never narrower than the broker, always within the limits', () => {
    let seed = 7
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((seed / 2_147_483_648) * below)
    }
    const words = ['a', 'b', 'c', '*', '#', 'd']
    const sequence = (from: readonly string[]): string =>
      Array.from({length: 1 + next(5)}, () => from[next(from.length)]).join('.')
    const problems: string[] = []
    for (let round = 0; round < 150; round++) {
      const bindings = Array.from({length: 1 + next(40)}, () => bind('x', `q${next(3)}`, sequence(words)))
      const graph = buildGraph(
        inventory([exchange('x', 'topic'), queue('q0'), queue('q1'), queue('q2')], bindings),
      )
      const compiled = compileExchange(graph, 'exchange:%2F/x')
      for (const {filter, queue: id} of compiled.subscriptions)
        if (!withinLimits(filterSize(filter))) problems.push(`${round} ${id} over`)
      for (let tries = 0; tries < 60; tries++) {
        const key = sequence(['a', 'b', 'c', 'd', 'e'])
        const ours = new Set(byFilters(compiled, key))
        const broker = graph.route('/', 'x', key)
        if (broker.some((id) => !ours.has(id))) problems.push(`${round} ${key} narrower`)
        const exact = compiled.subscriptions
          .filter((each) => each.widened.length === 0)
          .map((each) => each.queue)
        if (exact.some((id) => ours.has(id) && !broker.includes(id)))
          problems.push(`${round} ${key} wider, not said`)
      }
    }
    expect(problems).toEqual([])
  })

  test('20,000 bindings of a hundred queues become a hundred subscriptions', () => {
    const bindings = Array.from({length: 20_000}, (_, index) => bind('x', `q${index % 100}`, `k.${index}`))
    const queues = Array.from({length: 100}, (_, index) => queue(`q${index}`))
    expect(compile([exchange('x', 'topic'), ...queues], bindings).subscriptions).toHaveLength(100)
  })
})
