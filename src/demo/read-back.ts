import {createSecretKey, type KeyObject, randomBytes} from 'node:crypto'
import {setTimeout} from 'node:timers/promises'

import type {Message, SQSClient} from '@aws-sdk/client-sqs'

import {digest} from '../model/canonical.ts'
import type {Envelope} from '../model/envelope.ts'
import {decodeSqs} from '../targets/sqs/decode.ts'
import type {EmbeddedAws} from './embedded-aws.ts'

/** What is at the target, compared with what left the source, message by message. */
export interface ReadBack {
  readonly expected: number
  readonly found: number
  /** Left the source and is not at the target. */
  readonly missing: number
  /** Is at the target, or differs there in a single bit, and did not leave the source like that. */
  readonly unexpected: number
}

/**
 * Receives everything from the embedded queues, undoes the wire format as any consumer would, and compares digests
 * of whole messages: body, properties, every header with its type. A message that arrived twice is unexpected once.
 */
export async function readBack(
  aws: EmbeddedAws,
  queues: readonly string[],
  left: Iterable<Envelope>,
): Promise<ReadBack> {
  const key = createSecretKey(randomBytes(32))
  const expected = countOf([...left].map((envelope) => hash(key, envelope)))
  const client = await clientOf(aws)
  const received = await Promise.all(queues.map((queue) => drain(client, queue)))
  client.destroy()
  const found = countOf(
    received.flat().map((envelope) => (envelope === null ? 'foreign' : hash(key, envelope))),
  )
  return {
    expected: sum(expected),
    found: sum(found),
    missing: excess(expected, found),
    unexpected: excess(found, expected),
  }
}

const hash = (key: KeyObject, envelope: Envelope): string => digest(key, envelope).toString('base64')

type Multiset = ReadonlyMap<string, number>

function countOf(hashes: readonly string[]): Multiset {
  const counts = new Map<string, number>()
  for (const one of hashes) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

const sum = (counts: Multiset): number => [...counts.values()].reduce((total, count) => total + count, 0)

const excess = (of: Multiset, over: Multiset): number =>
  [...of].reduce((total, [one, count]) => total + Math.max(0, count - (over.get(one) ?? 0)), 0)

/** Long enough for the rest of the reading; nothing comes twice. */
const INVISIBLE_SECONDS = 3600

async function clientOf({endpoint, region}: EmbeddedAws): Promise<SQSClient> {
  const {SQSClient: Client} = await import('@aws-sdk/client-sqs')
  return new Client({
    endpoint,
    region,
    credentials: {accessKeyId: 'demo', secretAccessKey: 'demo'},
    // The host of a queue's address is a name that only some machines resolve to themselves.
    useQueueUrlAsEndpoint: false,
  })
}

async function drain(client: SQSClient, queue: string): Promise<(Envelope | null)[]> {
  const envelopes: (Envelope | null)[] = []
  for (let waiting = true; waiting;) {
    const messages = await receive(client, queue)
    envelopes.push(...messages.map((message) => decodeSqs(message)))
    waiting = messages.length > 0 || (await delayed(client, queue))
  }
  return envelopes
}

async function receive(client: SQSClient, queue: string): Promise<Message[]> {
  const {ReceiveMessageCommand, DeleteMessageBatchCommand} = await import('@aws-sdk/client-sqs')
  const command = new ReceiveMessageCommand({
    QueueUrl: queue,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
    VisibilityTimeout: INVISIBLE_SECONDS,
    // Unsaid, the queue's own long poll would apply.
    WaitTimeSeconds: 0,
  })
  const {Messages = []} = await client.send(command)
  if (queue.endsWith('.fifo') && Messages.length > 0) {
    // A group gives nothing more while some of it is in flight.
    const Entries = Messages.map(({ReceiptHandle}, index) => ({Id: String(index), ReceiptHandle}))
    await client.send(new DeleteMessageBatchCommand({QueueUrl: queue, Entries}))
  }
  return Messages
}

/** Whether messages are still to become visible. Then it takes its time, to be asked again. */
async function delayed(client: SQSClient, queue: string): Promise<boolean> {
  const {GetQueueAttributesCommand} = await import('@aws-sdk/client-sqs')
  const name = 'ApproximateNumberOfMessagesDelayed'
  const {Attributes} = await client.send(
    new GetQueueAttributesCommand({QueueUrl: queue, AttributeNames: [name]}),
  )
  const some = Number(Attributes?.[name] ?? 0) > 0
  if (some) await setTimeout(200)
  return some
}
