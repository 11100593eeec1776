import {describe, expect, test} from 'vitest'

import {globMatches, selection, selectionAmong} from '../../src/cli/selection.ts'
import {destinationId} from '../../src/model/id.ts'

describe('a glob', () => {
  test.each([
    ['*', '', true],
    ['orders*', 'orders.eu', true],
    ['orders', 'orders.eu', false],
    ['*.eu', 'orders.eu', true],
    ['o?ders', 'orders', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['[a-z]+', 'abc', false],
    ['.', 'x', false],
    ['', '', true],
    ['', 'x', false],
  ])('%j against %j is %s', (pattern, text, matches) => {
    expect(globMatches(pattern, text)).toBe(matches)
  })

  test('takes no time that grows out of hand', () => {
    const started = performance.now()
    expect(globMatches('*a'.repeat(40) + '*b', 'a'.repeat(4000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('--only and --except', () => {
  const orders = destinationId('queue', '/', 'orders')
  const dead = destinationId('queue', '/', 'orders.dead')
  const other = destinationId('queue', 'eu/west', 'orders')

  test('select by name, by virtual host and name, and by id', () => {
    expect([orders, dead, other].filter(selection({only: ['orders']}))).toEqual([orders, other])
    expect([orders, dead, other].filter(selection({only: ['eu/west/*']}))).toEqual([other])
    expect([orders, dead, other].filter(selection({only: [dead]}))).toEqual([dead])
  })

  test('without patterns everything is selected, and an exception wins', () => {
    expect([orders, dead, other].filter(selection({}))).toHaveLength(3)
    expect([orders, dead, other].filter(selection({only: ['*'], except: ['*.dead']}))).toEqual([
      orders,
      other,
    ])
  })
})

test('patterns that leave nothing are refused, with an example of what there is', () => {
  const ids = [destinationId('queue', '/', 'orders'), destinationId('queue', '/', 'mail')]
  expect(selectionAmong(ids, {only: ['orders']})(ids[0] ?? '')).toBe(true)
  expect(() => selectionAmong(ids, {only: ['order']})).toThrow('none of 2 destinations is selected by order')
  expect(() => selectionAmong(ids, {except: ['*']})).toThrow('none of 2 destinations')
  expect(selectionAmong([], {only: ['orders']})('queue:%2F/orders')).toBe(true)
})
