import type {PlanPart} from '../../../src/targets/target.ts'
import {bind, exchange, queue} from '../../routing/estate.ts'
import {planOf} from './plan-kit.ts'

/** An estate that uses everything the configuration has a word for: fixtures/activemq/shop.xml is made of it. */
export const shop = (): PlanPart =>
  planOf(
    [
      queue('orders', {deadLetterExchange: 'dlx', deadLetterRoutingKey: 'orders'}),
      queue('orders.failed'),
      queue('mail', {deadLetterExchange: 'both'}),
      queue('urgent', {maxPriority: 20, singleActiveConsumer: true}),
      queue('a,b > c?'),
      queue('orders', {}, 'eu'),
      exchange('dlx', 'direct', {internal: true}),
      exchange('both', 'fanout'),
      exchange('events', 'topic'),
      exchange('by-kind', 'headers'),
    ],
    [
      bind('dlx', 'orders.failed', 'orders'),
      bind('both', 'orders.failed'),
      bind('both', 'urgent'),
      bind('events', 'orders', 'order.*.created'),
      bind('events', 'mail', 'order.#'),
      bind('events', 'urgent', "it's.urgent"),
      bind('by-kind', 'mail', '', {'x-match': 'all', 'x-kind': 'mail'}),
      bind('by-kind', 'a,b > c?', '', {'x-match': 'any', lang: 'de', land: 'at'}),
    ],
    {
      inventory: {
        permissions: [
          {user: 'shop', vhost: '/', configure: '^orders', write: '.*', read: '^orders'},
          {user: 'mail & more', vhost: '/', configure: '', write: '', read: '^mail$'},
          {user: 'eu', vhost: 'eu', configure: '.*', write: '.*', read: '.*'},
        ],
      },
    },
  )
