import {describe, expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Binding, Destination} from '../../../src/model/inventory.ts'
import type {Plan, Step} from '../../../src/model/plan.ts'
import {unanswered} from '../../../src/stages/plan.ts'
import {bind, exchange, inventory, queue} from '../../routing/estate.ts'
import type {Options} from '../../stages/planned.ts'
import {planned} from '../../stages/planned.ts'

const make = (destinations: Destination[], bindings: Binding[], options: Options = {}): Body<Plan> =>
  planned(inventory(destinations, bindings), options)
const step = (plan: Body<Plan>, id: string): Step | undefined => plan.steps.find((each) => each.id === id)
const lost = (plan: Body<Plan>): string[] => plan.losses.map(({id}) => id.replaceAll('%2F/', ''))
const open = (plan: Body<Plan>): string[] =>
  unanswered(plan).questions.map(({id}) => id.replaceAll('%2F/', ''))

const names = (count: number): string[] => Array.from({length: count}, (_, index) => `q${index}`)

test('a topic, its subscriptions and one policy per queue, in an order that can be created', () => {
  const plan = make(
    [exchange('x', 'topic'), exchange('y', 'fanout'), queue('a.b'), queue('c')],
    [bind('x', 'a.b', 'k.*'), bind('x', 'c', '#'), bind('y', 'a.b')],
    {config: {tags: {team: 't'}}},
  )
  expect(step(plan, 'sns-topic:x')).toMatchObject({
    platform: 'sns-sqs',
    settings: {
      fifo: false,
      maximumMessageSize: 1_048_576,
      kmsKey: null,
      tags: {team: 't', 'mqlift:source': '//x'},
    },
  })
  expect(step(plan, 'sns-subscription:x>a-b')).toMatchObject({
    platform: 'sns-sqs',
    needs: ['sns-topic:x', 'sqs-queue:a-b', 'sqs-policy:a-b'],
    settings: {raw: true, filterPolicy: {n: [{numeric: ['=', 2]}], rk: [{prefix: 'k.'}]}},
  })
  expect(step(plan, 'sns-subscription:x>c')?.settings).toMatchObject({filterPolicy: null})
  expect(step(plan, 'sqs-policy:a-b')).toMatchObject({
    platform: 'sqs-standard',
    settings: {queueStep: 'sqs-queue:a-b', topicSteps: ['sns-topic:x', 'sns-topic:y']},
  })
  expect(plan.routing).toEqual({'exchange:%2F/x': ['n', 'rk'], 'exchange:%2F/y': []})
  // Messages waiting in a queue go straight into it.
  expect(plan.moves.map(({target}) => target)).toEqual(['sqs-queue:a-b', 'sqs-queue:c'])
})

test('quotes and backslashes are escaped once more, as attribute filters need', () => {
  const plan = make([exchange('x', 'direct'), queue('q')], [bind('x', 'q', String.raw`a"b\c`)])
  expect(step(plan, 'sns-subscription:x>q')?.settings).toMatchObject({
    filterPolicy: {rk: [String.raw`a\"b\\c`]},
  })
})

test('an internal exchange gets no topic, those before it deliver to its queues', () => {
  const plan = make(
    [exchange('x', 'topic'), exchange('inner', 'fanout', {internal: true}), queue('q')],
    [bind('x', 'exchange:inner', 'a.#'), bind('inner', 'q')],
  )
  expect(plan.steps.filter((each) => each.do === 'sns-topic').map(({name}) => name)).toEqual(['x'])
  expect(step(plan, 'sns-subscription:x>q')).toBeDefined()
  expect(plan.notMoved.map(({subject}) => subject)).toEqual(['exchange:%2F/inner'])
  expect(plan.changes.find(({field}) => field === 'exchange-to-exchange bindings')).toBeDefined()
})

test('FIFO: the topic of a FIFO queue is FIFO, publishers are told', () => {
  const plan = make(
    [exchange('x', 'fanout'), queue('f', {singleActiveConsumer: true}), queue('s')],
    [bind('x', 'f'), bind('x', 's')],
    {
      advise: ({name}) => (name === 'f' ? 'sqs-fifo' : undefined),
    },
  )
  expect(step(plan, 'sns-topic:x.fifo')?.settings).toMatchObject({fifo: true})
  expect(step(plan, 'sqs-policy:f.fifo')?.platform).toBe('sqs-fifo')
  expect(step(plan, 'sqs-policy:s')?.platform).toBe('sqs-standard')
  expect(plan.changes.find(({field}) => field === 'publishers')?.to).toContain('MessageGroupId')
})

