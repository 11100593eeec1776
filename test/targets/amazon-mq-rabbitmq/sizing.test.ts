import {describe, expect, test} from 'vitest'

import type {Load} from '../../../src/targets/amazon-mq-rabbitmq/sizing.ts'
import {fitOf, messageBytes, smallestFor} from '../../../src/targets/amazon-mq-rabbitmq/sizing.ts'

const LITTLE: Load = {
  connections: 10,
  queues: 10,
  vhosts: 1,
  shovels: 0,
  exchanges: 10,
  backlogBytes: 0,
  deepest: null,
}
const CLUSTER = {version: '4.2', deployment: 'cluster'} as const
const SINGLE = {version: '4.2', deployment: 'single'} as const
const GB = 1_000_000_000

const over = (load: Partial<Load>, place: typeof CLUSTER | typeof SINGLE, instance = 'mq.m7g.large') => {
  const fit = fitOf(instance, {...LITTLE, ...load}, place)
  const said = ({what, limit, key}: (typeof fit.over)[number]) => [what, limit, key]
  return {over: fit.over.map(said), raise: fit.raise.map(said)}
}

test('a small estate fits the smallest instance that is not for evaluation', () => {
  expect(smallestFor(LITTLE, CLUSTER)).toEqual({instance: 'mq.m7g.large', over: [], raise: []})
})

describe('limits', () => {
  test.each([
    ['queues', {queues: 1001}, 1000, 'cluster_queue_limit'],
    ['vhosts', {vhosts: 51}, 50, 'vhost_max'],
    ['shovels', {shovels: 31}, 30, 'runtime_parameters.limits.shovel'],
    ['exchanges', {exchanges: 1001}, 1000, 'cluster_exchange_limit'],
    // Two nodes carry all while the third is away: 1,002 are 501 on each.
    ['connections', {connections: 1002}, 500, 'connection_max'],
  ])('%s above the default are raised by a key', (what, load, limit, key) => {
    expect(over(load, CLUSTER)).toEqual({over: [], raise: [[what, limit, key]]})
  })

  test.each([
    ['queues', {queues: 10_001}, 10_000, 'mq.m7g.xlarge'],
    ['vhosts', {vhosts: 1501}, 1500, undefined],
    ['connections', {connections: 20_000}, 5000, 'mq.m7g.xlarge'],
    ['exchanges', {exchanges: 50_001}, 50_000, 'mq.m7g.xlarge'],
  ])('%s above the maximum need a larger instance, if there is one', (what, load, limit, larger) => {
    expect(over(load, CLUSTER).over).toEqual([[what, limit, expect.any(String)]])
    const smallest = smallestFor({...LITTLE, ...load}, CLUSTER)
    expect(smallest.over.length === 0 ? smallest.instance : undefined).toBe(larger)
  })

  test('one node carries all its connections', () => {
    expect(over({connections: 1501}, SINGLE).raise).toEqual([['connections', 1500, 'connection_max']])
  })

  test('3.13 runs at the maximum', () => {
    expect(
      fitOf('mq.m7g.large', {...LITTLE, queues: 9000}, {version: '3.13', deployment: 'cluster'}).raise,
    ).toEqual([])
  })

  test('what nobody could see exceeds nothing', () => {
    const blind = {...LITTLE, connections: null, shovels: null, backlogBytes: null}
    expect(smallestFor(blind, CLUSTER).instance).toBe('mq.m7g.large')
  })

  test('every limit says where it was read', () => {
    const [first] = fitOf('mq.m7g.large', {...LITTLE, queues: 1001}, CLUSTER).raise
    expect(first?.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.* \(autumn 2026\)$/)
  })
})

describe('disks', () => {
  test('of a cluster are small until StorageSize is set; what must stay free is no room', () => {
    // 15 GB less 2 GiB.
    expect(over({backlogBytes: 12 * GB}, CLUSTER)).toEqual({over: [], raise: []})
    expect(over({backlogBytes: 13 * GB}, CLUSTER).raise).toMatchObject([
      ['disk', 12_852_516_352, 'StorageSize'],
    ])
    expect(over({backlogBytes: 80 * GB}, CLUSTER).over).toMatchObject([['disk', 72_852_516_352, null]])
    expect(smallestFor({...LITTLE, backlogBytes: 80 * GB}, CLUSTER).instance).toBe('mq.m7g.xlarge')
  })

  test('of one node are 200 GB', () => {
    expect(over({backlogBytes: 150 * GB}, SINGLE)).toEqual({over: [], raise: []})
    expect(over({backlogBytes: 195 * GB}, SINGLE).over).toHaveLength(1)
  })
})

test('the policy of AWS on clusters refuses what is above its max-length', () => {
  const deepest = {queue: 'queue:%2F/q', messages: 8_000_001}
  expect(over({deepest}, CLUSTER).over).toEqual([['max-length', 8_000_000, null]])
  expect(over({deepest}, SINGLE).over).toEqual([])
})

test('messages are 512 KiB at most as created, on 4.x', () => {
  expect(messageBytes({version: '4.3'})).toBe(524_288)
  expect(messageBytes({version: '3.13'})).toBe(134_217_728)
})
