import {describe, expect, test} from 'vitest'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'
import type {Body} from '../../src/model/artefact.ts'
import {type AssessedDestination, Assessment} from '../../src/model/assessment.ts'
import type {Destination, Inventory, Observation} from '../../src/model/inventory.ts'
import type {Preference} from '../../src/model/platform.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import {assess, type AssessOptions} from '../../src/stages/assess.ts'
import {BENEFIT_SHARE} from '../../src/stages/assess/score.ts'
import {binding, client, exchange, inventory, observation, queue, stream} from '../criteria/build.ts'

interface Given {
  readonly inventory: Body<Inventory>
  readonly observation?: Observation
}

function assessed(given: Given, options: Partial<AssessOptions> = {}): Body<Assessment> {
  return assess(given, {
    preference: 'balanced',
    criteria: CRITERIA,
    patterns: PATTERNS,
    weights: WEIGHTS,
    ...options,
  })
}

function about(
  given: Given,
  destination: Destination,
  preference: Preference = 'balanced',
): AssessedDestination {
  const found = assessed(given, {preference}).destinations.find(({id}) => id === destination.id)
  if (found === undefined) throw new Error(`${destination.id} is not assessed`)
  return found
}

const alone = (destination: Destination): Given => ({inventory: inventory([destination])})
const scoreOf = ({scores}: AssessedDestination, platform: string): AssessedDestination['scores'][number] => {
  const score = scores.find((each) => each.platform === platform)
  if (score === undefined) throw new Error(platform)
  return score
}

describe('a score', () => {
  const plain = about(alone(queue('orders')), queue('orders'))

  test('is fit and benefit in the proportion of the preference', () => {
    const {fit, benefit, score} = scoreOf(plain, 'amazon-mq-rabbitmq')
    expect(fit).toBe(90)
    expect(score).toBeCloseTo(fit * 0.6 + benefit * 0.4, 0)
  })

  test('weighs the mean of points: default exchange 4 × 0.7, classic 2 × 1', () => {
    expect(scoreOf(plain, 'sqs-standard').fit).toBe(80)
  })

  test('is given for all five platforms', () => expect(plain.scores).toHaveLength(5))

  test('has a share of benefit that grows with the will to change', () =>
    expect(BENEFIT_SHARE).toEqual({'cloud-native': 0.6, balanced: 0.4, 'lift-and-shift': 0.1}))

  test('is 0 in fit when a criterion blocks, and names it', () => {
    const ordered = queue('ledger', {singleActiveConsumer: true})
    const {fit, blockedBy} = scoreOf(about(alone(ordered), ordered), 'sqs-standard')
    expect({fit, blockedBy}).toEqual({fit: 0, blockedBy: ['single-active-consumer']})
  })

  test('is not lowered by what is unknown: the confidence is', () => {
    const known = scoreOf(plain, 'sqs-standard')
    const bare = queue('orders')
    const {messageTtl: _, deadLetterExchange: __, ...facts} = bare.facts
    const unsure = scoreOf(about(alone({...bare, facts}), bare), 'sqs-standard')
    expect(unsure.fit).toBe(known.fit)
    expect(unsure.confidence).toBeLessThan(known.confidence)
  })

  test('follows weights from outside', () => {
    const given = alone(queue('orders'))
    const heavy = assessed(given, {weights: {...WEIGHTS, 'queue-classic-durable': 400}})
    expect(scoreOf(heavy.destinations[0] ?? plain, 'sqs-standard').fit).toBeCloseTo(99.7, 1)
    expect(heavy.rules['queue-classic-durable']?.weight).toBe(400)
  })
})

