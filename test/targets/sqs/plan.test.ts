import {describe, expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Binding, Destination} from '../../../src/model/inventory.ts'
import {NO_TOPIC, type Plan} from '../../../src/model/plan.ts'
import {unanswered} from '../../../src/stages/plan.ts'
import {SqsQueueSettings} from '../../../src/targets/sqs/steps.ts'
import {bind, exchange, inventory, queue} from '../../routing/estate.ts'
import type {Options} from '../../stages/planned.ts'
import {planned} from '../../stages/planned.ts'

const make = (destinations: Destination[], bindings: Binding[] = [], options: Options = {}): Body<Plan> =>
  planned(inventory(destinations, bindings), options)
const settings = (plan: Body<Plan>, name: string): SqsQueueSettings =>
  SqsQueueSettings.parse(plan.steps.find(({id}) => id === `sqs-queue:${name}`)?.settings)
const lost = (plan: Body<Plan>): string[] => plan.losses.map(({id}) => id.replace('queue:%2F/', ''))
const open = (plan: Body<Plan>): string[] =>
  unanswered(plan).questions.map(({id}) => id.replace('queue:%2F/', ''))
const asFifo = (...names: string[]): Options => ({
  advise: ({name, kind}) => (kind === 'queue' && names.includes(name) ? 'sqs-fifo' : undefined),
})

const work = (name: string, values = {}): Destination =>
  queue(name, {deadLetterExchange: 'dlx', deadLetterRoutingKey: 'k', ...values})
const room = (values = {}): Destination =>
  queue('room', {messageTtl: 30_000, deadLetterExchange: '', deadLetterRoutingKey: 'work', ...values})

describe('settings', () => {
  test('an ordinary queue loses nothing and asks nothing', () => {
    const plan = make([queue('orders', {type: 'quorum'})])
    expect([lost(plan), open(plan)]).toEqual([[], []])
    expect(settings(plan, 'orders')).toMatchObject({
      fifo: false,
      retentionSeconds: {now: 1_209_600, cutover: 1_209_600},
      redrive: null,
      kmsKey: null,
      tags: {'mqlift:source': '//orders'},
    })
  })

  test('tags and key of mqlift.yaml; a name that tags refuse is encoded', () => {
    const plan = make([queue('a|b=ü\n')], [], {config: {tags: {team: 'shop'}, kmsKey: 'alias/shop'}})
    expect(settings(plan, 'a-b')).toMatchObject({
      kmsKey: 'alias/shop',
      tags: {team: 'shop', 'mqlift:source': '//a=7cb=3dü=0a'},
    })
  })

  test.each([
    [86_400_000, 86_400, []],
    [1500, 60, ['queue-message-ttl:q']],
    [60_001, 61, []],
    [2_000_000_000, 1_209_600, ['queue-message-ttl:q']],
  ])('time to live %i ms: 14 days now, %i s at cutover', (messageTtl, cutover, losses) => {
    const plan = make([queue('q', {messageTtl})])
    expect(settings(plan, 'q').retentionSeconds).toEqual({now: 1_209_600, cutover})
    expect(lost(plan)).toEqual(losses)
  })

  test('a time to live that is a placeholder is asked for, not guessed', () => {
    const template = queue('q')
    const destinations = [
      {...template, facts: {...template.facts, messageTtl: {unresolved: '${TTL}', evidence: 'x'}}},
    ]
    expect(open(make(destinations))).toEqual(['queue-message-ttl:q'])
    const answered = make(destinations, [], {decisions: {'queue-message-ttl:queue:%2F/q': '120000'}})
    expect(open(answered)).toEqual([])
    expect(settings(answered, 'q').retentionSeconds.cutover).toBe(120)
    expect(open(make(destinations, [], {decisions: {'queue-message-ttl:queue:%2F/q': 'soon'}}))).toHaveLength(
      1,
    )
  })

  test('what SQS has no word for is a loss each, by the id of its criterion', () => {
    const plan = make([
      queue('length', {maxLength: 5}),
      queue('reject', {maxLength: 5, overflow: 'reject-publish'}),
      queue('priority', {maxPriority: 9}),
      queue('expires', {expires: 1000}),
      queue('auto', {autoDelete: true}),
      queue('sac', {singleActiveConsumer: true}),
      queue('transient', {durable: false}),
    ])
    expect(lost(plan)).toEqual([
      'max-priority:priority',
      'overflow-reject-publish:reject',
      'queue-auto-delete:auto',
      'queue-expires:expires',
      'queue-max-length:length',
      'single-active-consumer:sac',
    ])
    expect(plan.changes.map(({subject, field}) => `${subject} ${field}`)).toEqual([
      'queue:%2F/transient durable',
    ])
  })
})

