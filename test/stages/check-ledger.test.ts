import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {afterEach, expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {readLedger} from '../../src/ledger/open.ts'
import {encodeHead} from '../../src/model/canonical.ts'
import {checkLedger} from '../../src/stages/check-ledger.ts'
import {envelope} from '../fakes/plan.ts'
import {Plug} from '../fakes/plug.ts'
import {World} from '../fakes/world.ts'

const worlds: World[] = []
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose()
})

async function moved(messages = 50): Promise<World> {
  const world = new World({archive: true})
  worlds.push(world)
  world.publish(...Array.from({length: messages}, (_, index) => envelope(`message ${index % 40}`)))
  await world.run()
  return world
}

async function checked(world: World, archive = join(world.folder, 'archive')) {
  await using ledger = await readLedger(world.ledgerPath)
  return await checkLedger(ledger, archive)
}

test('a whole ledger and its archive match, message by message', async () => {
  expect(await checked(await moved())).toEqual({
    sound: true,
    damage: [],
    settled: 50,
    archive: {messages: 50, matching: 50, differing: 0, missing: 0, leftOut: 0},
  })
})

test('what was moved without an archive is not missing from it', async () => {
  const world = await moved()
  world.publish(...Array.from({length: 20}, (_, index) => envelope(`later ${index}`)))
  await world.run({archiving: 'off'})
  world.publish(envelope('last'))
  await world.run()
  expect(await checked(world)).toEqual({
    sound: true,
    damage: [],
    settled: 71,
    archive: {messages: 51, matching: 51, differing: 0, missing: 0, leftOut: 20},
  })
  rmSync(join(world.folder, 'archive'), {recursive: true})
  world.publish(envelope('after clean'))
  await world.run({archiving: 'fresh'})
  expect(await checked(world)).toMatchObject({
    sound: true,
    archive: {messages: 1, matching: 1, missing: 0, leftOut: 71},
  })
})

test('also after kills and with messages that failed first and were sent later', async () => {
  const world = new World({archive: true})
  worlds.push(world)
  world.publish(...Array.from({length: 30}, (_, index) => envelope(`message ${index % 25}`)))
  world.target = {fate: ({entry}) => (entry.seq % 7 === 0 ? 'refuse' : 'accept')}
  await world.run({plug: new Plug(60), window: {messages: 12, bytes: 1e9}})
  await world.run()
  world.target = {}
  await world.run()
  expect(await checked(world)).toMatchObject({sound: true, archive: {differing: 0, missing: 0}})
})

test('a message that is in the archive with another content is found', async () => {
  const world = await moved()
  {
    await using archive = await openArchive(join(world.folder, 'archive'))
    const other = envelope('something else')
    await archive.append([{seq: 7, head: encodeHead(other), body: other.body}])
  }
  expect(await checked(world)).toMatchObject({sound: false, archive: {differing: 1, missing: 0}})
})

test('messages that are missing from the archive are counted', async () => {
  const world = await moved()
  const folder = join(world.folder, 'archive')
  const path = join(folder, readdirSync(folder).find((name) => name.endsWith('.segment')) ?? '')
  writeFileSync(path, readFileSync(path).subarray(0, -200))
  const {sound, archive} = await checked(world)
  expect(sound).toBe(false)
  expect(archive?.missing).toBeGreaterThan(0)
})

test('without an archive, the ledger alone is checked', async () => {
  const world = await moved()
  await using ledger = await readLedger(world.ledgerPath)
  expect(await checkLedger(ledger, null)).toMatchObject({sound: true, archive: null})
})

test('an archive that is gone is said, not passed over', async () => {
  const world = await moved()
  rmSync(join(world.folder, 'archive'), {recursive: true})
  await expect(checked(world)).rejects.toMatchObject({kind: 'input'})
})
