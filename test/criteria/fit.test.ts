import {describe, expect, test} from 'vitest'

import {CRITERIA} from '../../src/criteria/index.ts'
import {type Case, ask, letters} from './ask.ts'
import {binding, exchange, inventory, observation, queue, stream, type Values} from './build.ts'

const one = (values: Values): Case => ({inventory: inventory([queue('orders', values)])})
const seen = (values: Values): Case => {
  const orders = queue('orders')
  return {inventory: inventory([orders]), observation: observation({[orders.id]: values})}
}
/** An exchange with some queues, each bound once with the key (or arguments) given. */
const routed = (
  type: string,
  keys: readonly (string | Record<string, unknown>)[],
  values: Values = {},
): Case => {
  const from = exchange('events', type, values)
  const queues = keys.map((_, index) => queue(`q${index}`))
  const bindings = queues.map((to, index) => {
    const key = keys[index] ?? ''
    return typeof key === 'string' ? binding(from, to, key) : binding(from, to, '', key)
  })
  return {inventory: inventory([from, ...queues], bindings)}
}
/** One queue bound several times. */
const merged = (type: string, keys: readonly string[], values: Values = {}): Case => {
  const from = exchange('events', type, values)
  const to = queue('q')
  return {
    inventory: inventory(
      [from, to],
      keys.map((key) => binding(from, to, key)),
    ),
  }
}
const chained = (readers: number): Case => {
  const [entry, inner] = [exchange('entry', 'topic'), exchange('inner', 'fanout')]
  const queues = Array.from({length: readers}, (_, index) => queue(`q${index}`))
  return {
    inventory: inventory(
      [entry, inner, ...queues],
      [binding(entry, inner, '#'), ...queues.map((to) => binding(inner, to))],
    ),
  }
}
const deadLetters = (queues: number): Case => {
  const dlx = exchange('dlx', 'fanout')
  const orders = queue('orders', {deadLetterExchange: 'dlx', deadLetterRoutingKey: null})
  const dead = Array.from({length: queues}, (_, index) => queue(`dead${index}`))
  return {
    inventory: inventory(
      [orders, dlx, ...dead],
      dead.map((to) => binding(dlx, to)),
    ),
  }
}
const notRead = (name: keyof Values): Case => {
  const orders = queue('orders')
  const {[name]: _, ...facts} = orders.facts as Record<string, unknown>
  return {inventory: inventory([{...orders, facts}])}
}
const noType: Case = {
  inventory: inventory([{...exchange('events', 'direct'), facts: {}}]),
}
const keysOfOneQueue = (count: number): string[] => Array.from({length: count}, (_, index) => `key${index}`)