describe('dead letters', () => {
  const dlx = exchange('dlx', 'direct')

  test('one queue takes them: redrive after limit + 1 receives, allowed by name, kept as long as the source', () => {
    const plan = make(
      [work('w', {deliveryLimit: 5, messageTtl: 600_000}), dlx, queue('dead', {messageTtl: 120_000})],
      [bind('dlx', 'dead', 'k')],
    )
    expect(settings(plan, 'w').redrive).toEqual({deadLetterStep: 'sqs-queue:dead', maxReceiveCount: 6})
    expect(settings(plan, 'dead')).toMatchObject({
      redriveAllow: {allow: 'only', steps: ['sqs-queue:w']},
      retentionSeconds: {now: 1_209_600, cutover: 600},
    })
    expect(plan.steps.map(({id}) => id).indexOf('sqs-queue:dead')).toBeLessThan(
      plan.steps.map(({id}) => id).indexOf('sqs-queue:w'),
    )
    // Expired messages went there too.
    expect(lost(plan)).toEqual(['queue-message-ttl:w'])
  })

  test('dead letters are moved too, and cannot be redriven to a source they never had', () => {
    const plan = make([work('w'), dlx, queue('dead')], [bind('dlx', 'dead', 'k')])
    expect(plan.moves.map(({id}) => id)).toContain('queue:%2F/dead>sqs-queue:dead')
    expect(plan.changes.find(({field}) => field === 'redrive to source')?.subject).toBe('queue:%2F/dead')
  })

  test('eleven sources: allowed to all', () => {
    const sources = Array.from({length: 11}, (_, index) => work(`w${index}`))
    const plan = make([...sources, dlx, queue('dead')], [bind('dlx', 'dead', 'k')])
    expect(settings(plan, 'dead').redriveAllow).toEqual({allow: 'all'})
  })

  test('no limit: ten receives; a limit that SQS cannot count to: a loss', () => {
    const plan = make(
      [work('none', {deliveryLimit: -1}), work('many', {deliveryLimit: 5000}), dlx, queue('dead')],
      [bind('dlx', 'dead', 'k')],
    )
    expect(settings(plan, 'none').redrive?.maxReceiveCount).toBe(10)
    expect(settings(plan, 'many').redrive?.maxReceiveCount).toBe(1000)
    expect(lost(plan)).toEqual(['delivery-limit:many'])
  })

  test('a limit and nowhere to go: a queue of its own, so that nothing vanishes and nothing loops', () => {
    const plan = make([queue('w', {deliveryLimit: 20})])
    expect(settings(plan, 'w').redrive).toEqual({
      deadLetterStep: 'sqs-queue:w-dead-letters',
      maxReceiveCount: 21,
    })
    expect(plan.names['queue:%2F/w#dead-letters']).toBe('w-dead-letters')
    expect(plan.moves).toHaveLength(1)
    expect(lost(plan)).toEqual([])
  })

  test('several queues take them: somebody chooses, the others are a loss', () => {
    const estate = [work('w'), exchange('dlx', 'fanout'), queue('d1'), queue('d2')]
    const bindings = [bind('dlx', 'd1'), bind('dlx', 'd2')]
    const asked = make(estate, bindings)
    expect(open(asked)).toEqual(['dead-letter-exchange:w'])
    expect(asked.open.find(({id}) => id.startsWith('dead'))?.choices).toEqual(['d1', 'd2', 'none'])
    const chosen = make(estate, bindings, {decisions: {'dead-letter-exchange:queue:%2F/w': 'd2'}})
    expect(settings(chosen, 'w').redrive?.deadLetterStep).toBe('sqs-queue:d2')
    expect(lost(chosen)).toEqual(['dead-letter-exchange:w'])
    const without = make(estate, bindings, {decisions: {'dead-letter-exchange:queue:%2F/w': 'none'}})
    expect(settings(without, 'w').redrive).toBeNull()
  })

  test('they reach nobody today: said, and no dead-letter queue', () => {
    const plan = make([work('w')])
    expect(settings(plan, 'w').redrive).toBeNull()
    expect(plan.changes.map(({field}) => field)).toEqual(['dead letters'])
  })

  test('they go to a queue that is not moved: a loss', () => {
    const options: Options = {advise: ({name}) => (name === 'dead' ? 'stay' : undefined)}
    const plan = make([work('w'), dlx, queue('dead')], [bind('dlx', 'dead', 'k')], options)
    expect(lost(plan)).toContain('dead-letter-exchange:w')
  })

  test('only FIFO queues feed it: it becomes FIFO, in one group', () => {
    const plan = make(
      [work('w', {singleActiveConsumer: true}), dlx, queue('dead')],
      [bind('dlx', 'dead', 'k')],
      asFifo('w'),
    )
    expect(settings(plan, 'w.fifo').redrive?.deadLetterStep).toBe('sqs-queue:dead.fifo')
    expect(plan.moves.find(({source}) => source.endsWith('dead'))?.group).toEqual({
      by: 'constant',
      value: 'dead',
    })
    expect(open(plan)).toEqual([])
  })

  test('FIFO and standard queues feed it: one of each, both said', () => {
    const plan = make(
      [work('s'), work('f', {singleActiveConsumer: true}), dlx, queue('dead')],
      [bind('dlx', 'dead', 'k')],
      asFifo('f'),
    )
    expect(settings(plan, 's').redrive?.deadLetterStep).toBe('sqs-queue:dead')
    expect(settings(plan, 'f.fifo').redrive?.deadLetterStep).toBe('sqs-queue:dead.fifo')
    expect(plan.changes.find(({field}) => field === 'type')?.to).toContain('dead and dead.fifo')
  })

  test('a ring of dead letters is cut once, and can be created', () => {
    const plan = make(
      [
        queue('a', {deadLetterExchange: '', deadLetterRoutingKey: 'b'}),
        queue('b', {deadLetterExchange: '', deadLetterRoutingKey: 'c'}),
        queue('c', {deadLetterExchange: '', deadLetterRoutingKey: 'a'}),
      ],
      [],
      {
        decisions: Object.fromEntries(
          ['a', 'b', 'c'].map((name) => [`delayed-retry-loop:queue:%2F/${name}`, 'work-queue']),
        ),
      },
    )
    expect(lost(plan).filter((id) => id.startsWith('dead-letter-cycle'))).toEqual(['dead-letter-cycle:c'])
    expect(plan.steps).toHaveLength(3)
  })
})

