import {expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {firstHost} from '../../src/protocols/first-host.ts'

const gone = (host: string): MqliftError =>
  new MqliftError('unreachable', host, {reason: host.startsWith('login') ? 'login-failed' : 'no-answer'})
const isFinal = ({reason}: MqliftError): boolean => reason === 'login-failed'

/** Hosts that begin with `up` answer. */
async function ask(hosts: readonly string[], signal?: AbortSignal) {
  const asked: string[] = []
  const attempt = async (host: string): Promise<string> => {
    asked.push(host)
    if (!host.startsWith('up')) throw gone(host)
    return host
  }
  const outcome = await firstHost(hosts, attempt, {signal, isFinal}).catch((error: unknown) => error)
  return {asked, outcome: outcome instanceof Error ? outcome.message : outcome}
}

test('the first that answers; those behind it are not asked', async () => {
  expect(await ask(['a', 'up 1', 'up 2'])).toEqual({asked: ['a', 'up 1'], outcome: 'up 1'})
})

test('none answers: what the first one failed with', async () => {
  expect(await ask(['a', 'b'])).toEqual({asked: ['a', 'b'], outcome: 'a'})
})

test('an answer that the others would give, too, ends it', async () => {
  expect(await ask(['a', 'login', 'up'])).toEqual({asked: ['a', 'login'], outcome: 'login'})
})

test('told to stop, nobody else is asked', async () => {
  const stopped = AbortSignal.abort(new Error('stopped'))
  expect(await ask(['up'], stopped)).toEqual({asked: [], outcome: 'stopped'})
})
