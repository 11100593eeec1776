import {describe, expect, test} from 'vitest'

import type {Body} from '../../../src/model/artefact.ts'
import type {Destination, Inventory, Policy} from '../../../src/model/inventory.ts'
import type {Plan} from '../../../src/model/plan.ts'
import {exchange, inventory, queue} from '../../routing/estate.ts'
import {planned, policy, settingsOf} from './estate.ts'

/** A queue that the named policies rule on the source. */
const ruled = (name: string, by: string | null, values = {}): Destination =>
  queue(name, {arguments: {}, policy: by, operatorPolicy: null, ...values})

const estate = (destinations: Destination[], policies: Policy[], version = '3.10.8'): Body<Inventory> => {
  const made = inventory(destinations)
  return {...made, policies, broker: {...made.broker, version}}
}

const brief = (plan: Body<Plan>, when: 'now' | 'cutover' = 'cutover'): Record<string, unknown> =>
  Object.fromEntries(
    settingsOf(plan).policies[when].map(({name, priority, 'apply-to': applyTo, definition}) => [
      `${name} ${priority} ${applyTo}`,
      definition,
    ]),
  )
const lost = (plan: Body<Plan>): string[] => plan.losses.map(({id}) => id.replace('%2F/', '')).toSorted()
const said = (plan: Body<Plan>, name: string): string[] =>
  plan.changes
    .filter(({subject}) => subject === `policy:%2F/${name}`)
    .map(({field, from, to}) => `${field}: ${from} → ${to}`)

const capped = (by: string | null): Destination =>
  ruled('q', by, {operatorPolicy: 'cap', maxLength: 100, messageTtl: 5})

const ON_42 = {broker: {deployment: 'single'}}

/** 3.13 has no delivery limit of its own, so that only what a test is about is in the policies. */
const ON_313 = {broker: {version: '3.13', deployment: 'single'}}

describe('keys', () => {
  test('ha-* goes, and the dead-letter keys of the same policy stay', () => {
    const plan = planned(
      estate(
        [ruled('q', 'p', {deadLetterExchange: 'dlx', deadLetterRoutingKey: 'k', mirrored: true})],
        [
          policy('p', {
            'ha-mode': 'all',
            'ha-sync-mode': 'automatic',
            'dead-letter-exchange': 'dlx',
            'dead-letter-routing-key': 'k',
          }),
        ],
      ),
      ON_313,
    )
    expect(brief(plan)).toEqual({
      'p 2 queues': {'dead-letter-exchange': 'dlx', 'dead-letter-routing-key': 'k'},
    })
    expect(said(plan, 'p').join('\n')).toContain('ha-mode: all → none: mirroring is gone in 4.0')
    expect(lost(plan)).toEqual([])
  })

  test('a policy of which nothing is left is deleted', () => {
    const plan = planned(
      estate([ruled('q', 'ha')], [policy('ha', {'ha-mode': 'all', 'queue-mode': 'lazy'})]),
      ON_313,
    )
    expect(brief(plan)).toEqual({})
    expect(said(plan, 'ha').join()).toContain('RabbitMQ refuses an empty policy')
  })

  test.each([
    ['queue-version', 2],
    ['queue-master-locator', 'min-masters'],
    ['max-age', '7D'],
    ['federation-upstream-set', 'all'],
  ])('%s is left out, and said', (key, value) => {
    const plan = planned(
      estate([ruled('q', null)], [policy('p', {[key]: value, 'max-length': 5}, {pattern: '^none$'})]),
      ON_313,
    )
    expect(Object.values(brief(plan)).every((definition) => !JSON.stringify(definition).includes(key))).toBe(
      true,
    )
    expect(said(plan, 'p').join('\n')).toContain(`${key}: ${value} → none: `)
  })

  test('a key that the target does not know is a loss: it would refuse the whole policy', () => {
    const plan = planned(
      estate([ruled('q', null)], [policy('p', {'shards-per-node': 2, 'max-length': 5}, {pattern: '^none$'})]),
      ON_313,
    )
    expect(lost(plan)).toEqual(['policy-key:policy:p'])
    expect(brief(plan)).toEqual({'p 2 queues': {'max-length': 5}})
  })

  test('reject-publish-dlx of quorum queues becomes reject-publish, of classic ones it stays', () => {
    const plan = planned(
      estate(
        [ruled('q', 'p', {overflow: 'reject-publish-dlx', maxLength: 5})],
        [policy('p', {overflow: 'reject-publish-dlx', 'max-length': 5})],
      ),
      ON_313,
    )
    expect(brief(plan)).toEqual({
      'p 2 quorum_queues': {overflow: 'reject-publish', 'max-length': 5},
      'p-classic 2 classic_queues': {overflow: 'reject-publish-dlx', 'max-length': 5},
    })
    expect(lost(plan)).toContain('overflow-reject-publish:policy:p')
  })
})

