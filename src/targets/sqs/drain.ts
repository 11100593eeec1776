import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

import {told} from '../calls.ts'
import type {Found} from '../target.ts'
import {decodeSqs} from './decode.ts'

export interface DrainOptions {
  readonly client: SQSClient
  readonly queueUrl: string
  /** Messages that are there and cannot be received yet: in flight or delayed. */
  hidden(): Promise<number>
}

/** Long enough for the rest of a reading: nothing comes twice in it. */
const INVISIBLE_SECONDS = 600
const WAIT_SECONDS = 1
/** A short answer may be empty although there is something; a long one asks every server (AWS guide, read 2026-11-24). */
const EMPTY_ANSWERS = 2
/** What stays hidden so long was received by somebody else, or is delayed: it is not there for us. */
const HIDDEN_ANSWERS = 30

/**
 * Takes everything out of a queue, as its usual consumer would, and undoes the wire form. One request at a time, so
 * that a FIFO queue is seen in its order.
 */
export async function* drainQueue(options: DrainOptions, signal: AbortSignal): AsyncGenerator<Found, void> {
  for (let [empty, hidden] = [0, 0]; empty < EMPTY_ANSWERS && hidden < HIDDEN_ANSWERS;) {
    const messages = await receive(options, signal)
    if (messages.length > 0) {
      empty = hidden = 0
      await remove(options, messages, signal)
      yield* messages.map(found)
    } else if ((await options.hidden()) === 0) empty++
    else hidden++
  }
}

function found(message: Message): Found {
  const group = message.Attributes?.MessageGroupId
  return {envelope: decoded(message), ...(group !== undefined && {group})}
}

/** What says that it is ours and cannot be read is as foreign as what does not say so: the comparison tells. */
function decoded(message: Message): Found['envelope'] {
  try {
    return decodeSqs(message)
  } catch {
    return null
  }
}

async function receive({client, queueUrl}: DrainOptions, signal: AbortSignal): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['MessageGroupId'],
    VisibilityTimeout: INVISIBLE_SECONDS,
    WaitTimeSeconds: WAIT_SECONDS,
  })
  const {Messages = []} = await told(`receiving from ${queueUrl}`, () =>
    client.send(command, {abortSignal: signal}),
  )
  return Messages
}

/** A group gives nothing more while some of it is in flight. */
async function remove(
  {client, queueUrl}: DrainOptions,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<void> {
  const Entries = messages.map(({ReceiptHandle}, index) => ({Id: String(index), ReceiptHandle}))
  const command = new DeleteMessageBatchCommand({QueueUrl: queueUrl, Entries})
  await told(`deleting from ${queueUrl}`, () => client.send(command, {abortSignal: signal}))
}
