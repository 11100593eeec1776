import {expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Binding, Destination} from '../../../src/model/inventory.ts'
import type {Plan} from '../../../src/model/plan.ts'
import {overflowOf, tapQueueOf} from '../../../src/model/tap.ts'
import {renderPlan} from '../../../src/report/plan-markdown.ts'
import {unanswered} from '../../../src/stages/plan.ts'
import {bind, exchange, inventory, queue} from '../../routing/estate.ts'
import {type Options, planned} from '../../stages/planned.ts'

/** Queues stay unless their name begins with `moved`. */
const make = (
  destinations: Destination[],
  bindings: Binding[],
  taps: readonly string[],
  options: Options = {},
): Body<Plan> =>
  planned(inventory(destinations, bindings), {
    ...options,
    advise: ({kind, name}) => (kind === 'queue' && !name.startsWith('moved') ? 'stay' : undefined),
    config: {taps},
  })

const X = 'exchange:%2F/x'

const bytes = (id: string) => Buffer.byteLength(decodeURIComponent(id.split('/')[1] ?? ''))
const open = (plan: Body<Plan>) => unanswered(plan).questions.map(({id}) => id)

test('a tap is a move from an extra queue into the topic, with what its subscribers filter by', () => {
  const plan = make(
    [exchange('x', 'topic'), queue('billing'), queue('audit')],
    [bind('x', 'billing', 'order.*'), bind('x', 'audit', '#')],
    ['//x'],
  )
  expect(plan.steps.map(({id}) => id)).toEqual(['sns-topic:x'])
  expect(plan.moves).toEqual([
    {
      id: 'queue:%2F/mqlift.tap.x>sns-topic:x',
      source: 'queue:%2F/mqlift.tap.x',
      target: 'sns-topic:x',
      platform: 'sns-sqs',
      mode: 'bridge',
      tap: {exchange: X, keys: ['#'], most: 100_000},
      routing: [
        {by: 'routing-key', attribute: 'n'},
        {by: 'routing-key', attribute: 'rk'},
      ],
      order: 'none',
      sourceType: 'quorum',
      deliveryLimit: null,
      expected: {messages: null, bytes: null},
      estimateSeconds: null,
    },
  ])
  const said = plan.changes.filter(({subject}) => subject === X).map(({field, to}) => `${field}: ${to}`)
  expect(said).toContainEqual(expect.stringMatching(/^tap: .*mqlift\.tap\.x.*100000.*mandatory/))
  expect(said).toContainEqual(
    expect.stringMatching(/^subscriber queue:%2F\/billing: .*\{"n":\[\{"numeric":\["=",2\]\}\],"rk":/),
  )
  expect(said).toContainEqual(expect.stringMatching(/^subscriber queue:%2F\/audit: .*no filter/))
  expect(renderPlan(plan)).toContain('mqlift.tap.x')
})

test.each([
  ['fanout', [''], {}],
  ['headers', [''], {}],
  ['topic', ['#'], {}],
  ['direct', ['a', 'b'], {}],
  ['x-delayed-message', ['#'], {delayedType: 'topic'}],
] as const)('everything that a %s exchange routes', (type, keys, facts) => {
  const bindings = [bind('x', 'q', 'b'), bind('x', 'q', 'a'), bind('x', 'p', 'a')]
  const plan = make([exchange('x', type, facts), queue('q'), queue('p')], bindings, [X])
  expect(plan.moves[0]?.tap?.keys).toEqual(keys)
})

test('an exchange whose queue is moved is not tapped: every message would arrive twice', () => {
  const estate = [exchange('x', 'topic'), exchange('inner', 'fanout'), queue('moved-1'), queue('q')]
  const bindings = [bind('x', 'q', '#'), bind('x', 'exchange:inner', 'a.#'), bind('inner', 'moved-1')]
  expect(() => make(estate, bindings, ['//x'])).toThrow(
    expect.objectContaining({
      kind: 'refused',
      reason: 'tap-and-queue',
      message: expect.stringMatching(/reaches queue:%2F\/moved-1, .*twice/),
    }),
  )
  expect(make(estate, bindings, []).moves.map(({mode}) => mode)).toEqual(['drain'])
})

test.each([
  ['x-random', 'would share its messages out anew'],
  ['x-consistent-hash', 'would share its messages out anew'],
])('an exchange of type %s cannot be tapped', (type, because) => {
  expect(() => make([exchange('x', type), queue('q')], [bind('x', 'q', '1')], ['//x'])).toThrow(because)
})

test('a direct exchange without bindings has no key for everything', () => {
  expect(() => make([exchange('x', 'direct')], [], ['//x'])).toThrow('nothing is bound to it')
})

test('a name that is no exchange, and one that gets no topic', () => {
  expect(() => make([queue('x')], [], ['//x'])).toThrow('is no exchange of the inventory')
  const stays: Options = {config: {taps: ['//x']}, advise: () => 'stay'}
  expect(() => planned(inventory([exchange('x', 'topic')], []), stays)).toThrow('does not become a topic')
})

test('an exchange without subscribers gets a topic when it is tapped', () => {
  const plan = make([exchange('x', 'fanout')], [], ['//x'])
  expect(plan.moves.map(({target}) => target)).toEqual(['sns-topic:x'])
})

test('an alternate exchange would get nothing any more: somebody must say that this is fine', () => {
  const estate = [exchange('x', 'topic', {alternateExchange: 'ae'}), exchange('ae', 'fanout'), queue('q')]
  const bindings = [bind('x', 'q', '#')]
  expect(open(make(estate, bindings, ['//x']))).toEqual([`tap-alternate:${X}`])
  expect(open(make(estate, bindings, ['//x'], {decisions: {[`tap-alternate:${X}`]: 'tap'}}))).toEqual([])
})

test('names of taps fit into AMQP, whatever the exchange is called', () => {
  const long = tapQueueOf(`exchange:%2F/${encodeURIComponent('é'.repeat(125))}`)
  const other = tapQueueOf(`exchange:%2F/${encodeURIComponent('é'.repeat(124))}x`)
  expect(bytes(overflowOf(long))).toBeLessThanOrEqual(255)
  expect(long).not.toEqual(other)
  expect(overflowOf(tapQueueOf(X))).toBe('queue:%2F/mqlift.tap.x.overflow')
})
