import {expect, test} from 'vitest'

import {unlessAborted} from '../../src/targets/unless-aborted.ts'

const endless = new Promise<never>(() => {})

test('work that ends before the run does gives what it gave', async () => {
  await expect(unlessAborted(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1)
})

test('a run that ends, or is over already, does not wait', async () => {
  const run = new AbortController()
  const waiting = unlessAborted(endless, run.signal)
  run.abort()
  await expect(waiting).resolves.toBeUndefined()
  await expect(unlessAborted(endless, run.signal)).resolves.toBeUndefined()
})

test('work that fails after the run was over disturbs nobody', async () => {
  const unheard: unknown[] = []
  const hear = (error: unknown): void => void unheard.push(error)
  process.on('unhandledRejection', hear)
  const {promise, reject} = Promise.withResolvers<never>()
  await expect(unlessAborted(promise, AbortSignal.abort())).resolves.toBeUndefined()
  reject(new Error('too late'))
  await new Promise(setImmediate)
  process.removeListener('unhandledRejection', hear)
  expect(unheard).toEqual([])
})
