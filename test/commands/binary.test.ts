import {join} from 'node:path'

import {expect, test} from 'vitest'

import {runBinary} from '../helpers/binary.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

test('the program keeps answer, conversation and verdict apart', async () => {
  const ran = await runBinary(['report', '--dir', join(await tempFolder(), 'none'), '--json'])
  expect(ran.exit).toBe(3)
  expect(JSON.parse(ran.stdout)).toMatchObject({error: {kind: 'input', reason: 'missing'}})
  expect(ran.stderr).toBe('')
})

test('the program names every command in its help, and an unknown one is 127', async () => {
  const help = await runBinary(['--help'])
  expect(help.exit).toBe(0)
  for (const verb of ['inspect', 'assess', 'plan', 'apply', 'migrate', 'verify', 'report', 'clean']) {
    expect(help.stdout).toMatch(new RegExp(`^ +${verb} `, 'm'))
  }
  expect((await runBinary(['liftoff'], {CI: '1'})).exit).toBe(127)
})

test('an older Node.js is told so, and nothing else is tried', async () => {
  const old = "data:text/javascript,Object.defineProperty(process,'version',{value:'v20.20.2'})"
  const ran = await runBinary(['report', '--json'], {NODE_OPTIONS: `--import=${old}`})
  expect(ran.exit).toBe(2)
  expect(JSON.parse(ran.stdout)).toMatchObject({
    error: {kind: 'usage', message: 'mqlift needs Node.js 24 or newer; this is v20.20.2'},
  })
})
