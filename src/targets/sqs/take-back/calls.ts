import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

import {told} from '../../calls.ts'
import {MESSAGE_LIMITS} from '../wire.ts'

/** What is received and not deleted comes back after this long; it is prolonged while it is held. */
export const VISIBILITY_SECONDS = 30
/** A long poll asks every server; a short one may find nothing although there is something (AWS guide, read 2026-11-24). */
const WAIT_SECONDS = 1

export interface Held {
  readonly id: string
  readonly handle: string
}

/** The calls of a consumer. What fails for single messages is told by their ids. */
export class ConsumerCalls {
  readonly url: string
  readonly #client: SQSClient

  constructor(client: SQSClient, url: string) {
    this.#client = client
    this.url = url
  }

  async receive(signal: AbortSignal, visibilitySeconds = VISIBILITY_SECONDS): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: MESSAGE_LIMITS.batchEntries,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: WAIT_SECONDS,
    })
    const {Messages = []} = await told(`receiving from ${this.url}`, () =>
      this.#client.send(command, {abortSignal: signal}),
    )
    return Messages
  }

  /** Ids of those that were not deleted. */
  async remove(held: readonly Held[]): Promise<string[]> {
    const Entries = held.map(({handle}, index) => ({Id: String(index), ReceiptHandle: handle}))
    const command = new DeleteMessageBatchCommand({QueueUrl: this.url, Entries})
    const {Failed = []} = await told(`deleting from ${this.url}`, () => this.#client.send(command))
    return Failed.flatMap(({Id}) => held[Number(Id)]?.id ?? [])
  }

  /** Seconds from now; 0 = it can be received at once. Whoever cannot be prolonged comes back, and is counted then. */
  async hide(held: readonly Held[], seconds: number): Promise<void> {
    for (let from = 0; from < held.length; from += MESSAGE_LIMITS.batchEntries) {
      const some = held.slice(from, from + MESSAGE_LIMITS.batchEntries)
      const Entries = some.map(({handle}, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }))
      const command = new ChangeMessageVisibilityBatchCommand({QueueUrl: this.url, Entries})
      await this.#client.send(command).catch(() => undefined)
    }
  }
}
