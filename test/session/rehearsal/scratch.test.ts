import {expect, test} from 'vitest'

import {MqliftError} from '../../../src/errors.ts'
import type {Step} from '../../../src/model/plan.ts'
import {howToRemove, stillThere} from '../../../src/session/rehearsal/problems.ts'
import {
  FOLDER,
  prepareFolder,
  remembered,
  removeScratch,
  scratchSteps,
} from '../../../src/session/rehearsal/scratch.ts'
import type {Targets} from '../../../src/session/targets.ts'
import type {ConnectedPlatform} from '../../../src/targets/target.ts'
import {tempFolder} from '../../helpers/temp-folder.ts'
import {aSession} from '../a-session.ts'

test('a damaged list of scratch resources is named, and what it was for', async () => {
  const session = aSession(await tempFolder())
  await prepareFolder(session)
  expect(await remembered(session)).toBeUndefined()
  await session.workspace.writeText(`${FOLDER}/scratch.json`, '{"run": "run-0"}')
  await expect(remembered(session)).rejects.toMatchObject({
    kind: 'input',
    file: session.workspace.path(`${FOLDER}/scratch.json`),
    message: expect.stringContaining('the scratch resources that may be left'),
  })
})

const step = (name: string): Step => ({
  id: `queue:${name}`,
  platform: 'amazon-mq-activemq',
  do: 'activemq-scratch',
  name,
  when: 'before',
  settings: {},
  needs: [],
  for: [],
  because: [],
})

/** Of a platform that removes in this way. */
const targetsThat = (remove: (step: Step) => Promise<boolean>): Targets => ({
  region: null,
  endpoint: null,
  platform: () => Promise.resolve({remove} as Partial<ConnectedPlatform> as ConnectedPlatform),
  identity: () => Promise.reject(new Error('nobody asks')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

const [FIRST, SECOND] = ['mqlift-rehearsal-11223344-a', 'mqlift-rehearsal-11223344-b'] as const

test('what is only asked about is nothing that could be left', () => {
  expect(scratchSteps([step('broker'), step(FIRST)]).map(({name}) => name)).toEqual([FIRST])
})

test('what cannot be removed does not keep the others, and is named with what removes it', async () => {
  const asked: string[] = []
  const targets = targetsThat(({name}) => {
    asked.push(name)
    if (name !== SECOND) return Promise.resolve(true)
    throw new MqliftError('unreachable', 'nothing listens there', {suggestions: ['the console', 'the port']})
  })
  const left = await removeScratch([step(FIRST), step(SECOND)], targets)
  expect(asked).toEqual([SECOND, FIRST])
  expect(left).toEqual([{name: SECOND, because: 'nothing listens there', how: ['the console', 'the port']}])
  expect(howToRemove([...left, ...left])).toEqual(['the console', 'the port'])
  expect(stillThere(left, '/move/rehearsal')).toMatchObject({
    kind: 'incomplete',
    reason: 'scratch-left',
    suggestions: [
      'the console',
      'the port',
      `remove by hand: ${SECOND}, and then /move/rehearsal`,
      'or rehearse again: it removes them first',
    ],
  })
})