describe('the recommendation', () => {
  test.each([
    ['a plain queue', queue('orders'), 'sqs-standard'],
    ['a quorum queue', queue('orders', {type: 'quorum', deliveryLimit: 5}), 'sqs-standard'],
    ['a queue with ten priorities', queue('orders', {maxPriority: 10}), 'amazon-mq-rabbitmq'],
    ['a queue with one active consumer', queue('ledger', {singleActiveConsumer: true}), 'sqs-fifo'],
    ['a session queue', queue('session', {autoDelete: true, durable: false}), 'amazon-mq-rabbitmq'],
    ['a stream', stream('log', {arguments: {'x-max-age': '7D'}}), 'kinesis'],
    ['a stream kept for two years', stream('log', {arguments: {'x-max-age': '2Y'}}), 'msk'],
    ['an exchange nobody understands', exchange('odd', 'x-recent-history'), 'stay'],
  ])('%s', (_, destination, expected) => {
    expect(about(alone(destination), destination).recommended.platform).toBe(expected)
  })

  test('is there under every preference, the chosen one included', () => {
    const orders = about(alone(queue('orders')), queue('orders'), 'lift-and-shift')
    expect(orders.under['lift-and-shift']).toEqual(orders.recommended)
    expect(orders.under['lift-and-shift'].platform).toBe('amazon-mq-rabbitmq')
    expect(orders.under['cloud-native'].platform).toBe('sqs-standard')
  })

  test('to stay says what blocks', () => {
    const odd = exchange('odd', 'x-recent-history')
    const {recommended, decide} = about(alone(odd), odd)
    expect(recommended).toMatchObject({score: null, because: expect.stringContaining('x-recent-history')})
    expect(decide[0]?.who).toBe('architect')
  })

  test('within three points is a tie, named, and decided by cost', () => {
    const events = exchange('events', 'topic')
    const [a, b] = [queue('a'), queue('b')]
    const estate = {
      inventory: inventory([events, a, b], [binding(events, a, 'a.*'), binding(events, b, 'b.#')]),
    }
    const {recommended, ties} = about(estate, events)
    expect(recommended.platform).toBe('sns-sqs')
    expect(ties).toEqual(['amazon-mq-rabbitmq'])
    expect(recommended.because).toMatch(/tie with amazon-mq-rabbitmq \d+, decided by cost/)
  })

  test('of a very busy estate: the tie goes to the broker, which costs less then', () => {
    const [events, a, b] = [exchange('events', 'topic'), queue('a'), queue('b')]
    const estate = {
      inventory: inventory([events, a, b], [binding(events, a, 'a.*'), binding(events, b, 'b.#')]),
      observation: observation({[a.id]: {publishRate: 4000}, [b.id]: {publishRate: 10}}),
    }
    expect(about(estate, events).recommended.platform).toBe('amazon-mq-rabbitmq')
  })
})

describe('exchanges and queues go together', () => {
  const [fan, a, b] = [exchange('fan', 'fanout'), queue('a'), queue('b')]

  test('queues of a topic subscribe to it', () => {
    const estate = {inventory: inventory([fan, a, b], [binding(fan, a), binding(fan, b)])}
    expect(about(estate, fan).recommended.platform).toBe('sns-sqs')
    expect(about(estate, a).recommended).toMatchObject({
      platform: 'sns-sqs',
      because: expect.stringContaining(`subscribes to the topic of ${fan.id}`),
    })
  })

  test('a queue that only the default exchange reaches has no topic', () => {
    const few = queue('jobs', {maxPriority: 1})
    expect(about(alone(few), few).recommended.platform).not.toBe('sns-sqs')
  })

  test('an ordered queue behind a topic stays FIFO', () => {
    const ledger = queue('ledger', {singleActiveConsumer: true})
    const estate = {inventory: inventory([fan, a, ledger], [binding(fan, a), binding(fan, ledger)])}
    expect(about(estate, ledger).recommended.platform).toBe('sqs-fifo')
  })

  test('queues of a consistent hash keep the order of its keys', () => {
    const hash = exchange('shard', 'x-consistent-hash', {hashOn: 'header:customer'})
    const estate = {inventory: inventory([hash, a, b], [binding(hash, a, '1'), binding(hash, b, '1')])}
    expect(about(estate, a).recommended.platform).toBe('sqs-fifo')
  })

  test('an exchange stays with queues that all need a broker', () => {
    const [high, low] = [queue('high', {maxPriority: 10}), queue('low', {maxPriority: 10})]
    const estate = {inventory: inventory([fan, high, low], [binding(fan, high), binding(fan, low)])}
    expect(about(estate, fan).recommended.platform).toBe('amazon-mq-rabbitmq')
  })

  test('a queue stays with the only exchange that feeds it', () => {
    const odd = exchange('odd', 'x-recent-history')
    const estate = {inventory: inventory([odd, a], [binding(odd, a)])}
    expect(about(estate, a).recommended.platform).toBe('stay')
  })

  test('when they part, an architect decides', () => {
    const priority = queue('priority', {maxPriority: 10})
    const estate = {inventory: inventory([fan, a, priority], [binding(fan, a), binding(fan, priority)])}
    expect(about(estate, fan).decide).toContainEqual({
      question: expect.stringContaining('different places'),
      who: 'architect',
    })
  })

  test('a queue in which messages only wait goes with the queue they wait for', () => {
    const work = exchange('work', 'direct')
    const orders = queue('orders', {deadLetterExchange: '', deadLetterRoutingKey: 'wait'})
    const wait = queue('wait', {
      messageTtl: 86_400_000,
      maxLength: 10,
      deadLetterExchange: '',
      deadLetterRoutingKey: 'orders',
    })
    const estate = {inventory: inventory([work, orders, wait], [binding(work, orders, 'k')])}
    expect(about(estate, orders).recommended.platform).toBe('sqs-standard')
    expect(about(estate, wait).recommended.platform).toBe('sqs-standard')
  })
})

