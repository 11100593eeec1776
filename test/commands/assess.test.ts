import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {beforeEach, describe, expect, test} from 'vitest'

import Assess from '../../src/commands/assess.ts'
import Clean from '../../src/commands/clean.ts'
import ReportCommand from '../../src/commands/report.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {estate, inventoryFile, queue} from '../helpers/estate.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

let dir: string
let file: string
const priority = queue('by-priority', {maxPriority: {value: 10, evidence: 'x-max-priority'}})

beforeEach(async () => {
  const folder = await tempFolder()
  dir = join(folder, 'move')
  file = await inventoryFile(folder, estate(queue('orders'), queue('\u001B[2J::error::evil'), priority))
})

describe('assess', () => {
  test('prints a table for people and says what to run next', async () => {
    const ran = await runCommand(Assess, [file, '--dir', dir])
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toContain('3 queues')
    expect(ran.stdout).toContain('by-priority')
    expect(ran.stderr).toBe(`next: mqlift plan --dir=${dir}\n`)
  })

  test('prints the artefact it wrote with --json', async () => {
    const ran = await runCommand(Assess, [file, '--dir', dir, '--json'])
    expect(ran.json()).toEqual(JSON.parse(await readFile(join(dir, 'assessment.json'), 'utf8')))
    expect(ran.json()).toMatchObject({kind: 'mqlift/assessment', summary: {queues: 3, messages: null}})
  })

  test('assesses what the folder holds when nothing is named, under another preference', async () => {
    await runCommand(Assess, [file, '--dir', dir])
    const ran = await runCommand(Assess, ['--dir', dir, '--prefer', 'lift-and-shift', '--json'])
    expect(ran.json()).toMatchObject({preference: 'lift-and-shift', summary: {queues: 3}})
  })

  test('shows a hostile name as harmless text', async () => {
    const ran = await runCommand(Assess, [file, '--dir', dir])
    expect(ran.stdout).not.toContain('\u001B')
    expect(ran.stdout).not.toMatch(/^\s*::/m)
  })

  test('exits 7 when a threshold is crossed, with the assessment in the JSON', async () => {
    const human = await runCommand(Assess, [file, '--dir', dir, '--min-score', '100'])
    expect(human.exit).toBe(7)
    expect(human.stdout).toContain('by-priority')
    expect(human.stderr).toContain('threshold:')
    const ran = await runCommand(Assess, [file, '--dir', dir, '--min-score', '100', '--json'])
    expect(ran.exit).toBe(7)
    expect(ran.json()).toMatchObject({
      kind: 'mqlift/assessment',
      error: {kind: 'threshold', reason: 'min-score'},
    })
    expect((await runCommand(Assess, [file, '--dir', dir, '--max-unknown', '0'])).exit).toBe(7)
  })

  test('exits 3 without an inventory, and says how to get one', async () => {
    const ran = await runCommand(Assess, ['--dir', dir, '--json'])
    expect(ran.exit).toBe(3)
    expect(ran.json()).toMatchObject({
      error: {
        kind: 'input',
        reason: 'missing',
        suggestions: [expect.stringContaining('mqlift inspect'), expect.anything()],
      },
    })
  })

  test('refuses a weight for a criterion that does not exist', async () => {
    await runCommand(Assess, [file, '--dir', dir])
    await writeFile(join(dir, 'mqlift.yaml'), 'weights: {no-such-thing: 3}\n')
    const ran = await runCommand(Assess, ['--dir', dir])
    expect(ran.exit).toBe(3)
    expect(ran.stderr).toContain('no-such-thing')
  })
})

describe('report', () => {
  test('writes both reports and names them', async () => {
    await runCommand(Assess, [file, '--dir', dir])
    const ran = await runCommand(ReportCommand, ['--dir', dir])
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toContain(join(dir, 'report.md'))
    expect(await readFile(join(dir, 'report.md'), 'utf8')).toContain('by-priority')
    const json = await runCommand(ReportCommand, ['--dir', dir, '--json'])
    expect(json.json()).toEqual(JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')))
  })

  test('exits 3 when the assessment is of another inventory', async () => {
    await runCommand(Assess, [file, '--dir', dir])
    const path = join(dir, 'inventory.json')
    const inventory = JSON.parse(await readFile(path, 'utf8'))
    inventory.destinations.pop()
    await writeFile(path, JSON.stringify(inventory))
    const ran = await runCommand(ReportCommand, ['--dir', dir, '--json'])
    expect(ran.exit).toBe(3)
    expect(ran.json()).toMatchObject({error: {reason: 'stale', suggestions: ['run mqlift assess']}})
  })
})

describe('clean', () => {
  beforeEach(async () => {
    await mkdir(join(dir, 'archive'), {recursive: true})
    await writeFile(join(dir, 'archive', '000001.segment'), 'bodies')
    const run = {
      id: 'r',
      at: '2026-11-24T08:00:00.000Z',
      tool: '0',
      host: 'h',
      pid: 1,
      command: [],
      caller: null,
    }
    await using _ = await openLedger(join(dir, 'ledger.db'), {...run, plan: 'hash'})
  })

  test('lists what holds message data and changes nothing', async () => {
    const ran = await runCommand(Clean, ['--dir', dir, '--ledger'])
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toContain(join(dir, 'archive'))
    expect(ran.stdout).toContain(join(dir, 'ledger.db'))
    expect(await readdir(dir)).toEqual(expect.arrayContaining(['archive', 'ledger.db']))
  })

  test('removes the archive with --execute, and the ledger only when told', async () => {
    const ran = await runCommand(Clean, ['--dir', dir, '--execute', '--json'])
    expect(ran.json()).toMatchObject({removed: true, holds: [{path: join(dir, 'archive'), bytes: 6}]})
    const again = await runCommand(Clean, ['--dir', dir, '--execute', '--ledger', '--json'])
    expect(again.json()).toMatchObject({
      holds: expect.arrayContaining([expect.objectContaining({path: join(dir, 'ledger.db')})]),
    })
    expect((await runCommand(Clean, ['--dir', dir, '--ledger'])).stdout).toBe(
      'nothing here holds message data\n',
    )
  })

  test('leaves an audit entry', async () => {
    await runCommand(Clean, ['--dir', dir, '--execute'])
    const {runs} = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'))
    expect(runs).toMatchObject([{command: ['mqlift', 'clean', '--dir', dir, '--execute'], exit: 0}])
  })
})
