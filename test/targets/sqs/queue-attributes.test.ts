import {expect, test} from 'vitest'

import {creationAttributes, driftOf, wantedAttributes} from '../../../src/targets/sqs/queue-attributes.ts'
import {POLICY_BYTES, policyChange} from '../../../src/targets/sqs/queue-policy.ts'
import {SqsQueueSettings} from '../../../src/targets/sqs/steps.ts'
import {queueStep} from './sqs-kit.ts'

const PLACE = {partition: 'aws-cn', region: 'cn-north-1', account: '111122223333'}
const settings = (parts: Partial<SqsQueueSettings> = {}, name = 'orders') =>
  SqsQueueSettings.parse(queueStep(name, parts).settings)

test('a key excludes SSE-SQS', () => {
  const wanted = wantedAttributes(settings({kmsKey: 'alias/mq'}), PLACE, false)
  expect(wanted['KmsMasterKeyId']).toBe('alias/mq')
  expect(wanted).not.toHaveProperty('SqsManagedSseEnabled')
  expect(wantedAttributes(settings(), PLACE, false)['SqsManagedSseEnabled']).toBe('true')
})

test('ARNs of other partitions', () => {
  const wanted = wantedAttributes(
    settings({
      redrive: {deadLetterStep: 'sqs-queue:dead', maxReceiveCount: 3},
      redriveAllow: {allow: 'only', steps: ['sqs-queue:b', 'sqs-queue:a']},
    }),
    PLACE,
    false,
  )
  expect(JSON.parse(wanted['RedrivePolicy'] ?? '')).toEqual({
    deadLetterTargetArn: 'arn:aws-cn:sqs:cn-north-1:111122223333:dead',
    maxReceiveCount: 3,
  })
  expect(JSON.parse(wanted['RedriveAllowPolicy'] ?? '')).toEqual({
    redrivePermission: 'byQueue',
    sourceQueueArns: ['arn:aws-cn:sqs:cn-north-1:111122223333:a', 'arn:aws-cn:sqs:cn-north-1:111122223333:b'],
  })
})

test('high throughput of FIFO needs both settings; FIFO is said at creation only', () => {
  const fifo = settings({}, 'orders.fifo')
  expect(wantedAttributes(fifo, PLACE, false)).toMatchObject({
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    ContentBasedDeduplication: 'false',
  })
  expect(wantedAttributes(fifo, PLACE, false)).not.toHaveProperty('FifoQueue')
  expect(creationAttributes(fifo, PLACE, false)).toMatchObject({FifoQueue: 'true'})
})

test('what AWS leaves out or writes differently is no drift', () => {
  const wanted = wantedAttributes(
    settings({redrive: {deadLetterStep: 'sqs-queue:d', maxReceiveCount: 5}}),
    PLACE,
    false,
  )
  const found: Record<string, string> = {
    ...wanted,
    RedrivePolicy: '{"maxReceiveCount":"5","deadLetterTargetArn":"arn:aws-cn:sqs:cn-north-1:111122223333:d"}',
  }
  const {RedriveAllowPolicy: _, SqsManagedSseEnabled: __, DelaySeconds: ___, ...given} = found
  expect(driftOf('s', wanted, given)).toEqual([])
  expect(driftOf('s', {...wanted, RedrivePolicy: ''}, given)).toMatchObject([
    {attribute: 'RedrivePolicy', wanted: null},
  ])
  expect(driftOf('s', wanted, {...given, RedrivePolicy: ''})).toMatchObject([
    {attribute: 'RedrivePolicy', found: null},
  ])
})

test('a new queue says only what is not the default', () => {
  expect(creationAttributes(settings({receiveWaitSeconds: 0}), PLACE, false)).toEqual({
    MessageRetentionPeriod: '1209600',
    VisibilityTimeout: '45',
  })
})

const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:orders'
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:shop'

test('a policy written by hand with one ARN instead of a list is the same', () => {
  const ours = policyChange(undefined, QUEUE, [TOPIC])
  expect(ours?.found).toBeNull()
  const text = (ours?.policy ?? '').replace(`["${TOPIC}"]`, `"${TOPIC}"`)
  expect(policyChange(text, QUEUE, [TOPIC])).toBeNull()
  const single = JSON.stringify({Version: '2012-10-17', Statement: JSON.parse(text).Statement[0]})
  expect(policyChange(single, QUEUE, [TOPIC])).toBeNull()
})

test('many topics are one statement; the limit is seen before the call', () => {
  const topics = Array.from({length: 200}, (_, i) => `${TOPIC}-${i}`)
  const change = policyChange(undefined, QUEUE, topics)
  expect(JSON.parse(change?.policy ?? '').Statement).toHaveLength(1)
  expect(Buffer.byteLength(change?.policy ?? '')).toBeGreaterThan(POLICY_BYTES)
})