describe('the estate', () => {
  test('names the queue that alone needs a broker', () => {
    const priority = queue('priority', {maxPriority: 10})
    const {estate, rules} = assessed({inventory: inventory([queue('a'), queue('b'), priority])})
    expect(estate.findings[0]).toMatchObject({
      rule: 'broker-for-one-queue',
      subjects: [priority.id],
      because: expect.stringContaining('of 3 queues only'),
    })
    expect(rules['broker-for-one-queue']).toBeDefined()
  })

  test('every destination is assessed or ignored with its reason', () => {
    const generated = queue('amq.gen-x', {exclusive: true, autoDelete: true})
    const given = inventory([queue('a'), generated, exchange('fan', 'fanout')])
    const {destinations, estate} = assessed({inventory: given})
    expect([...destinations, ...estate.ignored].map(({id}) => id).toSorted()).toEqual(
      given.destinations.map(({id}) => id).toSorted(),
    )
    expect(estate.ignored).toMatchObject([{id: generated.id, rule: 'run-time-artefact'}])
  })

  test('what inspect noticed is a finding with a rule', () => {
    const notice = {rule: 'file-repaired', subjects: [], because: 'a comma too many', evidence: ['line 3']}
    const {estate, rules} = assessed({inventory: inventory([], [], {notices: [notice]})})
    expect(estate.findings).toContainEqual({...notice, verdict: 'adapt'})
    expect(rules['file-repaired']?.scores).toBe('nothing')
  })

  test('every finding has its texts', () => {
    const {destinations, estate, rules} = assessed({
      inventory: inventory([queue('a'), exchange('x', 'topic')]),
    })
    for (const {rule} of [...destinations.flatMap(({findings}) => findings), ...estate.findings])
      expect(rules[rule]).toBeDefined()
  })

  test('a queue that nobody seems to need can be retired', () => {
    const idle = queue('idle')
    const given = {
      inventory: inventory([idle], [], {links: []}),
      observation: observation({[idle.id]: {messages: 0, consumers: 0, idleSince: '2026-01-01T00:00:00Z'}}),
    }
    expect(about(given, idle)).toMatchObject({
      recommended: {platform: 'retire', score: null},
      decide: [{who: 'operations'}],
    })
  })
})

describe('the summary', () => {
  test('counts exchanges without the predeclared ones', () => {
    const {summary} = assessed({
      inventory: inventory([queue('a'), stream('s'), exchange('amq.topic', 'topic'), exchange('x', 'topic')]),
    })
    expect(summary).toMatchObject({queues: 2, exchanges: 1, bindings: 0, topics: 0, vhosts: 1})
  })

  test('says null for what was not read, 0 for what is not there', () => {
    const unread = assessed({inventory: inventory([queue('a')])}).summary
    expect(unread).toMatchObject({
      users: null,
      permissions: null,
      connections: null,
      messages: null,
      bytes: null,
    })
    const read = inventory([queue('a')], [], {users: [], permissions: [], clients: []})
    const {summary} = assessed({inventory: read, observation: observation({[queue('a').id]: {messages: 0}})})
    expect(summary).toMatchObject({users: 0, permissions: 0, connections: 0, messages: 0})
  })

  test('says null for a list that was refused as a whole', () => {
    const blind = inventory([], [], {unread: ['queues', 'exchanges', 'bindings', 'policies']})
    expect(assessed({inventory: blind}).summary).toMatchObject({
      vhosts: 1,
      queues: null,
      exchanges: null,
      bindings: null,
      policies: null,
      consumers: null,
      messages: null,
      bytes: null,
    })
  })

  test('adds up what was observed, and says what is missing', () => {
    const [a, b] = [queue('a'), queue('b')]
    const result = assessed({
      inventory: inventory([a, b], [], {clients: [client({connections: 3}), client({connections: 2})]}),
      observation: observation({[a.id]: {messages: 7, consumers: 1}, [b.id]: {consumers: 2}}),
    })
    expect(result.summary).toMatchObject({connections: 5, consumers: 3, messages: 7})
    expect(result.notChecked).toContainEqual(
      expect.objectContaining({what: expect.stringContaining('messages of 1 of 2 queues')}),
    )
  })
})

