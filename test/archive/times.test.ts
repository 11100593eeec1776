import {appendFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {contentsOf} from '../../src/archive/contents.ts'
import {archivedWithin, TIMES} from '../../src/archive/times.ts'
import {encodeHead} from '../../src/model/canonical.ts'
import {envelope, ORDERS} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const at = (clock: string): number => Date.parse(`2026-11-24T${clock}Z`)

/** Archived one after the other, each at its time; a new process at every gap. */
async function archived(runs: readonly (readonly (readonly [seq: number, clock: string])[])[]) {
  const folder = join(await tempFolder(), 'archive')
  for (const run of runs) {
    let now = 0
    await using archive = await openArchive(folder, {now: () => now, segmentBytes: 300})
    for (const [seq, clock] of run) {
      now = at(clock)
      const one = envelope(`body ${seq}`)
      await archive.append([{seq, head: encodeHead(one), body: one.body}])
    }
  }
  return folder
}

async function within(folder: string, since?: string, until?: string): Promise<number[]> {
  const contents = await contentsOf(folder, () => true)
  const seqs = Array.from(contents.destinations.get(ORDERS) ?? [], ({seq}) => seq)
  const chosen = await archivedWithin(folder, {
    ...(since !== undefined && {since: at(since)}),
    ...(until !== undefined && {until: at(until)}),
  })
  return seqs.filter((seq) => chosen?.(seq))
}

test('says what was archived when, over any number of runs', async () => {
  const folder = await archived([
    [
      [1, '08:00:00'],
      [2, '08:00:05'],
      [3, '09:00:00'],
    ],
    [
      [4, '10:00:00'],
      [5, '10:00:00.300'],
    ],
    [[6, '11:00:00']],
  ])
  expect(await within(folder)).toEqual([1, 2, 3, 4, 5, 6])
  expect(await within(folder, '09:00:00')).toEqual([3, 4, 5, 6])
  expect(await within(folder, undefined, '09:00:00')).toEqual([1, 2])
  expect(await within(folder, '08:00:01', '10:30:00')).toEqual([2, 3, 4, 5])
  expect(await within(folder, '12:00:00')).toEqual([])
})

test('a message that is archived again under its number keeps its time', async () => {
  const folder = await archived([
    [
      [1, '08:00:00'],
      [2, '08:00:00.100'],
      [1, '09:00:00'],
      [3, '09:00:00.100'],
    ],
  ])
  expect(await within(folder, '08:30:00')).toEqual([3])
})

test('a torn last line is not there; a damaged one is said', async () => {
  const folder = await archived([[[1, '08:00:00']], [[2, '09:00:00']]])
  appendFileSync(join(folder, TIMES), '{"at": "2026-')
  expect(await within(folder, '08:30:00')).toEqual([2])
  await using reopened = await openArchive(folder)
  expect(reopened.folder).toBe(folder)
  expect(await within(folder, '08:30:00')).toEqual([2])
  appendFileSync(join(folder, TIMES), 'nothing\n')
  await expect(archivedWithin(folder, {})).rejects.toMatchObject({kind: 'input'})
})

test('an archive without times says so', async () => {
  const folder = await archived([[[1, '08:00:00']]])
  rmSync(join(folder, TIMES))
  expect(await archivedWithin(folder, {})).toBeUndefined()
})