describe('losses', () => {
  test('a reader that is not moved', () => {
    const plan = make(
      [exchange('x', 'fanout'), queue('q'), queue('log', {type: 'stream'})],
      [bind('x', 'q'), bind('x', 'stream:log')],
    )
    expect(lost(plan)).toEqual(['reader-left-behind:exchange:x'])
  })

  test('a filter that is wider than the bindings, by the queue that gets too much', () => {
    const plan = make([exchange('x', 'topic'), queue('q')], [bind('x', 'q', '#.a.*.b.#')])
    expect(lost(plan)).toEqual(['filter-widened:queue:q'])
    expect(plan.losses[0]).toMatchObject({change: 'widened', acceptedBy: null})
  })

  test('an alternate exchange that no filter can stand in for', () => {
    const plan = make(
      [
        exchange('x', 'topic', {alternateExchange: 'ae'}),
        exchange('ae', 'fanout'),
        queue('q'),
        queue('rest'),
      ],
      [bind('x', 'q', 'a.*'), bind('ae', 'rest')],
    )
    expect(lost(plan)).toEqual(['alternate-exchange:exchange:x'])
  })

  test('the default exchange as alternate', () => {
    const plan = make([exchange('x', 'direct', {alternateExchange: ''}), queue('q')], [bind('x', 'q', 'a')])
    expect(lost(plan)).toEqual(['alternate-exchange:exchange:x'])
  })

  test('a delayed exchange: the delay, and what waits inside where nobody can see it', () => {
    const plan = make(
      [exchange('x', 'x-delayed-message', {delayedType: 'direct'}), queue('q')],
      [bind('x', 'q', 'a')],
    )
    expect(lost(plan)).toEqual(['exchange-delayed-message:exchange:x'])
    expect(plan.notMoved.map(({subject}) => subject)).toEqual(['exchange:%2F/x'])
  })

  test('more than 100 subscriptions: messages above 256 KiB', () => {
    const plan = make(
      [exchange('x', 'fanout'), ...names(101).map((name) => queue(name))],
      names(101).map((name) => bind('x', name)),
    )
    expect(step(plan, 'sns-topic:x')?.settings).toMatchObject({maximumMessageSize: 262_144})
    expect(lost(plan)).toEqual(['body-over-256k:exchange:x'])
  })
})

describe('questions', () => {
  test('a type we do not know', () => {
    const estate = [exchange('x', 'x-jms-topic'), queue('q')]
    expect(open(make(estate, [bind('x', 'q', 'a')]))).toEqual(['exchange-unknown-type:exchange:x'])
    const decisions = {'exchange-unknown-type:exchange:%2F/x': 'without'}
    expect(open(make(estate, [bind('x', 'q', 'a')], {decisions}))).toEqual([])
  })

  test('more attributes than a message has room for', () => {
    const plan = make(
      [exchange('x', 'headers'), ...names(9).map((name) => queue(name))],
      names(9).map((name) => bind('x', name, '', {[`h-${name}`]: 1})),
    )
    expect(open(plan)).toEqual(['routing-attributes:exchange:x'])
  })

  test('more filter policies than the quota', () => {
    const plan = make(
      [exchange('x', 'direct'), ...names(201).map((name) => queue(name))],
      names(201).map((name) => bind('x', name, name)),
    )
    expect(open(plan)).toEqual(['filter-policies:exchange:x'])
  })

  test('more topics than a queue policy can list', () => {
    const exchanges = names(150).map((name) => exchange(name, 'fanout'))
    const plan = make(
      [...exchanges, queue('q')],
      names(150).map((name) => bind(name, 'q')),
    )
    expect(open(plan)).toEqual(['queue-policy-size:queue:q'])
  })
})

test('renamed headers and shards are told to publishers', () => {
  const plan = make(
    [
      exchange('h', 'headers'),
      exchange('s', 'x-consistent-hash', {hashOn: 'header:id'}),
      queue('q'),
      queue('p'),
    ],
    [bind('h', 'q', '', {straße: 'x'}), bind('s', 'q', '1'), bind('s', 'p', '1')],
  )
  expect(plan.changes.map(({field}) => field)).toEqual(
    expect.arrayContaining(['header straße', 'attribute shard']),
  )
})
