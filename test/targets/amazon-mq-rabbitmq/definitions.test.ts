import {describe, expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Destination, Inventory} from '../../../src/model/inventory.ts'
import type {Plan} from '../../../src/model/plan.ts'
import {unanswered} from '../../../src/stages/plan.ts'
import {bind, exchange, inventory, queue} from '../../routing/estate.ts'
import {planned, settingsOf} from './estate.ts'

const lost = (plan: Body<Plan>): string[] => plan.losses.map(({id}) => id.replace('%2F/', '')).toSorted()
const said = (plan: Body<Plan>, subject: string): string[] =>
  plan.changes
    .filter((change) => change.subject === subject)
    .map(({field, from, to}) => `${field}: ${from} → ${to}`)
const only = (plan: Body<Plan>) => settingsOf(plan).definitions.queues[0]

const defined = (plan: Body<Plan>) => settingsOf(plan).definitions.exchanges

const withArguments = (name: string, table: Record<string, unknown>, values = {}): Destination =>
  queue(name, {arguments: table, policy: null, operatorPolicy: null, ...values})
const estate = (...destinations: Destination[]): Body<Inventory> => inventory(destinations)

describe('queue types', () => {
  test.each([
    ['a durable queue', {}, '4.2', 'quorum'],
    ['a quorum queue', {type: 'quorum'}, '4.2', 'quorum'],
    ['an auto-delete queue', {autoDelete: true}, '4.2', 'classic'],
    ['a transient queue', {durable: false}, '4.2', 'classic'],
    ['a transient queue, which becomes durable,', {durable: false}, '4.3', 'classic'],
    ['priorities', {maxPriority: 10}, '4.2', 'classic'],
    ['priorities', {maxPriority: 10}, '3.13', 'classic'],
    ['priorities', {maxPriority: 10}, '4.3', 'quorum'],
    ['more priorities than 31', {maxPriority: 200}, '4.3', 'classic'],
    ['reject-publish-dlx', {overflow: 'reject-publish-dlx'}, '4.2', 'quorum'],
  ])('%s %j on %s: %s', (_, values, version, type) => {
    const plan = planned(estate(withArguments('q', {}, values)), {broker: {version}})
    expect(only(plan)?.arguments).toEqual({'x-queue-type': type})
  })

  test('where something is lost either way somebody may choose', () => {
    const priorities = estate(withArguments('q', {'x-max-priority': 10}, {maxPriority: 10}))
    const answers = {'queue-type:queue:%2F/q': 'quorum'}
    const chosen = planned(priorities, {decisions: answers})
    expect(unanswered(chosen).questions).toEqual([])
    expect(only(chosen)?.arguments).toEqual({'x-queue-type': 'quorum'})
    expect(lost(chosen)).toEqual(['max-priority:queue:q'])
    expect(only(planned(priorities))?.arguments).toEqual({'x-max-priority': 10, 'x-queue-type': 'classic'})
    expect(lost(planned(priorities))).toEqual([])
  })

  test('4.3 keeps priorities of quorum queues, and counts none as 4', () => {
    const plan = planned(estate(withArguments('q', {'x-max-priority': 10}, {maxPriority: 10})), {
      broker: {version: '4.3'},
    })
    expect(only(plan)?.arguments).toEqual({'x-max-priority': 10, 'x-queue-type': 'quorum'})
    expect(lost(plan)).toEqual(['max-priority:queue:q'])
  })

  test('a mirrored queue that stays classic is on one node of a cluster, and on the one node there is otherwise', () => {
    const mirrored = estate(withArguments('q', {}, {mirrored: true, autoDelete: true}))
    expect(lost(planned(mirrored))).toEqual(['queue-mirrored:queue:q'])
    expect(lost(planned(mirrored, {broker: {deployment: 'single'}}))).toEqual([])
  })

  test('4.3 refuses transient queues', () => {
    const plan = planned(estate(withArguments('q', {}, {durable: false})), {broker: {version: '4.3'}})
    expect(only(plan)?.durable).toBe(true)
    expect(said(plan, 'queue:%2F/q').join()).toContain('4.3 refuses transient queues')
  })
})