describe('waiting rooms', () => {
  const retried = queue('work', {deadLetterExchange: 'retry'})
  const loop = [bind('retry', 'room')]

  test('a retry loop: no queue for the room, its messages go on with their delay', () => {
    const plan = make([retried, room(), exchange('retry', 'fanout')], loop)
    expect(plan.steps.map(({id}) => id)).toEqual(['sqs-queue:work'])
    expect(plan.moves.find(({source}) => source.endsWith('room'))).toMatchObject({
      target: 'sqs-queue:work',
      delay: 30,
    })
    expect([lost(plan), open(plan)]).toEqual([[], []])
    expect(plan.changes.map(({field}) => field).toSorted()).toEqual(['retry', 'waiting room'])
  })

  test('longer than SQS delays: a loss', () => {
    const plan = make([retried, room({messageTtl: 3_600_000}), exchange('retry', 'fanout')], loop)
    expect(lost(plan)).toEqual(['delayed-retry-loop:room'])
    expect(plan.moves.find(({source}) => source.endsWith('room'))?.delay).toBe(900)
  })

  test('into a FIFO queue there is no delay: a loss', () => {
    const plan = make(
      [
        {...retried, facts: {...retried.facts, singleActiveConsumer: {value: true, evidence: 'x'}}},
        room(),
        exchange('retry', 'fanout'),
      ],
      loop,
      asFifo('work'),
    )
    expect(plan.moves.find(({source}) => source.endsWith('room'))?.delay).toBeUndefined()
    expect(lost(plan)).toEqual(['delayed-retry-loop:room'])
  })

  test('somebody consumes it after all: an answer makes it a queue', () => {
    const plan = make([retried, room(), exchange('retry', 'fanout')], loop, {
      decisions: {'delayed-retry-loop:queue:%2F/room': 'work-queue'},
    })
    expect(plan.steps.map(({id}) => id)).toContain('sqs-queue:room')
  })

  test('consumers were seen: it is a work queue with an expiry', () => {
    const plan = make([retried, room(), exchange('retry', 'fanout')], loop, {
      observed: {room: {consumers: 2}},
    })
    expect(plan.steps.map(({id}) => id)).toContain('sqs-queue:room')
  })

  test('messages bring their own time: asked, and until then no redrive into the work queue', () => {
    const estate = [queue('work'), room({messageTtl: null})]
    const asked = make(estate)
    expect(open(asked)).toEqual(['delayed-retry-loop:room'])
    expect(settings(asked, 'room').redrive).toBeNull()
    const answered = make(estate, [], {decisions: {'delayed-retry-loop:queue:%2F/room': 'waiting-room'}})
    expect(lost(answered)).toEqual(['delayed-retry-loop:room'])
    expect(answered.moves.map(({target}) => target)).toEqual(['sqs-queue:work', 'sqs-queue:work'])
  })

  test('a work queue whose messages expire into a dead-letter queue is none', () => {
    const plan = make(
      [
        queue('w', {messageTtl: 60_000, deadLetterExchange: 'dlx'}),
        exchange('dlx', 'fanout'),
        queue('dead'),
        exchange('x', 'direct'),
      ],
      [bind('dlx', 'dead'), bind('x', 'w', 'k')],
    )
    expect(open(plan)).toEqual([])
    expect(plan.moves).toHaveLength(2)
  })

  test('its messages go to several queues: somebody chooses', () => {
    const estate = [
      room({deadLetterExchange: 'x', deadLetterRoutingKey: 'k'}),
      exchange('x', 'fanout'),
      queue('a'),
      queue('b'),
    ]
    const bindings = [bind('x', 'a'), bind('x', 'b'), bind('y', 'a'), bind('y', 'b')]
    expect(open(make(estate, bindings))).toEqual(['delayed-retry-loop-target:room'])
    const chosen = make(estate, bindings, {decisions: {'delayed-retry-loop-target:queue:%2F/room': 'b'}})
    expect(chosen.moves.find(({source}) => source.endsWith('room'))?.target).toBe('sqs-queue:b')
  })
})

