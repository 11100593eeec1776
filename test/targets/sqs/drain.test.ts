import {CreateQueueCommand, type Message, SendMessageCommand} from '@aws-sdk/client-sqs'
import {expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import type {Step} from '../../../src/model/plan.ts'
import {isScratch, scratchPrefix} from '../../../src/model/scratch.ts'
import {drainQueue} from '../../../src/targets/sqs/drain.ts'
import {platform} from '../../../src/targets/sqs/index.ts'
import type {Held} from '../../../src/targets/sqs/take-back/calls.ts'
import type {Found} from '../../../src/targets/target.ts'
import {sqsClient} from '../../faults/target-queue.ts'
import {startAws} from '../../helpers/aws.ts'

const {signal} = new AbortController()

async function place(name: string) {
  const {endpoint, env} = await startAws()
  const sqs = sqsClient(endpoint)
  const {QueueUrl: address = ''} = await sqs.send(new CreateQueueCommand({QueueName: name}))
  const connected = await platform.connect({region: 'us-east-1', endpoint, env})
  const resource = {step: `sqs-queue:${name}`, address} as Resource
  const step = {id: `sqs-queue:${name}`, do: 'sqs-queue', name} as Step
  return {sqs, address, connected, resource, step}
}

const SCRATCH = `${scratchPrefix('0f9a-1c2b-77')}orders`

test('the name of a scratch resource tells what it is', () => {
  expect(SCRATCH).toBe('mqlift-rehearsal-0f9a1c2b-orders')
  expect(isScratch(SCRATCH)).toBe(true)
  for (const name of ['orders', 'mqlift-rehearsal-', 'mqlift-rehearsal-orders', `x${SCRATCH}`])
    expect(isScratch(name)).toBe(false)
})

async function all(found: AsyncIterable<Found> | undefined): Promise<Found[]> {
  const list: Found[] = []
  for await (const one of found ?? []) list.push(one)
  return list
}

test('a scratch queue is emptied, and removed once', async () => {
  const {sqs, address, connected, resource, step} = await place(SCRATCH)
  await sqs.send(new SendMessageCommand({QueueUrl: address, MessageBody: 'not ours'}))
  const found = await all(connected.drain?.(resource, signal))
  expect(found).toEqual([{envelope: null}])
  expect(await connected.remove?.(step, signal)).toBe(true)
  expect(await connected.remove?.(step, signal)).toBe(false)
})

test('nothing else is emptied or removed', async () => {
  const {connected, resource, step} = await place('orders')
  expect(() => connected.drain?.(resource, signal)).toThrow(/not made by a rehearsal/)
  await expect(connected.remove?.(step, signal)).rejects.toThrow(/not made by a rehearsal/)
})

/** A queue of three messages that deletes what it is told to, in the order it is asked. */
function queue(failing: readonly (readonly string[])[]) {
  const batches: Message[][] = [
    ['a', 'b', 'c'].map((ReceiptHandle) => ({ReceiptHandle, Body: ReceiptHandle})),
  ]
  const asked: string[][] = []
  const seconds: (number | undefined)[] = []
  const calls = {
    url: 'https://sqs/scratch',
    receive(_: AbortSignal, visible?: number) {
      seconds.push(visible)
      return Promise.resolve(batches.shift() ?? [])
    },
    remove(held: readonly Held[]) {
      const fail = failing[asked.push(held.map(({handle}) => handle)) - 1] ?? []
      return Promise.resolve(held.flatMap(({id, handle}) => (fail.includes(handle) ? [id] : [])))
    },
  }
  return {calls, asked, seconds, hidden: () => Promise.resolve(0)}
}

test('a delete that fails is tried once more, alone', async () => {
  const scratch = queue([['b']])
  expect(await all(drainQueue(scratch, signal))).toHaveLength(3)
  expect(scratch.asked).toEqual([['a', 'b', 'c'], ['b']])
  expect(new Set(scratch.seconds)).toEqual(new Set([600]))
})

test('a delete that fails twice is told, with what to do', async () => {
  const scratch = queue([['a', 'b'], ['b']])
  await expect(all(drainQueue(scratch, signal))).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'SQS did not delete what came from https://sqs/scratch: 1 failed twice',
    suggestions: [expect.stringContaining('rehearse again')],
  })
})
