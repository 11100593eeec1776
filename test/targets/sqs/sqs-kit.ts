import {setTimeout as sleep} from 'node:timers/promises'

import {DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient} from '@aws-sdk/client-sqs'

import type {Envelope} from '../../../src/model/envelope.ts'
import type {Move, Step} from '../../../src/model/plan.ts'
import type {SqsQueueSettings} from '../../../src/targets/sqs/steps.ts'
import type {Encoded, Entry, Target} from '../../../src/targets/target.ts'

export const ENV = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'}
export const REGION = 'us-east-1'
export const never: AbortSignal = new AbortController().signal

export function queueStep(name: string, settings: Partial<SqsQueueSettings> = {}): Step {
  const fifo = name.endsWith('.fifo')
  const all: SqsQueueSettings = {
    fifo,
    retentionSeconds: {now: 1_209_600, cutover: 86_400},
    delaySeconds: {now: 0, cutover: 0},
    visibilityTimeoutSeconds: 45,
    maximumMessageSize: 1_048_576,
    receiveWaitSeconds: 20,
    redrive: null,
    redriveAllow: {allow: 'all'},
    kmsKey: null,
    fifoThroughput: fifo ? 'group' : 'none',
    tags: {'mqlift:source': `/${name}`},
    ...settings,
  }
  return {
    id: `sqs-queue:${name}`,
    platform: fifo ? 'sqs-fifo' : 'sqs-standard',
    do: 'sqs-queue',
    name,
    when: 'before',
    settings: all,
    needs: [],
    for: [],
    because: [],
  }
}

export function moveTo(step: Step, parts: Partial<Move> = {}): Move {
  const fifo = step.platform === 'sqs-fifo'
  return {
    id: `queue:%2F/${step.name}>${step.id}`,
    source: `queue:%2F/${step.name}`,
    target: step.id,
    platform: step.platform,
    mode: 'drain',
    order: fifo ? 'strict' : 'none',
    ...(fifo && {group: {by: 'constant' as const, value: 'all'}}),
    sourceType: 'classic',
    deliveryLimit: null,
    expected: {messages: null, bytes: null},
    estimateSeconds: null,
    ...parts,
  }
}

export function envelope(parts: Partial<Envelope> = {}): Envelope {
  return {
    v: 1,
    source: {id: 'queue:%2F/orders', exchange: 'shop', routingKey: 'order.created'},
    properties: {messageId: 'm-1'},
    headers: [['tenant', {t: 'S', v: 'acme'}]],
    body: Buffer.from('{"id":1}'),
    delivery: {redelivered: false},
    ...parts,
  }
}

let seq = 0

/** Encodes and numbers messages as the mover does. */
export function batchOf(target: Target, messages: readonly Envelope[]): Map<Entry, Encoded> {
  return new Map(
    messages.map((message) => {
      seq++
      return [{seq, dedupId: `run-${seq}`}, target.encode(message, Date.now())] as const
    }),
  )
}

/** Takes everything out of a queue, in the order it comes. */
export async function drain(endpoint: string, queueUrl: string, wanted: number): Promise<Message[]> {
  const client = new SQSClient({
    region: REGION,
    endpoint,
    credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
  })
  const found: Message[] = []
  for (let empty = 0; found.length < wanted && empty < 3;) {
    const {Messages = []} = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) {
      empty++
      await sleep(20)
      continue
    }
    found.push(...Messages)
    const Entries = Messages.map(({ReceiptHandle}, index) => ({Id: String(index), ReceiptHandle}))
    await client.send(new DeleteMessageBatchCommand({QueueUrl: queueUrl, Entries}))
  }
  client.destroy()
  return found
}

/** The same bytes, whatever class carries them. */
export const plain = (message: Envelope | null): unknown =>
  structuredClone(message && {...message, body: new Uint8Array(message.body)})