describe('what was not checked', () => {
  const missing = {what: 'users', endpoint: 'GET /api/users', missingRight: 'administrator', command: 'x'}
  const {notChecked} = assessed({inventory: inventory([queue('a')], [], {notRead: [missing]})})

  test('is what could not be read', () => expect(notChecked).toContainEqual(missing))

  test('and every criterion that no destination could answer', () => {
    const open = notChecked.map(({endpoint}) => endpoint.split(' ')[0])
    expect(open).toEqual(
      expect.arrayContaining(['queue-backlog', 'consumer-auto-ack', 'consumer-exclusive', 'monthly-cost']),
    )
    expect(open).not.toContain('max-priority')
  })
})

test('todo and questions are those of the recommended platform', () => {
  const ordered = queue('ledger.main', {singleActiveConsumer: true})
  const {todo, decide} = about(alone(ordered), ordered)
  expect(todo).toContain('use one constant MessageGroupId, or a business key')
  expect(todo.join()).not.toContain('x-queue-type')
  expect(decide).toContainEqual({
    question: expect.stringContaining('business key'),
    who: 'owner of the consumers',
  })
})

test('a loss without a question of its own must be accepted by somebody', () => {
  const [fast, unsure] = [queue('a', {autoDelete: true}), queue('b')]
  const found = about({inventory: inventory([fast, unsure])}, fast, 'cloud-native')
  expect(found.recommended.platform).toBe('sqs-standard')
  expect(found.decide).toContainEqual({
    question: expect.stringContaining('Can this be accepted?'),
    who: 'owner of the consumers',
  })
})

test('evidence of a finding is what the broker said', () => {
  const found = about(alone(queue('q', {maxPriority: 10})), queue('q')).findings
  expect(found.find(({rule}) => rule === 'max-priority')?.evidence).toContain('GET /api/x → maxPriority')
})

test('native and not applicable answers are counted, not stored', () => {
  const {findings, counted} = about(alone(queue('q')), queue('q'))
  expect(findings.some(({verdict}) => verdict === 'native' || verdict === 'not-applicable')).toBe(false)
  expect(counted.native).toBeGreaterThan(0)
  expect(counted.notApplicable).toBeGreaterThan(10)
})

test('the result is an assessment', () => {
  const [fan, a] = [exchange('fan', 'fanout'), queue('a')]
  const body = assessed({inventory: inventory([fan, a], [binding(fan, a)])})
  const whole = {kind: 'mqlift/assessment', version: 1, inputs: {}, ...body}
  expect(Assessment.safeParse(whole).error).toBeUndefined()
})

describe('a large estate', () => {
  const queues = Array.from({length: 300}, (_, index) => queue(`orders.${index}`))
  const {destinations, estate} = assessed({inventory: inventory(queues)})

  test('says once what most of it shares', () => {
    const shared = estate.findings.filter(({subjects}) => subjects.length === 300)
    expect(shared.map(({rule}) => rule)).toContain('queue-name-charset')
    expect(destinations.flatMap(({findings}) => findings).map(({rule}) => rule)).not.toContain(
      'queue-name-charset',
    )
  })

  test('is scored the same', () => {
    expect(scoreOf(destinations[0] as AssessedDestination, 'sqs-standard')).toEqual(
      scoreOf(about(alone(queues[0] as Destination), queues[0] as Destination), 'sqs-standard'),
    )
  })
})

test('a hostile estate does not take for ever', () => {
  const dlx = exchange('dlx', 'topic')
  const queues = Array.from({length: 3000}, (_, index) =>
    queue(`q${index}`, {deadLetterExchange: 'dlx', deadLetterRoutingKey: null}),
  )
  const bindings = queues.map((to, index) => binding(dlx, to, `*.k${index}.#`))
  const start = performance.now()
  assessed({inventory: inventory([dlx, ...queues], bindings)})
  expect(performance.now() - start).toBeLessThan(10_000)
})