describe('arguments', () => {
  test.each([
    ['x-queue-mode', 'lazy', '4.2'],
    ['x-queue-version', 2, '4.2'],
    ['x-queue-master-locator', 'client-local', '4.2'],
    ['x-queue-leader-locator', 'balanced', '4.2'],
    ['x-quorum-initial-group-size', 5, '4.2'],
    ['x-max-in-memory-length', 10, '4.2'],
  ])('%s %s is left out, and said', (key, value, version) => {
    const plan = planned(estate(withArguments('q', {[key]: value})), {broker: {version}})
    expect(only(plan)?.arguments).toEqual({'x-queue-type': 'quorum'})
    expect(said(plan, 'queue:%2F/q').join('\n')).toContain(`${key}: ${value} → none: `)
    expect(lost(plan)).toEqual([])
  })

  test('what the target takes stays as it is', () => {
    const table = {
      'x-dead-letter-exchange': 'dlx',
      'x-dead-letter-routing-key': 'k',
      'x-dead-letter-strategy': 'at-least-once',
      'x-delivery-limit': 5,
      'x-single-active-consumer': true,
      'x-overflow': 'reject-publish',
      'x-mine': [1, {a: true}],
    }
    const plan = planned(
      estate(
        withArguments('q', table, {
          type: 'quorum',
          deliveryLimit: 5,
          deadLetterExchange: 'dlx',
          deadLetterRoutingKey: 'k',
          deadLetterStrategy: 'at-least-once',
          overflow: 'reject-publish',
          singleActiveConsumer: true,
        }),
      ),
    )
    expect(only(plan)?.arguments).toEqual({...table, 'x-queue-type': 'quorum'})
    expect(lost(plan)).toEqual([])
  })

  test('reject-publish-dlx becomes reject-publish on a quorum queue, and is kept on a classic one', () => {
    const bounded = estate(
      withArguments('q', {'x-overflow': 'reject-publish-dlx'}, {overflow: 'reject-publish-dlx'}),
    )
    expect(only(planned(bounded))?.arguments).toEqual({
      'x-overflow': 'reject-publish',
      'x-queue-type': 'quorum',
    })
    expect(lost(planned(bounded))).toEqual(['overflow-reject-publish:queue:q'])
    const classic = planned(bounded, {decisions: {'queue-type:queue:%2F/q': 'classic'}})
    expect(only(classic)?.arguments).toEqual({'x-overflow': 'reject-publish-dlx', 'x-queue-type': 'classic'})
    expect(lost(classic)).toEqual([])
  })

  test('a placeholder nobody filled in is no value', () => {
    const plan = planned(estate(withArguments('q', {'x-message-ttl': '${TTL}'})))
    expect(only(plan)?.arguments).toEqual({'x-queue-type': 'quorum'})
    expect(lost(plan)).toEqual(['unresolved-argument:queue:q'])
  })

  test('arguments that were not read are not taken to be none', () => {
    expect(lost(planned(estate(queue('q'))))).toEqual(['queue-arguments:queue:q'])
  })

  test('delayed retries exist on 4.3 only', () => {
    const retries = estate(withArguments('q', {'x-delayed-retry-type': 'all'}, {type: 'quorum'}))
    expect(lost(planned(retries))).toEqual(['delayed-retry:queue:q'])
    expect(lost(planned(retries, {broker: {version: '4.3'}}))).toEqual([])
  })
})

describe('exchanges', () => {
  test.each([
    [
      'x-delayed-message',
      {delayedType: 'topic', arguments: {'x-delayed-type': 'topic'}},
      'topic',
      'exchange-delayed-message',
    ],
    ['x-recent-history', {arguments: {'x-recent-history-length': 20}}, 'fanout', 'exchange-recent-history'],
    ['x-modulus-hash', {arguments: {}}, 'x-consistent-hash', 'exchange-modulus-hash'],
  ])('%s %j becomes %s', (type, values, becomes, rule) => {
    const plan = planned(
      inventory([exchange('x', type, values), withArguments('q', {})], [bind('x', 'q', '7')]),
    )
    expect(defined(plan)[0]).toMatchObject({type: becomes, arguments: {}})
    expect(lost(plan)).toEqual([`${rule}:exchange:x`])
    expect(settingsOf(plan).definitions.bindings[0]?.routing_key).toBe(type === 'x-modulus-hash' ? '1' : '7')
  })

  test.each(['x-random', 'x-local-random', 'x-mine'])(
    '%s is left out with its bindings, and both are said',
    (type) => {
      const plan = planned(inventory([exchange('x', type), withArguments('q', {})], [bind('x', 'q', 'k')]))
      expect([defined(plan), settingsOf(plan).definitions.bindings]).toEqual([[], []])
      expect(lost(plan)).toEqual(['exchange-unknown-type:exchange:x'])
      expect(said(plan, 'exchange:%2F/x')).toContain(
        'bindings: x → q ("k") → none: exchange:%2F/x is not on the new broker',
      )
    },
  )

  test.each([
    ['x-consistent-hash', '3.13'],
    ['x-jms-topic', '4.2'],
    ['x-modulus-hash', '4.3'],
  ])('%s is there on %s', (type, version) => {
    const plan = planned(inventory([exchange('x', type, {arguments: {'hash-header': 'h'}})]), {
      broker: {version},
    })
    expect(defined(plan)[0]).toMatchObject({type, arguments: {'hash-header': 'h'}})
  })

  test('internal ones stay internal; predeclared ones are there already, with their bindings', () => {
    const plan = planned(
      inventory(
        [exchange('i', 'fanout', {internal: true}), exchange('amq.topic', 'topic'), withArguments('q', {})],
        [bind('i', 'q'), bind('amq.topic', 'q', 'a.#', {}), bind('amq.topic', 'exchange:i', 'b')],
      ),
    )
    expect(defined(plan).map(({name, internal}) => [name, internal])).toEqual([['i', true]])
    expect(settingsOf(plan).definitions.bindings).toHaveLength(3)
  })

  test('one that an export left out is asked for, and restored as internal', () => {
    const dangling = inventory([withArguments('q', {})], [bind('hidden', 'q', 'k')])
    const asked = planned(dangling)
    expect(unanswered(asked).questions.map(({id}) => id)).toEqual(['missing-exchange:exchange:%2F/hidden'])
    expect(settingsOf(asked).definitions.bindings).toEqual([])
    const answered = planned(dangling, {decisions: {'missing-exchange:exchange:%2F/hidden': 'direct'}})
    expect(defined(answered)[0]).toMatchObject({
      name: 'hidden',
      type: 'direct',
      durable: true,
      internal: true,
    })
    expect(settingsOf(answered).definitions.bindings).toHaveLength(1)
  })

  test('an alternate exchange that is left out is a loss', () => {
    const plan = planned(
      inventory([
        exchange('a', 'direct', {arguments: {'alternate-exchange': 'r'}}),
        exchange('r', 'x-random'),
      ]),
    )
    expect(lost(plan)).toEqual(['alternate-exchange:exchange:a', 'exchange-unknown-type:exchange:r'])
  })
})