describe('order', () => {
  test('one active consumer: one group, strict, told in hours', () => {
    const plan = make([queue('ledger', {singleActiveConsumer: true})], [], {
      ...asFifo('ledger'),
      observed: {ledger: {messages: 1_000_000, bytes: 1e9}},
    })
    expect(plan.moves[0]).toMatchObject({
      target: 'sqs-queue:ledger.fifo',
      order: 'strict',
      group: {by: 'constant', value: 'ledger'},
      estimateSeconds: 30_000,
    })
    expect(settings(plan, 'ledger.fifo').fifoThroughput).toBe('queue')
  })

  test('behind SNS a queue with one active consumer is FIFO, and so is its topic', () => {
    const plan = make(
      [queue('ledger', {singleActiveConsumer: true}), exchange('x', 'fanout'), queue('other')],
      [bind('x', 'ledger'), bind('x', 'other')],
      {advise: () => 'sns-sqs'},
    )
    expect(plan.steps.map(({id}) => id)).toEqual(
      expect.arrayContaining(['sqs-queue:ledger.fifo', 'sqs-queue:other', 'sns-topic:x.fifo']),
    )
  })

  test('a hash exchange: its input is the group', () => {
    const plan = make(
      [queue('s0'), exchange('hash', 'x-consistent-hash', {hashOn: 'header:customer-id'})],
      [bind('hash', 's0', '1')],
      {
        advise: ({kind}) => (kind === 'queue' ? 'sqs-fifo' : 'sqs-fifo'),
        observed: {s0: {messages: 100_000, bytes: 1e8}},
      },
    )
    expect(plan.moves[0]).toMatchObject({group: {by: 'header', name: 'customer-id'}, estimateSeconds: 300})
    expect(settings(plan, 's0.fifo').fifoThroughput).toBe('group')
  })

  test('otherwise it is asked; a word that is no group is no answer', () => {
    expect(open(make([queue('q')], [], asFifo('q')))).toEqual(['message-group:q'])
    const answer = (text: string): Body<Plan> =>
      make([queue('q')], [], {...asFifo('q'), decisions: {'message-group:queue:%2F/q': text}})
    expect(open(answer('whatever'))).toHaveLength(1)
    expect(answer('property:correlation-id').moves[0]?.group).toEqual({
      by: 'property',
      name: 'correlation-id',
    })
    expect(answer('routing-key').moves[0]?.group).toEqual({by: 'routing-key'})
  })
})

