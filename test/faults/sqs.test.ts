import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {
  awsError,
  expiredUntil,
  failEntries,
  type Rule,
  throttleBucket,
  wrongDigest,
} from '../brokers/fault-proxy.ts'
import {until} from '../brokers/lab.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'

const MESSAGES = 60

/** Only for sends, and only so often. */
function sends(times: number, rule: Rule): Rule {
  let left = times
  return (request, count) =>
    request.action === 'SendMessageBatch' && left-- > 0 ? rule(request, count) : undefined
}

const oneGroup = (): string => 'all'

describe.skipIf(withoutBrokers()).concurrent('SQS', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  async function planned(platform?: 'sqs-fifo'): Promise<Scene> {
    const scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(3), endpoint})
    await scene.plan(platform)
    return scene
  }

  test('throttles: slower, and nothing fails or repeats', async () => {
    await using scene = await planned()
    scene.sqs.rule = throttleBucket(30, 10, () => performance.now())
    const {proof} = await scene.finish()
    expect(proof?.total).toMatchObject({settled: MESSAGES, failed: 0, doubt: 0, possibleDuplicates: 0})
    expect(await scene.verdict()).toEqual([])
  })

  test('refuses a part of a batch for the moment: only that part is sent again', async () => {
    await using scene = await planned()
    const entries = failEntries((id) => id.endsWith('3') || id.endsWith('7'))
    scene.sqs.rule = sends(3, entries)
    const {proof} = await scene.finish()
    expect(proof?.total).toMatchObject({settled: MESSAGES, failed: 0, possibleDuplicates: 0})
    expect(await scene.verdict()).toEqual([])
  })

  test('refuses a part of a batch for good: it stays at the source, with the reason', async () => {
    await using scene = await planned()
    const first = failEntries((id) => id === '0', 'InvalidMessageContents', true)
    scene.sqs.rule = sends(1, first)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'left-behind'})
    expect(await scene.account()).toMatchObject({failed: 1, settled: MESSAGES - 1, possibleDuplicates: 0})
    expect(JSON.stringify((await scene.account())?.reasons)).toContain('InvalidMessageContents')
    expect(await scene.waits(1)).toBe(true)
    scene.sqs.rule = () => undefined
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  test('accepts and the answer is lost: sent again, counted, never fewer than there are', async () => {
    await using scene = await planned()
    scene.sqs.rule = sends(3, () => ({do: 'cut', when: 'after'}))
    const {proof} = await scene.finish()
    expect(proof?.total.settled).toBe(MESSAGES)
    expect(proof?.total.possibleDuplicates).toBeGreaterThan(0)
    expect(await scene.count()).toBeGreaterThan(MESSAGES)
    expect(await scene.verdict()).toEqual([])
  })

  test('FIFO accepts and the answer is lost: nothing is repeated and the order is kept', async () => {
    await using scene = await planned('sqs-fifo')
    scene.sqs.rule = sends(3, () => ({do: 'cut', when: 'after'}))
    await scene.finish()
    expect(await scene.count()).toBe(MESSAGES)
    expect(await scene.verdict(oneGroup)).toEqual([])
  })

  test('answers 500 after it stored: as a lost answer', async () => {
    await using scene = await planned()
    scene.sqs.rule = sends(2, () => ({do: 'pass', status: 500}))
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  test('stored something else than was sent: stops, and names the message', async () => {
    await using scene = await planned()
    scene.sqs.rule = sends(1, () => wrongDigest('MD5OfMessageBody', '0'))
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({reason: 'altered-at-target'})
    expect(failure.exit).toBeGreaterThanOrEqual(4)
    const account = await scene.account()
    expect(account?.settled).toBeLessThan(MESSAGES)
    expect(await scene.waits(MESSAGES - (account?.settled ?? 0))).toBe(true)
  })

  test('credentials that expire are waited for: nothing fails', async () => {
    await using scene = await planned()
    const file = join(scene.work, 'signed-in')
    const expired = expiredUntil(file)
    scene.sqs.rule = (request, count) =>
      request.action === 'SendMessageBatch' ? expired(request, count) : undefined
    const program = scene.execute()
    expect(await until(() => scene.sqs.count('SendMessageBatch') > 1, 20_000)).toBe(true)
    expect(existsSync(file)).toBe(false)
    writeFileSync(file, '')
    await expectExit(program, 0)
    expect(await scene.account()).toMatchObject({settled: MESSAGES, failed: 0, possibleDuplicates: 0})
    expect(await scene.verdict()).toEqual([])
  })

  test('denies access: stops at once, without a storm', async () => {
    await using scene = await planned()
    scene.sqs.rule = ({action}) =>
      action === 'SendMessageBatch' ? awsError(403, 'AccessDeniedException') : undefined
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({reason: 'access-denied'})
    expect([4, 5]).toContain(failure.exit)
    // Those that were under way: as many as a run starts with (8, targets/concurrency.ts), and what started with the first answer.
    expect(scene.sqs.count('SendMessageBatch')).toBeLessThanOrEqual(16)
    expect(await scene.waits(MESSAGES)).toBe(true)
    scene.sqs.rule = () => undefined
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })
})