describe('what comes along', () => {
  test('whole virtual hosts; what is made at run time, exclusive, a stream or goes elsewhere stays', () => {
    const plan = planned(
      inventory([
        withArguments('q', {}),
        withArguments('retired', {}),
        withArguments('amq.gen-abc', {}),
        withArguments('mine', {}, {exclusive: true}),
        withArguments('log', {}, {type: 'stream'}),
        withArguments('other', {}),
      ]),
      {elsewhere: ['other'], ignored: ['queue:%2F/amq.gen-abc', 'queue:%2F/retired']},
    )
    expect(settingsOf(plan).definitions.queues.map(({name}) => name)).toEqual(['q', 'retired'])
    expect(said(plan, 'queue:%2F/other')[0]).toContain('it goes to sqs-standard')
    expect(said(plan, 'queue:%2F/amq.gen-abc')[0]).toContain('made at run time')
    expect(lost(plan)).toEqual(['queue-stream:stream:log'])
    const stays = plan.notMoved.map(({subject}) => subject)
    expect(stays).toEqual(expect.arrayContaining(['queue:%2F/mine', 'stream:%2F/log']))
  })

  test('users without a hash, legal names, their permissions; limits of virtual hosts', () => {
    const plan = planned({
      ...estate(withArguments('q', {})),
      vhosts: [{name: '/', defaultQueueType: null, tracing: false, limits: {'max-queues': 5}}],
      users: [
        {name: 'app', tags: []},
        {name: 'guest', tags: ['administrator']},
        {name: 'monitoring-AWS-OWNED-DO-NOT-DELETE', tags: ['monitoring']},
        {name: 'mit leerzeichen', tags: []},
        {name: 'elsewhere', tags: []},
      ],
      permissions: ['app', 'guest', 'monitoring-AWS-OWNED-DO-NOT-DELETE', 'mit leerzeichen'].map((user) => ({
        user,
        vhost: '/',
        configure: '',
        write: '.*',
        read: '.*',
      })),
    })
    const {users, permissions, parameters, vhosts} = settingsOf(plan).definitions
    expect(users).toEqual([{name: 'app', tags: []}])
    expect(permissions.map(({user}) => user)).toEqual(['app'])
    expect(parameters).toEqual([
      {component: 'vhost-limits', name: 'limits', vhost: '/', value: {'max-queues': 5}},
    ])
    expect(vhosts).toEqual([{name: '/', default_queue_type: 'quorum'}])
    expect(said(plan, 'user:/guest')[0]).toContain('Amazon MQ refuses guest')
    expect(JSON.stringify(plan)).not.toContain('password_hash')
  })

  test('shovels and federation are named, and not carried over', () => {
    const plan = planned({
      ...estate(withArguments('q', {})),
      links: [{kind: 'shovel', vhost: '/', name: 'to-dr', from: 'a', to: 'b', state: 'running', touches: []}],
    })
    expect(said(plan, 'shovel:%2F/to-dr')).toHaveLength(1)
    expect(settingsOf(plan).definitions.parameters).toEqual([])
  })
})
