import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'

import type {Envelope} from '../../src/model/envelope.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'

/** Straight to the emulator, past every proxy. */
export function sqsClient(endpoint: string): SQSClient {
  const credentials = {accessKeyId: 'test', secretAccessKey: 'test'}
  return new SQSClient({region: 'us-east-1', endpoint, credentials})
}

/** How many messages are there, without taking them. */
export async function countAt(sqs: SQSClient, urls: readonly string[]): Promise<number> {
  let total = 0
  for (const QueueUrl of urls) {
    const {Attributes} = await sqs.send(
      new GetQueueAttributesCommand({QueueUrl, AttributeNames: ['ApproximateNumberOfMessages']}),
    )
    total += Number(Attributes?.['ApproximateNumberOfMessages'])
  }
  return total
}

/** Takes everything, in the order in which it comes. */
export async function takeAll(sqs: SQSClient, urls: readonly string[]): Promise<Envelope[]> {
  const envelopes: Envelope[] = []
  for (const url of urls) {
    for await (const message of drain(sqs, url)) {
      const envelope = decodeSqs(message)
      if (!envelope) throw new Error('a message that mqlift did not write')
      envelopes.push(envelope)
    }
  }
  return envelopes
}

async function* drain(sqs: SQSClient, QueueUrl: string): AsyncGenerator<Message> {
  for (;;) {
    const {Messages = []} = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 600,
        // The plan turns long polling on.
        WaitTimeSeconds: 0,
      }),
    )
    if (Messages.length === 0) return
    yield* Messages
    const Entries = Messages.map(({ReceiptHandle}, index) => ({Id: String(index), ReceiptHandle}))
    await sqs.send(new DeleteMessageBatchCommand({QueueUrl, Entries}))
  }
}
