import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import {Plan} from '../../src/model/plan.ts'
import {renderPlan} from '../../src/report/plan-markdown.ts'
import {openSource} from '../../src/sources/index.ts'
import {unanswered} from '../../src/stages/plan.ts'
import {changedSince} from '../../src/stages/plan/fingerprint.ts'
import {SnsSubscriptionSettings, SnsTopicSettings} from '../../src/targets/sns/steps.ts'
import {SqsPolicySettings, SqsQueueSettings} from '../../src/targets/sqs/steps.ts'
import {bind, exchange, inventory, queue} from '../routing/estate.ts'
import {planned} from './planned.ts'

const SETTINGS = {
  'sqs-queue': SqsQueueSettings,
  'sqs-policy': SqsPolicySettings,
  'sns-topic': SnsTopicSettings,
  'sns-subscription': SnsSubscriptionSettings,
} as const

/** What apply relies on. */
function expectWhole(plan: Body<Plan>): void {
  expect(Plan.safeParse({kind: 'mqlift/plan', version: 1, inputs: {}, ...plan}).error).toBeUndefined()
  const made = new Set<string>()
  for (const step of plan.steps) {
    expect(step.needs.filter((id) => !made.has(id))).toEqual([])
    expect(made.has(step.id)).toBe(false)
    made.add(step.id)
    expect(SETTINGS[step.do as keyof typeof SETTINGS].strict().safeParse(step.settings).error).toBeUndefined()
  }
  for (const move of plan.moves) expect(made).toContain(move.target)
  expect(new Set(plan.losses.map(({id}) => id)).size).toBe(plan.losses.length)
  expect(new Set(plan.open.map(({id}) => id)).size).toBe(plan.open.length)
}

async function read(file: string) {
  const source = await openSource([new URL(`../../fixtures/${file}`, import.meta.url).pathname], {
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'test',
  })
  return (await source.inspect(AbortSignal.timeout(30_000))).inventory
}

describe('the recorded estate', async () => {
  const estate = await read('plan/recorded/definitions.json')
  const made = planned(estate, {
    advise: ({name, kind, facts}) => {
      if (kind === 'queue' && facts.singleActiveConsumer && 'value' in facts.singleActiveConsumer)
        if (facts.singleActiveConsumer.value) return 'sqs-fifo'
      return name === 'orders.priority' ? 'amazon-mq-rabbitmq' : undefined
    },
    ignored: estate.destinations.map(({id}) => id).filter((id) => /federation|subscription-/.test(id)),
  })

  test('as JSON and as a page', async () => {
    expectWhole(made)
    await expect(`${JSON.stringify(made, null, 2)}\n`).toMatchFileSnapshot(
      '../../fixtures/plan/recorded/plan.json',
    )
    await expect(renderPlan(made)).toMatchFileSnapshot('../../fixtures/plan/recorded/plan.md')
  })

  test('every destination is in the plan, or said not to be moved', () => {
    const said = new Set([
      ...made.steps.flatMap((step) => step.for),
      ...made.moves.map(({source}) => source),
      ...made.notMoved.map(({subject}) => subject),
    ])
    expect(estate.destinations.map(({id}) => id).filter((id) => !said.has(id))).toEqual([])
  })
})

test('670 bindings: two subscriptions of one topic, one of the other, filters within the limits, said', async () => {
  const made = planned(await read('rabbitmq/many-bindings/definitions.json'))
  expectWhole(made)
  const names = made.steps.filter((step) => step.do === 'sns-subscription').map(({name}) => name)
  expect(names.toSorted()).toEqual([
    'announcements>preview',
    'tariffs-transient>billing',
    'tariffs-transient>preview',
    'tariffs>billing',
  ])
  expect(made.losses.filter(({rule}) => rule === 'filter-widened').map(({subject}) => subject)).toEqual([
    'queue:%2F/billing',
    'queue:%2F/preview',
  ])
})

describe('assignment', () => {
  const estate = inventory(
    [queue('orders'), queue('orders-dead'), queue('mail'), exchange('x', 'fanout')],
    [bind('x', 'orders')],
  )

  test('mqlift.yaml overrides the recommendation, the last glob wins, a decision overrides both', () => {
    const config = {platforms: {'*': 'stay', 'orders*': 'sqs-standard', '//mail': 'amazon-mq-rabbitmq'}}
    const made = planned(estate, {config, decisions: {'platform:queue:%2F/orders-dead': 'retire'}})
    expect(made.moves.map(({source}) => source)).toEqual(['queue:%2F/orders'])
    expect(made.notMoved.map(({subject}) => subject)).toEqual([
      'exchange:%2F/x',
      'queue:%2F/mail',
      'queue:%2F/orders-dead',
    ])
    expect(made.notMoved[1]?.because).toContain('this version assesses and does not plan')
  })

  test('a platform that does not exist is refused', () => {
    expect(() => planned(estate, {config: {platforms: {orders: 'sqs'}}})).toThrow(/sqs is not a platform/)
  })

  test('a name that cannot be used is refused', () => {
    expect(() => planned(estate, {config: {names: {'//mail': 'a.b'}}})).toThrow(/not a legal name/)
  })

  test('waiting messages that stay are counted', () => {
    const made = planned(estate, {advise: () => 'stay', observed: {mail: {messages: 12}}})
    expect(made.notMoved.find(({subject}) => subject.endsWith('mail'))?.because).toContain(
      '12 messages stay in it',
    )
  })
})

