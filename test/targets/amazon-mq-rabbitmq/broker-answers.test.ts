import {expect, test} from 'vitest'

import type {ManagementApi} from '../../../src/protocols/management.ts'
import {BrokerAnswers} from '../../../src/targets/amazon-mq-rabbitmq/broker-answers.ts'

const never = new AbortController().signal

/** Answers, and what the API was asked. */
function asked(bodyOf: (path: string, signal: AbortSignal) => unknown): {
  answers: BrokerAnswers
  paths: string[]
} {
  const paths: string[] = []
  const get = async (segments: readonly string[], _: unknown, signal: AbortSignal): Promise<unknown> => {
    const path = segments.join(' ')
    paths.push(path)
    await Promise.resolve()
    const body: unknown = await bodyOf(path, signal)
    return body === undefined ? {ok: false} : {ok: true, body}
  }
  const api = {get} as unknown as ManagementApi
  return {answers: new BrokerAnswers(() => Promise.resolve(api)), paths}
}

test('moves and queue steps ask for everything once: per broker, and names per virtual host', async () => {
  const bodies: Record<string, unknown> = {
    whoami: {tags: 'administrator,impersonator'},
    'queues a': [{name: 'one'}],
    'queues b': [],
    overview: {cluster_name: 'rabbit@one'},
  }
  const {answers, paths} = asked((path) => bodies[path])
  for (let move = 0; move < 3; move++) {
    expect(await answers.impersonates(never)).toBe(true)
    expect(await answers.queueNames('a', never)).toEqual(new Set(['one']))
    expect(await answers.queueNames('b', never)).toEqual(new Set())
    expect(await answers.clusterName(never)).toBe('rabbit@one')
  }
  expect(paths).toEqual(['whoami', 'queues a', 'queues b', 'overview'])
})

test('two lanes that ask at once are one question', async () => {
  const {answers, paths} = asked(() => ({tags: []}))
  expect(await Promise.all([answers.impersonates(never), answers.impersonates(never)])).toEqual([
    false,
    false,
  ])
  expect(paths).toEqual(['whoami'])
})

test('a failure and a refusal are not kept', async () => {
  let attempt = 0
  const {answers} = asked(() => {
    attempt++
    if (attempt === 1) throw new Error('away')
    return attempt === 2 ? undefined : {cluster_name: 'rabbit@one'}
  })
  await expect(answers.clusterName(never)).rejects.toThrow('away')
  expect(await answers.clusterName(never)).toBeUndefined()
  expect(await answers.clusterName(never)).toBe('rabbit@one')
})

test('a lane that is stopped while it asks does not stop the others', async () => {
  const stop = new AbortController()
  const {answers} = asked((_, signal) => {
    if (signal !== stop.signal) return {cluster_name: 'rabbit@one'}
    stop.abort()
    throw new Error('aborted')
  })
  const [stopped, other] = await Promise.allSettled([
    answers.clusterName(stop.signal),
    answers.clusterName(never),
  ])
  expect(stopped.status).toBe('rejected')
  expect(other).toEqual({status: 'fulfilled', value: 'rabbit@one'})
})
