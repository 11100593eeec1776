import {CreateQueueCommand, SendMessageCommand} from '@aws-sdk/client-sqs'
import {expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import type {Step} from '../../../src/model/plan.ts'
import {isScratch, scratchPrefix} from '../../../src/model/scratch.ts'
import {platform} from '../../../src/targets/sqs/index.ts'
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
