import {expect, test} from 'vitest'

import type {Envelope, Typed} from '../../src/model/envelope.ts'
import type {JavaValue, ReadByJava} from '../brokers/amqp-java.ts'
import {type Case, CASES} from './corpus.ts'
import {arrivedInJava} from './java.ts'
import {published} from './source.ts'

const [some] = CASES
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const message = (headers: readonly (readonly [string, JavaValue])[]): ReadByJava => ({
  body: {type: 'byte[]', bytes: base64('case 1')},
  exchange: {type: 'String', text: ''},
  routingKey: {type: 'String', text: 'orders'},
  properties: {timestamp: {type: 'Date', text: '1793602800000'}},
  headers: {type: 'Map', entries: headers},
})

function cell(arrived: JavaValue, sent: Typed): unknown {
  const envelope: Envelope = {...published(some as Case), headers: [['h', sent]]}
  const one: Case = {...(some as Case), aspect: {of: 'header', name: 'h'}}
  return arrivedInJava(message([['h', arrived]])).look(one, envelope)
}

test.each<[JavaValue, Typed, string]>([
  [{type: 'LongString', bytes: base64('value')}, {t: 'S', v: 'value'}, 'kept: LongString'],
  [{type: 'LongString', bytes: base64('other')}, {t: 'S', v: 'value'}, 'lost'],
  [{type: 'String', text: 'value'}, {t: 'S', v: 'value'}, 'lost'],
  [{type: 'Long', text: '9007199254740993'}, {t: 'l', v: 9_007_199_254_740_993n}, 'kept: Long'],
  [{type: 'Long', text: '9007199254740992'}, {t: 'l', v: 9_007_199_254_740_993n}, 'lost'],
  [{type: 'BigDecimal', text: '3.14'}, {t: 'D', v: {scale: 2, digits: 314}}, 'kept: BigDecimal'],
  [{type: 'Date', text: '1793602800000'}, {t: 'T', v: 1_793_602_800n}, 'kept: Date'],
  [{type: 'Date', text: '1793602801000'}, {t: 'T', v: 1_793_602_800n}, 'lost'],
  [{type: 'Double', text: '1.0E10'}, {t: 'd', v: 1e10}, 'kept: Double'],
  [{type: 'null'}, {t: 'V', v: null}, 'kept: null'],
  [
    {type: 'List', items: [{type: 'Map', entries: [['a', {type: 'Boolean', text: 'true'}]]}]},
    {t: 'A', v: [{t: 'F', v: [['a', {t: 't', v: true}]]}]},
    'kept: List of Map',
  ],
  [{type: 'Map', entries: [['a', {type: 'Short', text: '1'}]]}, {t: 'F', v: [['a', {t: 's', v: 2}]]}, 'lost'],
])('%o is what became of %o: %s', (arrived, sent, word) => {
  expect(cell(arrived, sent)).toBe(word)
})

test('a map has no order, and each name once', () => {
  const one: Case = {...(some as Case), aspect: {of: 'headers'}}
  const sent = (names: readonly string[]): Envelope => ({
    ...published(one),
    headers: names.map((name, at) => [name, {t: 'I', v: at}]),
  })
  const look = (names: readonly string[], found: readonly (readonly [string, JavaValue])[]) =>
    arrivedInJava(message(found)).look(one, sent(names))
  expect(
    look(
      ['b', 'a'],
      [
        ['a', {type: 'Integer', text: '1'}],
        ['b', {type: 'Integer', text: '0'}],
      ],
    ),
  ).toBe('kept: Map, in no order')
  expect(look(['a', 'a'], [['a', {type: 'Integer', text: '0'}]])).toBe('lost: all but the first')
  expect(look(['a', 'a'], [['a', {type: 'Integer', text: '1'}]])).toBe('lost')
})
