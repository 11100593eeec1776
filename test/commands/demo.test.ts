import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import Demo from '../../src/commands/demo.ts'
import {Report} from '../../src/model/report.ts'
import {Verification} from '../../src/model/verification.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const SLOW = 60_000

describe('demo', () => {
  test(
    'moves the invented shop, accounts for every message, and a second run has nothing to do',
    async () => {
      const dir = join(await tempFolder(), 'demo')
      const first = await runCommand(Demo, ['--dir', dir, '--no-color'])
      expect(first).toMatchObject({exit: 0})
      expect(first.stdout).toMatch(/^blocked {2}shop\/prices\.history: /m)
      expect(first.stdout).toMatch(/^loss {5}shop\/emails\.outgoing: .*accepted by the demo/m)
      expect(first.stdout).toMatch(/^left {5}logistics\/shipments\.labels: 1 message: too large/m)
      expect(first.stdout).toMatch(/ · unexplained 0$/m)
      expect(first.stdout).toMatch(/read back [\d,]+ messages from the target: every one is equal/)
      expect(first.stdout).toContain(`open this report: ${join(dir, 'report.md')}`)
      expect(first.stdout).toContain(join(dir, 'runbook.md'))

      const report = Report.parse(JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')))
      expect(report.verdict.word).toBe('accounted')
      expect(report.proof?.total).toMatchObject({failed: 1, doubt: 0, open: 0, unexplained: 0})
      const verification = Verification.parse(
        JSON.parse(await readFile(join(dir, 'verification.json'), 'utf8')),
      )
      expect(verification.total).toEqual(report.proof?.total)
      const platforms = report.counts.recommended.map(({platform}) => platform)
      expect(platforms).toEqual(expect.arrayContaining(['sqs-standard', 'sqs-fifo', 'sns-sqs', 'kinesis']))

      const again = await runCommand(Demo, ['--dir', dir, '--no-color'])
      expect(again).toMatchObject({exit: 0})
      expect(again.stdout).toMatch(/^nothing to do/)
      expect(again.stdout).toContain(join(dir, 'report.md'))
      const json = await runCommand(Demo, ['--dir', dir, '--json'])
      expect(json.json()).toMatchObject({kind: 'mqlift/report', proof: {total: {unexplained: 0}}})
    },
    SLOW,
  )

  test(
    'after an interruption it begins again',
    async () => {
      const dir = join(await tempFolder(), 'demo')
      await runCommand(Demo, ['--dir', dir])
      await rm(join(dir, 'verification.json'))
      await rm(join(dir, 'report.json'))
      expect(await runCommand(Demo, ['--dir', dir, '--json'])).toMatchObject({exit: 0})
      expect(await readdir(dir)).toContain('report.json')
    },
    SLOW,
  )

  test('a folder that is not a demo’s is left alone: exit 2', async () => {
    const dir = await tempFolder()
    await mkdir(join(dir, 'work'))
    await writeFile(join(dir, 'precious.txt'), 'x')
    const {exit, stderr} = await runCommand(Demo, ['--dir', dir, '--fresh', '--no-color'])
    expect(exit).toBe(2)
    expect(stderr).toContain('not a folder of the demo')
    expect(await readdir(dir)).toEqual(['precious.txt', 'work'])
  })
})