describe('moves', () => {
  test('what is known of the source, and how long it takes', () => {
    const plan = make([queue('q', {type: 'quorum', deliveryLimit: 20})], [], {
      observed: {q: {ready: 160_000, unacked: 0, bytes: 160_000_000}},
      decisions: {'identity:queue:%2F/q': 'property:message-id'},
    })
    expect(plan.moves[0]).toMatchObject({
      id: 'queue:%2F/q>sqs-queue:q',
      mode: 'drain',
      order: 'none',
      sourceType: 'quorum',
      deliveryLimit: 20,
      identity: 'property:message-id',
      expected: {messages: 160_000, bytes: 160_000_000},
      estimateSeconds: 30,
    })
  })

  test('big messages fill a request sooner', () => {
    const big = {q: {messages: 1600, bytes: 1600 * 524_288}}
    expect(make([queue('q')], [], {observed: big}).moves[0]?.estimateSeconds).toBe(2)
  })

  test('unknown is unknown, empty is nothing', () => {
    expect(make([queue('q')]).moves[0]).toMatchObject({
      expected: {messages: null, bytes: null},
      estimateSeconds: null,
    })
    expect(make([queue('q')], [], {observed: {q: {messages: 0}}}).moves[0]?.estimateSeconds).toBe(0)
  })

  test('streams and exclusive queues are not moved, and why', () => {
    const plan = make([queue('log', {type: 'stream'}), queue('reply', {exclusive: true})], [], {
      advise: () => 'sqs-standard',
    })
    expect(plan.moves).toEqual([])
    expect(plan.notMoved.map(({because}) => because)).toEqual([
      expect.stringContaining('belongs to one connection'),
      expect.stringContaining('no replayable log'),
    ])
  })
})