describe('priorities', () => {
  test('begin at 2 and keep their order and distances', () => {
    const policies = [
      policy('a', {'max-length': 1}, {pattern: '^a', priority: -3}),
      policy('b', {'max-length': 2}, {pattern: '^b', priority: 10}),
      policy('c', {'max-length': 3}, {pattern: '^c', priority: 10}),
    ]
    expect(Object.keys(brief(planned(estate([ruled('q', null)], policies), ON_313)))).toEqual([
      'a 2 queues',
      'b 15 queues',
      'c 15 queues',
    ])
  })

  test('those that are high enough stay', () => {
    const policies = [policy('a', {'max-length': 1}, {pattern: '^a', priority: 7})]
    expect(Object.keys(brief(planned(estate([ruled('q', null)], policies), ON_313)))).toEqual(['a 7 queues'])
  })
})

describe('delivery limits on RabbitMQ 4', () => {
  test('a queue that gives no message up still does not', () => {
    const plan = planned(
      estate(
        [ruled('free', null), ruled('q', 'p', {messageTtl: 5})],
        [policy('p', {'message-ttl': 5}, {pattern: '^q$', priority: 1})],
      ),
    )
    expect(brief(plan)).toEqual({
      'mqlift-no-delivery-limit 2 quorum_queues': {'delivery-limit': -1},
      'p 3 quorum_queues': {'message-ttl': 5, 'delivery-limit': -1},
      'p-classic 3 classic_queues': {'message-ttl': 5},
    })
    expect(settingsOf(plan).expected.map(({cutover}) => cutover['deliveryLimit'])).toEqual([-1, -1])
    expect(said(plan, 'mqlift-no-delivery-limit').join()).toContain('after 20 deliveries')
  })

  test('a limit that somebody set stays', () => {
    const limited = queue('q', {
      type: 'quorum',
      deliveryLimit: 5,
      policy: null,
      operatorPolicy: null,
      arguments: {'x-delivery-limit': 5},
    })
    const plan = planned(estate([limited], []), ON_42)
    expect(brief(plan)).toEqual({})
    expect(settingsOf(plan).expected[0]).toMatchObject({cutover: {deliveryLimit: 5}})
    expect(lost(plan)).not.toContain('setting-differs:queue:q')
  })

  test('a queue of RabbitMQ 4 with its default keeps the default', () => {
    const plan = planned(estate([ruled('q', null, {type: 'quorum', deliveryLimit: 20})], [], '4.0.5'), ON_42)
    expect(brief(plan)).toEqual({})
  })

  test('on a cluster the policy of AWS must not rule queues of / that have none', () => {
    const plan = planned(estate([ruled('q', null, {type: 'quorum', deliveryLimit: 20})], [], '4.0.5'))
    expect(brief(plan)).toEqual({'mqlift-no-max-length 2 quorum_queues': {'max-length': 2_000_000_000}})
    expect(settingsOf(plan).expected[0]).toMatchObject({cutover: {maxLength: 2_000_000_000}})
    expect(lost(plan)).toEqual([])
  })
})

describe('operator policies', () => {
  test('become ordinary ones below all others, and are merged into those', () => {
    const plan = planned(
      estate(
        [capped('p'), queue('free', {arguments: {}, policy: null, operatorPolicy: 'cap', maxLength: 100})],
        [
          policy('p', {'message-ttl': 5, 'max-length': 1000}, {pattern: '^q$'}),
          policy('cap', {'max-length': 100}, {operator: true, priority: 4}),
        ],
      ),
      ON_313,
    )
    expect(brief(plan)).toEqual({
      'cap 4 queues': {'max-length': 100},
      'p 5 queues': {'message-ttl': 5, 'max-length': 100},
    })
    expect(lost(plan)).toContain('operator-policy:policy:cap')
  })

  test('a name that an ordinary policy has is not taken twice', () => {
    const plan = planned(
      estate(
        [capped('cap')],
        [policy('cap', {'message-ttl': 5}), policy('cap', {'max-length': 100}, {operator: true})],
      ),
      ON_313,
    )
    expect(Object.keys(brief(plan))).toEqual(['cap-2 2 queues', 'cap 3 queues'])
  })
})

