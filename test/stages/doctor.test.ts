import {expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {failed, ok, type Diagnosis, type Probe} from '../../src/model/doctor.ts'
import {doctor} from '../../src/stages/doctor.ts'

const probe = (id: string, run: () => Promise<Diagnosis>, needs: string[] = []): Probe => ({
  id,
  question: `${id}?`,
  needs,
  run,
})
const fine = async (): Promise<Diagnosis> => ok('yes')
const broken = async (): Promise<Diagnosis> => failed('no', 'do this')
const thrown = async (): Promise<Diagnosis> => {
  throw new MqliftError('unreachable', 'nothing listens there', {suggestions: ['start it']})
}
const bug = async (): Promise<Diagnosis> => {
  throw new TypeError('oops')
}
const deaf = (): Promise<Diagnosis> => new Promise(() => undefined)
const signal = new AbortController().signal
const options = {timeoutMs: 1000}

test('answers come in the order of the probes, with their ids', async () => {
  const {checks, counts} = await doctor([probe('a', fine), probe('b', broken)], options, signal)
  expect(checks).toEqual([
    {id: 'a', question: 'a?', outcome: 'ok', evidence: 'yes', fix: null},
    {id: 'b', question: 'b?', outcome: 'failed', evidence: 'no', fix: 'do this'},
  ])
  expect(counts).toEqual({ok: 1, warning: 0, failed: 1, unknown: 0, skipped: 0})
})

test('what cannot be asked is skipped and says why, down the whole chain', async () => {
  const {checks} = await doctor(
    [probe('a', broken), probe('b', fine, ['a']), probe('c', fine, ['b'])],
    options,
    signal,
  )
  expect(checks.map(({outcome, evidence}) => [outcome, evidence])).toEqual([
    ['failed', 'no'],
    ['skipped', 'needs a'],
    ['skipped', 'needs b'],
  ])
})

test('an unselected prerequisite does not stop a selected check', async () => {
  const onlyB = {...options, selected: (id: string) => id === 'b'}
  const {checks} = await doctor([probe('a', broken), probe('b', fine, ['a'])], onlyB, signal)
  expect(checks.map(({id, outcome}) => [id, outcome])).toEqual([['b', 'ok']])
})

test('an expected error is a failed check with its own suggestion', async () => {
  const {checks} = await doctor([probe('a', thrown)], options, signal)
  expect(checks[0]).toMatchObject({outcome: 'failed', evidence: 'nothing listens there', fix: 'start it'})
})

test('a bug stays a bug', async () => {
  await expect(doctor([probe('a', bug)], options, signal)).rejects.toThrow('oops')
})

test('a check that never answers is given up, deaf ones too', async () => {
  const {checks} = await doctor([probe('a', deaf), probe('b', fine)], {timeoutMs: 20}, signal)
  expect(checks.map(({outcome}) => outcome)).toEqual(['failed', 'ok'])
})

test('Ctrl-C ends it', async () => {
  const stop = new AbortController()
  const pulled = async (): Promise<Diagnosis> => {
    stop.abort(new MqliftError('interrupted', 'stopped'))
    return ok('yes')
  }
  await expect(doctor([probe('a', pulled), probe('b', fine)], options, stop.signal)).rejects.toThrow(
    'stopped',
  )
})