/** platform order: amazon-mq-rabbitmq amazon-mq-activemq sqs-standard sqs-fifo sns-sqs */
const CASES: Readonly<Record<string, readonly (readonly [what: string, given: Case, expected: string])[]>> = {
  'exchange-default': [
    ['a queue can be sent to by name', one({}), 'NAAAA'],
    ['so can a stream', {inventory: inventory([stream('log')])}, 'NAAAA'],
  ],
  'exchange-direct': [
    ['every key reaches one queue', routed('direct', ['a', 'b']), 'NAAAA'],
    ['a key reaches two queues', routed('direct', ['a', 'a']), 'NABBA'],
    ['nothing is bound', routed('direct', []), 'NALLA'],
    ['a queue has more keys than a filter takes', merged('direct', keysOfOneQueue(151)), 'NAAAL'],
    ['as many keys as a filter takes', merged('direct', keysOfOneQueue(150)), 'NAAAA'],
    ['another type', routed('fanout', ['']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-fanout': [
    ['two readers', routed('fanout', ['', '']), 'NABBN'],
    ['one reader', routed('fanout', ['']), 'NAAAA'],
    ['no reader', routed('fanout', []), 'NALLA'],
    ['another type', routed('direct', ['a']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-topic': [
    ['several queues', routed('topic', ['a.*', 'b.#']), 'NABBA'],
    ['one queue takes everything', routed('topic', ['#']), 'NAAAA'],
    ['one queue, a wildcard', routed('topic', ['a.*']), 'NABBA'],
    ['one queue, exact keys', merged('topic', ['a.b', 'a.c']), 'NAAAA'],
    ['# before the end', routed('topic', ['a.#.b', 'c']), 'NLBBA'],
    ['another type', routed('headers', []), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'topic-pattern-inexpressible': [
    ['# twice and *', routed('topic', ['#.a.*.b.#']), 'NLBBL'],
    ['a pattern that can be said', routed('topic', ['a.*.b']), 'not applicable'],
    ['too many values of one queue', merged('topic', keysOfOneQueue(400)), 'NLBBL'],
    ['another type', routed('direct', ['#.a.*.b.#']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-headers-all': [
    ['two headers', routed('headers', [{'x-match': 'all', format: 'pdf', pages: 3}]), 'NABBA'],
    ['all is the default', routed('headers', [{format: 'pdf'}]), 'NABBA'],
    ['one queue takes everything', routed('headers', [{'x-match': 'all', 'x-ignored': 1}]), 'NAAAA'],
    ['more headers than a filter takes', routed('headers', [{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}]), 'NABBL'],
    ['any instead', routed('headers', [{'x-match': 'any', a: 1}]), 'not applicable'],
    ['another type', routed('direct', ['a']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-headers-any': [
    ['two headers', routed('headers', [{'x-match': 'any', a: 1, b: true}]), 'NABBA'],
    ['with x- headers', routed('headers', [{'x-match': 'any-with-x', 'x-a': 'v'}]), 'NABBA'],
    ['no usable key', routed('headers', [{'x-match': 'any'}]), 'NABBA'],
    ['all instead', routed('headers', [{a: 1}]), 'not applicable'],
    ['another type', routed('topic', ['#']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-consistent-hash': [
    ['by a header', routed('x-consistent-hash', ['1', '1'], {hashOn: 'header:customer'}), 'NALAL'],
    ['another type', routed('direct', ['1']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-delayed-message': [
    ['to one queue', routed('x-delayed-message', ['a'], {delayedType: 'direct'}), 'BAALL'],
    ['to one queue per key', routed('x-delayed-message', ['a', 'b'], {delayedType: 'direct'}), 'BAALL'],
    ['to several', routed('x-delayed-message', ['', ''], {delayedType: 'fanout'}), 'BABLL'],
    ['another type', routed('direct', ['a']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'exchange-unknown-type': [
    ['a type of another plugin', routed('x-recent-history', ['']), 'BBBBB'],
    ['a known type', routed('topic', ['#']), 'not applicable'],
    ['the type was not read', noType, 'unknown'],
  ],
  'e2e-binding': [
    ['the path ends at two queues', chained(2), 'NABBA'],
    ['the path ends at one queue', chained(1), 'NAAAA'],
    ['queues only', routed('topic', ['#']), 'not applicable'],
  ],
  'alternate-exchange': [
    ['one is set', routed('topic', ['#'], {alternateExchange: 'unrouted'}), 'NLAAL'],
    ['none is set', routed('topic', ['#']), 'not applicable'],
    ['it was not read', noType, 'unknown'],
  ],
  'binding-multiple': [
    ['twice the same queue', merged('direct', ['a', 'b']), 'NAAAA'],
    ['once each', routed('direct', ['a', 'b']), 'not applicable'],
  ],
  'queue-classic-durable': [
    ['the plain case', one({}), 'ANNNN'],
    ['a quorum queue', one({type: 'quorum'}), 'not applicable'],
    ['not durable', one({durable: false}), 'not applicable'],
    ['with priorities', one({maxPriority: 5}), 'not applicable'],
    ['durable was not read', notRead('durable'), 'unknown'],
  ],
  'queue-quorum': [
    ['it is one', one({type: 'quorum'}), 'NANNN'],
    ['it is not', one({}), 'not applicable'],
    ['the type was not read', notRead('type'), 'unknown'],
  ],
  'queue-stream': [
    ['read again', {inventory: inventory([stream('log', {arguments: {'x-max-age': '7D'}})])}, 'BBBBL'],
    [
      'every consumer starts at next',
      {
        inventory: inventory([stream('log')]),
        observation: observation({[stream('log').id]: {streamOffsets: ['next', 'next']}}),
      },
      'AAAAA',
    ],
    [
      'one consumer starts at first',
      {
        inventory: inventory([stream('log')]),
        observation: observation({[stream('log').id]: {streamOffsets: ['next', 'first']}}),
      },
      'BBBBL',
    ],
    ['a queue', one({}), 'not applicable'],
    ['the type was not read', notRead('type'), 'unknown'],
  ],
  'queue-mirrored': [
    ['it is', one({mirrored: true}), 'AANNN'],
    ['it is not', one({}), 'not applicable'],
    ['it was not read', notRead('mirrored'), 'unknown'],
  ],
  'queue-transient': [
    ['not durable', one({durable: false}), 'AALLL'],
    ['exclusive: judged elsewhere', one({durable: false, exclusive: true}), 'not applicable'],
    ['durable', one({}), 'not applicable'],
    ['it was not read', notRead('durable'), 'unknown'],
  ],
  'queue-exclusive': [
    ['it is', one({exclusive: true}), 'NAAAA'],
    ['it is not', one({}), 'not applicable'],
    ['it was not read', notRead('exclusive'), 'unknown'],
  ],
  'queue-auto-delete': [
    ['it is', one({autoDelete: true}), 'NALLL'],
    ['it is not', one({}), 'not applicable'],
    ['it was not read', notRead('autoDelete'), 'unknown'],
  ],
  'queue-message-ttl': [
    ['60 s', one({messageTtl: 60_000}), 'NAAAA'],
    ['14 days', one({messageTtl: 1_209_600_000}), 'NAAAA'],
    ['less than SQS keeps', one({messageTtl: 59_999}), 'NALLL'],
    ['more than SQS keeps', one({messageTtl: 1_209_600_001}), 'NALLL'],
    ['0: deliver now or never', one({messageTtl: 0}), 'NALLL'],
    ['none', one({}), 'not applicable'],
    ['it was not read', notRead('messageTtl'), 'unknown'],
    ['a template says ${TTL}', one({messageTtl: {unresolved: '${TTL}'}}), 'unknown'],
  ],
  'queue-max-length': [
    ['drops its oldest', one({maxLength: 1000}), 'NALLL'],
    ['by bytes', one({maxLengthBytes: 65_536, overflow: 'drop-head'}), 'NALLL'],
    ['refuses instead', one({maxLength: 1000, overflow: 'reject-publish'}), 'not applicable'],
    ['no limit', one({}), 'not applicable'],
    ['it was not read', notRead('maxLength'), 'unknown'],
  ],
  'overflow-reject-publish': [
    ['refuses', one({maxLength: 10, overflow: 'reject-publish'}), 'NALLL'],
    ['refuses and dead-letters', one({overflow: 'reject-publish-dlx'}), 'AALLL'],
    ['drops', one({overflow: 'drop-head'}), 'not applicable'],
    ['it was not read', notRead('overflow'), 'unknown'],
  ],
  'dead-letter-exchange': [
    ['one dead-letter queue', deadLetters(1), 'NAAAA'],
    ['two dead-letter queues', deadLetters(2), 'NALLL'],
    ['none', one({}), 'not applicable'],
    ['it was not read', notRead('deadLetterExchange'), 'unknown'],
  ],
  'max-priority': [
    ['ten levels', one({maxPriority: 10}), 'AALLL'],
    ['two levels', one({maxPriority: 1}), 'AALLA'],
    ['declared classic', one({maxPriority: 10, arguments: {'x-queue-type': 'classic'}}), 'NALLL'],
    ['0 is none', one({maxPriority: 0}), 'not applicable'],
    ['none', one({}), 'not applicable'],
    ['it was not read', notRead('maxPriority'), 'unknown'],
  ],
  'delivery-limit': [
    ['a limit', one({type: 'quorum', deliveryLimit: 5}), 'NAAAA'],
    ['no limit exists on 3.x', one({type: 'quorum', deliveryLimit: null}), 'AAAAA'],
    ['unlimited on purpose', one({type: 'quorum', deliveryLimit: -1}), 'NAAAA'],
    ['a classic queue', one({}), 'not applicable'],
    ['it was not read', notRead('deliveryLimit'), 'unknown'],
  ],
  'single-active-consumer': [
    ['it is', one({singleActiveConsumer: true}), 'NABAA'],
    ['it is not', one({}), 'not applicable'],
    ['it was not read', notRead('singleActiveConsumer'), 'unknown'],
  ],
  'queue-name-charset': [
    ['dots', {inventory: inventory([queue('orders.created')])}, 'NAAAA'],
    ['Unicode and a slash', {inventory: inventory([queue('Ünï/code')])}, 'NNAAA'],
    ['81 characters', {inventory: inventory([queue('q'.repeat(81))])}, 'NNAAA'],
    ['80 characters', {inventory: inventory([queue('q'.repeat(80))])}, 'not applicable'],
    ['legal', {inventory: inventory([queue('dup_a-b')])}, 'not applicable'],
  ],
  'queue-name-collision': [
    ['dup.a-b and dup-a.b', {inventory: inventory([queue('dup.a-b'), queue('dup-a.b')])}, 'NAAAA'],
    ['only case differs', {inventory: inventory([queue('Orders'), queue('orders')])}, 'not applicable'],
    ['underscores stay', {inventory: inventory([queue('dup_a_b'), queue('dup-a-b')])}, 'not applicable'],
  ],
  'queue-backlog': [
    ['some wait', seen({messages: 12}), 'AAAAA'],
    [
      'the oldest for more than 14 days (the broker says seconds)',
      seen({messages: 12, headMessageTimestamp: Date.parse('2026-11-01T00:00:00Z') / 1000}),
      'AALLL',
    ],
    ['empty', seen({messages: 0}), 'not applicable'],
    ['offline', one({}), 'unknown'],
  ],
  'consumer-auto-ack': [
    ['two do', seen({autoAckConsumers: 2}), 'NALLL'],
    ['none does', seen({autoAckConsumers: 0}), 'not applicable'],
    ['offline', one({}), 'unknown'],
  ],
  'consumer-exclusive': [
    ['there is one', seen({exclusiveConsumer: true}), 'NALAL'],
    ['there is none', seen({exclusiveConsumer: false}), 'not applicable'],
    ['offline', one({}), 'unknown'],
  ],
}

const fit = CRITERIA.filter(({scores}) => scores === 'fit')

test('every fit criterion has cases', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(fit.map(({id}) => id).toSorted())
})

describe.each(fit.map((criterion) => [criterion.id, criterion] as const))('%s', (id, criterion) => {
  test.each(CASES[id] ?? [])('%s', (_, given, expected) => {
    expect(letters(ask(criterion, given))).toBe(expected)
  })
})

test.each(fit.map((criterion) => [criterion.id, criterion] as const))(
  '%s never calls what was not read "no"',
  (_, criterion) => {
    if (criterion.scope === 'estate' || criterion.needs.length === 0) return
    const bare = {...queue('orders'), kind: criterion.kinds[0] ?? 'queue', facts: {}}
    expect(letters(ask(criterion, {inventory: inventory([bare])}))).toBe('unknown')
  },
)