describe('what blocks the plan', () => {
  const estate = inventory([queue('q', {maxPriority: 9}), queue('p', {maxPriority: 3})])

  const open = (decisions: Record<string, string>) =>
    unanswered(planned(estate, {decisions})).losses.map(({id}) => id)

  test('account and Region are asked for, and answered by a decision, mqlift.yaml or AWS', () => {
    const config = {account: undefined, region: undefined}
    expect(unanswered(planned(estate, {config})).questions.map(({id}) => id)).toEqual([
      'aws-account',
      'aws-region',
    ])
    const decisions = {'aws-account': '123456789012', 'aws-region': 'eu-west-1'}
    expect(planned(estate, {config, decisions})).toMatchObject({account: '123456789012', region: 'eu-west-1'})
    expect(planned(estate, {config, account: '999999999999', region: 'us-east-1'}).account).toBe(
      '999999999999',
    )
    expect(planned(estate, {config, decisions: {'aws-account': 'mine'}}).account).toBeNull()
  })

  test('a loss is accepted by its id, or by its rule for all', () => {
    expect(open({})).toEqual(['max-priority:queue:%2F/p', 'max-priority:queue:%2F/q'])
    expect(open({'max-priority:queue:%2F/p': 'accept'})).toEqual(['max-priority:queue:%2F/q'])
    expect(open({'max-priority': 'accept'})).toEqual([])
    expect(open({'max-priority': 'no'})).toHaveLength(2)
  })
})

describe('again', () => {
  const before = inventory([queue('a.b'), exchange('x', 'direct')], [bind('x', 'a.b', 'k')])
  const first = planned(before)
  const previous = {kind: 'mqlift/plan', version: 1, inputs: {}, ...first} as const

  test('names are pinned: a newcomer does not rename anybody', () => {
    const again = planned(inventory([queue('a.b'), queue('a-b'), queue('c', {}, 'other')]), {previous})
    expect(again.names).toMatchObject({'queue:%2F/a.b': 'a-b', 'exchange:%2F/x': 'x'})
    expect(new Set(Object.values(again.names)).size).toBe(4)
  })

  test('the fingerprint finds what changed, and only that', () => {
    const none = new Set<string>()
    expect(changedSince(first, before, none)).toEqual([])
    const otherEvidence = inventory(
      before.destinations.map((each) => ({
        ...each,
        facts: Object.fromEntries(
          Object.entries(each.facts).map(([name, fact]) => [name, {...fact, evidence: 'read live'}]),
        ),
      })),
      before.bindings,
    )
    expect(changedSince(first, otherEvidence, none)).toEqual([])
    const ttl = inventory([queue('a.b', {messageTtl: 5}), exchange('x', 'direct')], before.bindings)
    expect(changedSince(first, ttl, none)).toEqual(['queue:%2F/a.b'])
    const bound = inventory(
      [...before.destinations, queue('new')],
      [...before.bindings, bind('x', 'new', 'k')],
    )
    expect(changedSince(first, bound, none)).toEqual(['exchange:%2F/x'])
    const subscriber = inventory(
      [...before.destinations, queue('tmp', {exclusive: true})],
      [...before.bindings, bind('x', 'tmp', 'k')],
    )
    expect(changedSince(first, subscriber, none)).toEqual([])
    expect(changedSince(first, bound, new Set(['queue:%2F/new']))).toEqual([])
    expect(changedSince(first, inventory([]), none)).toHaveLength(2)
  })

  test('the same input gives the same plan, whatever the order', () => {
    const turned = {
      ...before,
      destinations: before.destinations.toReversed(),
      bindings: before.bindings.toReversed(),
    }
    expect({...planned(turned), fingerprint: {}}).toEqual({...first, fingerprint: {}})
  })
})

test('10,000 queues and 20,000 bindings are planned in seconds', () => {
  const queues = Array.from({length: 10_000}, (_, index) =>
    queue(`q.${index}`, index % 3 === 0 ? {deadLetterExchange: 'dlx', deadLetterRoutingKey: 'k'} : {}),
  )
  const exchanges = Array.from({length: 200}, (_, index) =>
    exchange(`x${index}`, index % 2 ? 'topic' : 'direct'),
  )
  const bindings = Array.from({length: 20_000}, (_, index) =>
    bind(`x${index % 200}`, `q.${index % 10_000}`, index % 400 > 200 ? `a.${index}.#` : `k${index}`),
  )
  const started = performance.now()
  const made = planned(
    inventory(
      [...queues, ...exchanges, exchange('dlx', 'direct'), queue('dead')],
      [...bindings, bind('dlx', 'dead', 'k')],
    ),
  )
  expect(made.moves).toHaveLength(10_001)
  expect(performance.now() - started).toBeLessThan(8000)
})