describe('a queue that another policy would rule gets one of its own', () => {
  test('the policy of highest priority did not apply to quorum queues, and now would', () => {
    // Seen on 3.10.8: ha-mode makes it inapplicable, so the lower one rules (rabbitmq.md 1.8).
    const plan = planned(
      estate(
        [
          ruled('q', 'low', {type: 'quorum', maxLength: 7}),
          ruled('c', 'high', {deadLetterExchange: 'dlx', mirrored: true}),
        ],
        [
          policy('high', {'ha-mode': 'all', 'dead-letter-exchange': 'dlx'}, {priority: 5}),
          policy('low', {'max-length': 7}, {priority: 1}),
        ],
      ),
      ON_313,
    )
    expect(brief(plan)).toEqual({
      'high 6 queues': {'dead-letter-exchange': 'dlx'},
      'low 2 queues': {'max-length': 7},
      'mqlift q 7 queues': {'max-length': 7},
    })
    expect(lost(plan)).not.toContain('setting-differs:queue:q')
  })

  test('a policy that was deleted lets no other one in', () => {
    const plan = planned(
      estate(
        [ruled('q', 'high', {mirrored: true})],
        [policy('high', {'ha-mode': 'all'}, {priority: 5}), policy('low', {'max-length': 7}, {priority: 1})],
      ),
      ON_313,
    )
    expect(brief(plan)['mqlift q 3 queues']).toEqual({'max-length': 2_000_000_000})
  })

  test('its own limits become one: the lower of argument and policy, for this name alone', () => {
    const plan = planned(
      estate(
        [
          queue('a.b ü', {
            arguments: {'x-message-ttl': 9, 'x-max-length': 3},
            policy: 'p',
            operatorPolicy: null,
            messageTtl: 5,
            maxLength: 3,
          }),
        ],
        [policy('p', {'message-ttl': 5})],
      ),
      ON_313,
    )
    expect(brief(plan)).toEqual({
      'p 2 queues': {'message-ttl': 5},
      'mqlift a.b ü 3 queues': {'message-ttl': 5, 'max-length': 3},
    })
    const own = settingsOf(plan).policies.cutover.find(({name}) => name.startsWith('mqlift'))
    expect(own?.pattern).toBe(String.raw`^a\.b\ ü$`)
  })

  test('an exchange keeps its alternate exchange', () => {
    const plan = planned(
      estate(
        [exchange('x', 'direct', {policy: 'high', alternateExchange: null, arguments: {}}), ruled('q', null)],
        [
          policy('high', {'federation-upstream': 'u'}, {applyTo: 'exchanges', priority: 5}),
          policy('low', {'alternate-exchange': 'rest'}, {applyTo: 'all', priority: 1}),
        ],
      ),
      ON_313,
    )
    expect(brief(plan)['mqlift x 3 exchanges']).toEqual({'max-length': 2_000_000_000})
  })
})

describe('until the cut-over', () => {
  const limited = planned(
    estate(
      [ruled('q', 'p', {messageTtl: 5, deadLetterExchange: 'dlx'}), ruled('r', 'bare', {maxLength: 2})],
      [
        policy('p', {'message-ttl': 5, expires: 9, 'dead-letter-exchange': 'dlx'}, {pattern: '^q$'}),
        policy('bare', {'max-length': 2}, {pattern: '^r$'}),
      ],
    ),
    ON_313,
  )

  test('limits are lifted, the rest of the policy rules already', () => {
    expect(brief(limited, 'now')).toEqual({
      'p 2 queues': {'dead-letter-exchange': 'dlx'},
      'bare 2 queues': {'max-length': 2_000_000_000},
    })
  })

  test('what each queue must obey is said for both', () => {
    expect(settingsOf(limited).expected).toMatchObject([
      {
        queue: 'q',
        now: {messageTtl: null, expires: null, deadLetterExchange: 'dlx'},
        cutover: {messageTtl: 5, expires: 9},
      },
      {queue: 'r', now: {maxLength: 2_000_000_000}, cutover: {maxLength: 2}},
    ])
  })

  test('arguments that must stay rule at once, and somebody has to accept that', () => {
    const plan = planned(
      estate(
        [queue('q', {arguments: {'x-max-length': 3}, policy: null, operatorPolicy: null, maxLength: 3})],
        [],
      ),
      {...ON_313, decisions: {'limit-arguments:queue:%2F/q': 'argument'}},
    )
    expect(settingsOf(plan).definitions.queues[0]?.arguments).toEqual({
      'x-max-length': 3,
      'x-queue-type': 'quorum',
    })
    expect(lost(plan)).toContain('limit-arguments:queue:q')
    expect(settingsOf(plan).expected[0]?.now['maxLength']).toBe(3)
  })
})

test('a difference that nobody meant is a loss, whatever made it', () => {
  // The source says 7, and no policy or argument that was read does.
  const plan = planned(estate([ruled('q', null, {maxLength: 7})], []), ON_313)
  expect(lost(plan)).toEqual(['setting-differs:queue:q'])
})
