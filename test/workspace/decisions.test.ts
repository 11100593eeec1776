import {writeFile} from 'node:fs/promises'

import {expect, test} from 'vitest'

import {readConfig} from '../../src/workspace/config.ts'
import {appendDecisions, readDecisions} from '../../src/workspace/decisions.ts'
import {appendObservations, lastObservation} from '../../src/workspace/observations.ts'
import {readRuns, recordRun} from '../../src/workspace/runs.ts'
import {Workspace} from '../../src/workspace/workspace.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const accepted = {
  id: 'queue-max-priority queue:%2F/orders',
  answer: 'accept',
  by: 'ops',
  at: '2026-11-24T08:00:00Z',
}

test('a decision is read back, and the last word on an id wins', async () => {
  const workspace = new Workspace(await tempFolder())
  await appendDecisions(workspace, [accepted])
  await appendDecisions(workspace, [{...accepted, answer: 'no', why: '@later: # not a comment'}])
  expect(await readDecisions(workspace)).toEqual([
    {...accepted, answer: 'no', why: '@later: # not a comment'},
  ])
})

test('what stands already is not written again', async () => {
  const workspace = new Workspace(await tempFolder())
  await appendDecisions(workspace, [accepted])
  await appendDecisions(workspace, [{...accepted, at: '2026-11-25T08:00:00Z'}])
  expect(await readDecisions(workspace)).toEqual([accepted])
})

test('comments that people wrote into decisions.yaml stay', async () => {
  const workspace = new Workspace(await tempFolder())
  await writeFile(
    workspace.path('decisions.yaml'),
    '# agreed in CHG-4711\n- id: a\n  answer: accept # by mail\n  by: jo\n  at: 2026-11-01\n',
  )
  await appendDecisions(workspace, [accepted])
  const text = await workspace.readText('decisions.yaml')
  expect(text).toContain('# agreed in CHG-4711')
  expect(text).toContain('# by mail')
  expect(await readDecisions(workspace)).toHaveLength(2)
})

test('a decisions.yaml that is not YAML says where', async () => {
  const workspace = new Workspace(await tempFolder())
  await writeFile(workspace.path('decisions.yaml'), '- id: a\n  answer: "unclosed\n')
  await expect(readDecisions(workspace)).rejects.toMatchObject({kind: 'input', line: expect.any(Number)})
})

test('aliases cannot blow a small file up', async () => {
  const workspace = new Workspace(await tempFolder())
  const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (let level = 1; level < 9; level++) {
    lines.push(
      `${'abcdefghi'[level]}: &${'abcdefghi'[level]} [${Array(10)
        .fill(`*${'abcdefghi'[level - 1]}`)
        .join(',')}]`,
    )
  }
  await writeFile(workspace.path('mqlift.yaml'), lines.join('\n'))
  await expect(readConfig(workspace)).rejects.toMatchObject({kind: 'input'})
})

test('an absent mqlift.yaml means the defaults, an unknown key is a typo', async () => {
  const workspace = new Workspace(await tempFolder())
  expect(await readConfig(workspace)).toMatchObject({names: {}, prefix: '', tags: {}})
  await writeFile(workspace.path('mqlift.yaml'), 'prefx: acme-\n')
  await expect(readConfig(workspace)).rejects.toThrow(/prefx/)
})

test('the last whole observation counts, also after a line was cut short', async () => {
  const workspace = new Workspace(await tempFolder())
  expect(await lastObservation(workspace)).toBeUndefined()
  await appendObservations(workspace, [
    {at: 'one', destinations: {}},
    {at: 'two', destinations: {}},
  ])
  await writeFile(workspace.path('observations.jsonl'), '{"at": "cut sh', {flag: 'a'})
  expect(await lastObservation(workspace)).toEqual({at: 'two', destinations: {}})
  await appendObservations(workspace, [{at: 'three', destinations: {}}])
  expect(await lastObservation(workspace)).toEqual({at: 'three', destinations: {}})
})

test('the audit trail keeps one entry per run and fills in how it ended', async () => {
  const workspace = new Workspace(await tempFolder())
  const run = {
    id: 'r1',
    at: '2026-11-24T08:00:00Z',
    user: 'ops',
    host: 'bastion',
    tool: '0.1.0',
    command: ['mqlift', 'apply', '--execute'],
    caller: null,
    plan: null,
    overrides: ['--allow-emulator'],
    exit: null,
  }
  await recordRun(workspace, run)
  await recordRun(workspace, {...run, exit: 0})
  await recordRun(workspace, {...run, id: 'r2'})
  expect((await readRuns(workspace)).map(({id, exit}) => [id, exit])).toEqual([
    ['r1', 0],
    ['r2', null],
  ])
})
