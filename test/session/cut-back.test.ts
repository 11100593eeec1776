import {expect, test} from 'vitest'

import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {type AtTarget, cutBackGuards, waitingAt} from '../../src/session/cut-back.ts'
import {move, resourceFor} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'
import {accountIn, setAside} from './set-aside.ts'

const resource = resourceFor(move())
const at = (more: Partial<AtTarget> = {}): ReadonlyMap<string, AtTarget> =>
  new Map([[resource.step, {resource, count: null, canTakeBack: true, ...more}]])
const count = (inFlight: number) => ({visible: 5, inFlight, delayed: 1, approximate: false})

async function reasons(targets: ReadonlyMap<string, AtTarget>, all: readonly MoveAccount[] = []) {
  const guards = await cutBackGuards(aSession(await tempFolder()), {all}, targets)
  return guards.map(({reason}) => reason)
}

test('targets that nobody asked for stand in nobody’s way', async () => {
  expect(await reasons(new Map())).toEqual([])
  expect(await reasons(at({count: count(0)}))).toEqual([])
})

test('a target that cannot be read, that others were moved into, or whose consumers run', async () => {
  expect(await reasons(at({canTakeBack: false}))).toEqual(['target-not-readable'])
  expect(await reasons(at({count: count(2)}))).toEqual(['consumers'])
  const account = await accountIn((await setAside()).session)
  if (!account) throw new Error('no account')
  expect(await reasons(at(), [account, {...account, source: 'queue:%2F/other'}])).toEqual(['shared-target'])
})

test('everything that a target holds waits there; what it did not say is not known', () => {
  expect([...waitingAt(at({count: count(2)}))]).toEqual([[resource.step, 8]])
  expect([...waitingAt(at())]).toEqual([[resource.step, null]])
})