describe('exchanges without a topic', () => {
  test('publishers get a map from key to queue', () => {
    const plan = make(
      [
        exchange('x', 'direct', {alternateExchange: 'ae'}),
        exchange('ae', 'fanout'),
        queue('a'),
        queue('b'),
        queue('rest'),
      ],
      [bind('x', 'a', 'k'), bind('x', 'b', ''), bind('ae', 'rest')],
      {advise: () => 'sqs-standard'},
    )
    expect(plan.changes.find(({subject}) => subject.endsWith('/x'))?.to).toBe(
      'SendMessage to the queue of the routing key: k → a; no key → b; any other key → rest',
    )
  })

  test('why there is none is said in words, and which queues it leaves', () => {
    const plan = make(
      [
        exchange('x', 'direct'),
        exchange('part', 'direct'),
        exchange('stays', 'direct'),
        exchange('bare', 'direct'),
        exchange('later', 'x-delayed-message', {arguments: {'x-delayed-type': 'direct'}}),
        exchange('unclear', 'x-delayed-message'),
        exchange('kept', 'direct'),
        queue('a'),
        queue('b'),
      ],
      [bind('x', 'a'), bind('part', 'a'), bind('part', 'b'), bind('stays', 'b'), bind('later', 'a')],
      {
        advise: ({name}) =>
          name === 'b' ? 'kinesis' : name === 'kept' ? 'amazon-mq-rabbitmq' : 'sqs-standard',
      },
    )
    const said = plan.notMoved.map(({subject, because}) => [subject.replace('exchange:%2F/', ''), because])
    expect(said.filter(([name]) => name !== 'queue:%2F/b' && name !== 'kept')).toEqual([
      ['bare', 'no queue reads from it'],
      ['later', expect.stringContaining('wait inside the exchange')],
      ['part', `${NO_TOPIC}; not moved to SQS: queue:%2F/b`],
      ['stays', 'none of its queues is moved to SQS: queue:%2F/b'],
      ['unclear', expect.stringContaining('wait inside the exchange')],
      ['x', NO_TOPIC],
    ])
    expect(said.filter(([name]) => name === 'kept')).toEqual([['kept', expect.stringContaining('Amazon MQ')]])
  })

  test('nobody is told to send instead of publishing to an internal one: those before it name its queues', () => {
    const plan = make(
      [
        exchange('x', 'direct'),
        exchange('inner', 'fanout', {internal: true}),
        exchange('part', 'direct', {internal: true}),
        queue('a'),
        queue('b'),
        queue('log'),
      ],
      [
        bind('x', 'exchange:inner', 'k'),
        bind('x', 'exchange:part', 'k'),
        bind('inner', 'a'),
        bind('inner', 'b'),
        bind('part', 'a'),
        bind('part', 'log'),
      ],
      {advise: ({name}) => (name === 'log' ? 'kinesis' : 'sqs-standard')},
    )
    const publishers = plan.changes.filter(({field}) => field === 'publishers')
    expect(publishers.map(({subject}) => subject)).toEqual(['exchange:%2F/x'])
    expect(publishers[0]?.to).toContain('k → b')
    expect(plan.losses.filter(({subject}) => subject !== 'exchange:%2F/x')).toEqual([])
    const said = new Map(plan.notMoved.map(({subject, because}) => [subject, because]))
    expect(said.get('exchange:%2F/inner')).toMatch(/^internal: nobody publishes to it[^;]*$/)
    expect(said.get('exchange:%2F/part')).toMatch(/^internal: .*; not moved to SQS: queue:%2F\/log$/)
  })

  test('a fan-out that was forced onto SQS is a loss', () => {
    const plan = make([exchange('x', 'fanout'), queue('a'), queue('b')], [bind('x', 'a'), bind('x', 'b')], {
      advise: () => 'sqs-standard',
    })
    expect(plan.losses.map(({id}) => id)).toEqual(['exchange-fan-out:exchange:%2F/x'])
  })
})
