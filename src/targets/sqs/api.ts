import {setTimeout as sleep} from 'node:timers/promises'

import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  SetQueueAttributesCommand,
  type SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs'

import {awsFailure, errorFacts, faultOf} from '../../protocols/aws-errors.ts'
import {orNull, told} from '../calls.ts'
import type {Attributes} from './queue-attributes.ts'

export interface FoundQueue {
  readonly url: string
  readonly arn: string
  readonly attributes: Attributes
  readonly tags: Readonly<Record<string, string>>
  /** ISO 8601: the creation identity of the queue. */
  readonly createdAt: string
}

/** A queue of the same name was deleted less than 60 s ago (AWS API reference CreateQueue, read 2026-11-22). */
const RECREATE_AFTER_MS = 60_000
const POLL_MS = 2000
/** A new queue may be unknown to a reader for about a second. */
const NOT_YET_SEEN = 10
const NOT_YET_SEEN_MS = 300

/** The control calls of SQS, with errors in the operator's words. Idempotent: the SDK may repeat them. */
export class SqsApi {
  readonly #client: SQSClient

  constructor(client: SQSClient) {
    this.#client = client
  }

  /** Null = there is no such queue. */
  async find(name: string, signal: AbortSignal): Promise<FoundQueue | null> {
    return orNull(`reading queue ${name}`, async () => {
      const {QueueUrl} = await this.#client.send(new GetQueueUrlCommand({QueueName: name}), {
        abortSignal: signal,
      })
      return await this.#read(QueueUrl ?? '', signal)
    })
  }

  /** Null = there is no queue at this address. Without its tags: a mover has no right to ask for them (SEC-45). */
  async read(url: string, signal: AbortSignal): Promise<Omit<FoundQueue, 'tags'> | null> {
    return orNull(`reading queue ${url}`, () => this.#attributes(url, signal))
  }

  async #read(url: string, signal: AbortSignal): Promise<FoundQueue> {
    const [queue, {Tags = {}}] = await Promise.all([
      this.#attributes(url, signal),
      this.#client.send(new ListQueueTagsCommand({QueueUrl: url}), {abortSignal: signal}),
    ])
    return {...queue, tags: Tags}
  }

  async #attributes(url: string, signal: AbortSignal): Promise<Omit<FoundQueue, 'tags'>> {
    const command = new GetQueueAttributesCommand({QueueUrl: url, AttributeNames: ['All']})
    const {Attributes = {}} = await this.#client.send(command, {abortSignal: signal})
    const created = Number(Attributes['CreatedTimestamp'] ?? 0)
    return {
      url,
      arn: Attributes['QueueArn'] ?? '',
      attributes: Attributes,
      createdAt: new Date(created * 1000).toISOString(),
    }
  }

  async counts(url: string, signal: AbortSignal): Promise<Attributes | null> {
    return orNull(`counting messages in ${url}`, async () => {
      const command = new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      })
      const {Attributes = {}} = await this.#client.send(command, {abortSignal: signal})
      return Attributes
    })
  }

  /** Creates and reads back. Waits when a queue of this name was deleted less than a minute ago. */
  async create(
    name: string,
    settings: {readonly attributes: Attributes; readonly tags: Readonly<Record<string, string>>},
    signal: AbortSignal,
  ): Promise<FoundQueue> {
    const doing = `creating queue ${name}`
    const command = new CreateQueueCommand({
      QueueName: name,
      Attributes: settings.attributes,
      tags: settings.tags,
    })
    for (let waited = 0; ; waited += POLL_MS) {
      try {
        const {QueueUrl} = await this.#client.send(command, {abortSignal: signal})
        return await this.#untilSeen(QueueUrl ?? '', signal)
      } catch (error) {
        const recently = errorFacts(error).name.endsWith('QueueDeletedRecently')
        if (!recently || waited > RECREATE_AFTER_MS) throw awsFailure(error, doing)
      }
      await sleep(POLL_MS, undefined, {signal})
    }
  }

  async #untilSeen(url: string, signal: AbortSignal): Promise<FoundQueue> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#read(url, signal)
      } catch (error) {
        if (faultOf(errorFacts(error)) !== 'target-missing' || attempt > NOT_YET_SEEN) throw error
      }
      await sleep(NOT_YET_SEEN_MS, undefined, {signal})
    }
  }

  async setAttributes(url: string, attributes: Attributes, signal: AbortSignal): Promise<void> {
    const command = new SetQueueAttributesCommand({QueueUrl: url, Attributes: attributes})
    await told(`changing ${Object.keys(attributes).join(', ')} of ${url}`, () =>
      this.#client.send(command, {abortSignal: signal}),
    )
  }

  async tag(url: string, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    await told(`tagging ${url}`, () =>
      this.#client.send(new TagQueueCommand({QueueUrl: url, Tags: tags}), {abortSignal: signal}),
    )
  }

  /** False = there is no queue of this name. */
  async remove(name: string, signal: AbortSignal): Promise<boolean> {
    const removed = await orNull(`removing queue ${name}`, async () => {
      const {QueueUrl} = await this.#client.send(new GetQueueUrlCommand({QueueName: name}), {
        abortSignal: signal,
      })
      await this.#client.send(new DeleteQueueCommand({QueueUrl}), {abortSignal: signal})
      return true
    })
    return removed ?? false
  }
}
