import {expect, test} from 'vitest'

import {targetName} from '../../../src/targets/amazon-mq-activemq/names.ts'
import {userName} from '../../../src/targets/amazon-mq-activemq/plan-rights.ts'
import {queue} from '../../routing/estate.ts'
import {planOf} from './plan-kit.ts'

test.each([
  ['/', 'orders', 'orders'],
  ['/', 'orders.eu-1_a', 'orders.eu-1_a'],
  ['/', 'a,b', 'a%2Cb'],
  ['/', 'a*>b?c', 'a%2A%3Eb%3Fc'],
  ['/', ' padded ', '%20padded%20'],
  ['/', '100%', '100%25'],
  ['/', 'Grüße/é😀', 'Gr%C3%BC%C3%9Fe%2F%C3%A9%F0%9F%98%80'],
  ['/', '\udc80', '%80'],
  ['/', 'ActiveMQ.DLQ', 'ActiveMQ%2EDLQ'],
  ['/', 'Consumer.a.VirtualTopic.b', 'Consumer%2Ea.VirtualTopic.b'],
  ['/', 'DLQ.orders', 'DLQ%2Eorders'],
  ['/', '__proto__', '__proto__'],
  ['eu', 'orders', 'eu/orders'],
  ['e/u', 'orders', 'e%2Fu/orders'],
])('in virtual host %s, %j is called %s', (vhost, name, wanted) => {
  expect(targetName(vhost, name)).toBe(wanted)
})

test('two names never become one', () => {
  const names = [
    'a b',
    'a%20b',
    'a+b',
    'a,b',
    'a%2Cb',
    'eu/orders',
    'eu%2Forders',
    'eu.orders',
    '\udc80',
    '%80',
    '\u0080',
  ]
  expect(new Set(names.map((name) => targetName('/', name))).size).toBe(names.length)
  expect(targetName('/', 'eu/orders')).not.toBe(targetName('eu', 'orders'))
})

test('a name of mqlift.yaml is taken, unless it means more than a name or is somebody else’s', () => {
  const orders = queue('orders')
  const named = (name: string) => planOf([orders, queue('mail')], [], {config: {names: {'//orders': name}}})
  expect(named('shop.orders').moves.map(({target}) => target)).toContain('activemq-queue:shop.orders')
  expect(() => named('a,b')).toThrow(/does not take for itself/)
  expect(() => named('a\u0001')).toThrow(/does not take for itself/)
  expect(() => named('mail')).toThrow(/is the name of/)
})

test.each([
  ['shop', 'shop'],
  ['mail & more', 'mail~20~26~20more'],
  ['a', 'a~'],
  ['a~', 'a~7e'],
  ['', '~~'],
  ['mqlift', 'mqlift~'],
  ['mqlift~', 'mqlift~7e'],
  ['activemq-webconsole', 'activemq-webconsole~'],
  ['a'.repeat(100), 'a'.repeat(100)],
])('user %j signs in as %s', (name, wanted) => {
  expect(userName(name)).toBe(wanted)
})

test('a user name that is too long ends in a hash, and is still nobody else’s', () => {
  const names = ['ü'.repeat(40), `${'ü'.repeat(40)}1`, 'a'.repeat(101), `${'a'.repeat(80)}~~`].map(userName)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9._~-]{2,100}$/)
})
