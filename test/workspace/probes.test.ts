import {chmod, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterEach, beforeEach, expect, test} from 'vitest'

import type {Checkup} from '../../src/model/doctor.ts'
import {doctor} from '../../src/stages/doctor.ts'
import {type MachineProbeOptions, machineProbes} from '../../src/workspace/probes.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mqlift-probes-'))
})
afterEach(async () => {
  await rm(dir, {recursive: true, force: true})
})

async function ask(
  options: Partial<MachineProbeOptions> = {},
): Promise<Record<string, Checkup['checks'][number]>> {
  const probes = machineProbes({
    dir,
    messages: null,
    bytes: null,
    nodeVersion: 'v24.21.0',
    now: () => performance.now(),
    ...options,
  })
  const {checks} = await doctor(probes, {timeoutMs: 5000}, new AbortController().signal)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

test('a good machine has nothing to say, and nothing is left in the folder', async () => {
  const found = await ask()
  expect(Object.values(found).map(({outcome}) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  expect(await readdir(dir)).toEqual([])
})

test('a folder that does not exist yet is judged by the one it will be in', async () => {
  const found = await ask({dir: join(dir, 'a/b/c')})
  expect(found['machine.folder']).toMatchObject({
    outcome: 'ok',
    evidence: expect.stringContaining('can be made'),
  })
  expect(await readdir(dir)).toEqual([])
})

test('a folder that others can read is named, with the command that closes it', async () => {
  await chmod(dir, 0o755)
  expect((await ask())['machine.folder']).toMatchObject({outcome: 'warning', fix: `chmod 700 ${dir}`})
})

test('a file is no folder', async () => {
  const file = join(dir, 'file')
  await writeFile(file, '')
  const found = await ask({dir: file})
  expect(found['machine.folder']).toMatchObject({outcome: 'failed'})
  expect(found['machine.disk']).toMatchObject({outcome: 'skipped', evidence: 'needs machine.folder'})
})

test('more messages than the disk holds', async () => {
  expect((await ask({messages: 1e9, bytes: 1e16}))['machine.disk']).toMatchObject({outcome: 'failed'})
})

test('an old Node.js', async () => {
  expect((await ask({nodeVersion: 'v22.5.0'}))['machine.node']).toMatchObject({outcome: 'failed'})
})
