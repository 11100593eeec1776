import {createSecretKey} from 'node:crypto'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {contentsOf} from '../../src/archive/contents.ts'
import {SeqSet} from '../../src/archive/seq-set.ts'
import {Taken} from '../../src/archive/taken.ts'
import {digest, encodeHead} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {digestsOf, Multiset, Recogniser, RemovedLog} from '../../src/session/recognise.ts'
import {envelope, ORDERS} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const KEY = createSecretKey(Buffer.alloc(32, 9))
const A = envelope('a')
const B = envelope('b')

async function recogniser(
  back: readonly Envelope[],
  more: {most?: number; removable?: (source: string) => boolean; folder?: string} = {},
) {
  const removed = await RemovedLog.open(join(more.folder ?? (await tempFolder()), 'removed.jsonl'))
  const digests = new Multiset()
  for (const one of back) digests.add(digest(KEY, one))
  const {most = 0, removable = () => true} = more
  return {removed, it: new Recogniser({key: KEY, back: digests, removed, most, removable})}
}

describe('what waits at a target', () => {
  test('a message that did not come back yet is taken', async () => {
    const {it, removed} = await recogniser([])
    await using _log = removed
    expect(await it.judge({id: '1', ours: A}, 'orders')).toBe('take')
  })

  test('one whose archive record came back is removed, one for each record: twins are two', async () => {
    const {it, removed} = await recogniser([A, A, B])
    await using _log = removed
    const copies = [A, A, A, B].map((ours, index) => it.judge({id: String(index), ours}, 'orders'))
    expect(await Promise.all(copies)).toEqual(['remove', 'remove', 'take', 'remove'])
  })

  test('one of a queue that the archive does not answer for is taken, never removed', async () => {
    const {it, removed} = await recogniser([A], {removable: (source) => source !== ORDERS})
    await using _log = removed
    expect(await it.judge({id: '1', ours: A}, 'orders')).toBe('take')
  })

  test('a removal that was lost is decided again in the same way, and its record counts once', async () => {
    const folder = await tempFolder()
    {
      const {it, removed} = await recogniser([A], {folder})
      await using _first = removed
      expect(await it.judge({id: '1', ours: A}, 'orders')).toBe('remove')
    }
    const {it, removed} = await recogniser([A], {folder})
    await using _log = removed
    expect(await it.judge({id: '1', ours: A}, 'orders')).toBe('remove')
    expect(await it.judge({id: '2', ours: A}, 'orders')).toBe('take')
  })

  test('messages of others are taken up to the bound; a copy that comes again counts once', async () => {
    const {it, removed} = await recogniser([], {most: 2})
    await using _log = removed
    const ids = ['1', '2', '1', '3', '2']
    const judged: string[] = []
    for (const id of ids) judged.push(await it.judge({id, ours: null}, 'orders'))
    expect(judged).toEqual(['take', 'take', 'take', 'leave', 'take'])
  })
})

test('digests of chosen records: a record that was written twice is one', async () => {
  const folder = join(await tempFolder(), 'archive')
  {
    await using archive = await openArchive(folder)
    const records = [
      [1, A],
      [1, A],
      [2, A],
      [3, B],
    ] as const
    for (const [seq, one] of records) await archive.append([{seq, head: encodeHead(one), body: one.body}])
  }
  const chosen = new SeqSet()
  for (const seq of [1, 2]) chosen.add(seq)
  const digests = await digestsOf(folder, KEY, chosen)
  expect([A, A, A, B].map((one) => digests.take(digest(KEY, one)))).toEqual([true, true, false, false])
  await using taken = await Taken.open(join(folder, '..', 'taken'))
  expect(taken.resumed).toBe(false)
  expect((await contentsOf(folder, (seq) => chosen.has(seq))).destinations.get(ORDERS)?.length).toBe(2)
})
