import {
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  type SNSClient,
  SubscribeCommand,
  TagResourceCommand,
} from '@aws-sdk/client-sns'

import {orNull, told} from '../calls.ts'
import type {Tags} from '../tag-drift.ts'

export type Attributes = Readonly<Record<string, string>>

export interface FoundTopic {
  readonly attributes: Attributes
  readonly tags: Tags
}

export interface FoundSubscription {
  readonly arn: string
  readonly attributes: Attributes
}

const asTags = (tags: Tags): {Key: string; Value: string}[] =>
  Object.entries(tags).map(([Key, Value]) => ({Key, Value}))

/** The control calls of SNS, with errors in the operator's words. Idempotent: the SDK may repeat them. */
export class SnsApi {
  readonly #client: SNSClient

  constructor(client: SNSClient) {
    this.#client = client
  }

  /** Null = there is no such topic. */
  async topic(arn: string, signal: AbortSignal): Promise<FoundTopic | null> {
    const options = {abortSignal: signal}
    return orNull(`reading topic ${arn}`, async () => {
      const [{Attributes = {}}, {Tags = []}] = await Promise.all([
        this.#client.send(new GetTopicAttributesCommand({TopicArn: arn}), options),
        this.#client.send(new ListTagsForResourceCommand({ResourceArn: arn}), options),
      ])
      return {
        attributes: Attributes,
        tags: Object.fromEntries(Tags.map(({Key = '', Value = ''}) => [Key, Value])),
      }
    })
  }

  /** The same without its tags: a mover has no right to ask for them (SEC-45). */
  async attributes(arn: string, signal: AbortSignal): Promise<Attributes | null> {
    return orNull(`reading topic ${arn}`, async () => {
      const command = new GetTopicAttributesCommand({TopicArn: arn})
      const {Attributes = {}} = await this.#client.send(command, {abortSignal: signal})
      return Attributes
    })
  }

  async createTopic(
    name: string,
    settings: {readonly attributes: Attributes; readonly tags: Tags},
    signal: AbortSignal,
  ): Promise<string> {
    const command = new CreateTopicCommand({
      Name: name,
      Attributes: settings.attributes,
      Tags: asTags(settings.tags),
    })
    return told(`creating topic ${name}`, async () => {
      const {TopicArn = ''} = await this.#client.send(command, {abortSignal: signal})
      return TopicArn
    })
  }

  async setTopic(arn: string, [name, value]: readonly [string, string], signal: AbortSignal): Promise<void> {
    const command = new SetTopicAttributesCommand({
      TopicArn: arn,
      AttributeName: name,
      AttributeValue: value,
    })
    await told(`changing ${name} of ${arn}`, () => this.#client.send(command, {abortSignal: signal}))
  }

  async tag(arn: string, tags: Tags, signal: AbortSignal): Promise<void> {
    const command = new TagResourceCommand({ResourceArn: arn, Tags: asTags(tags)})
    await told(`tagging ${arn}`, () => this.#client.send(command, {abortSignal: signal}))
  }

  /** Null = the queue does not subscribe to the topic. One topic may have many subscriptions: pages of 100. */
  async subscription(
    topicArn: string,
    queueArn: string,
    signal: AbortSignal,
  ): Promise<FoundSubscription | null> {
    const arn = await orNull(`reading the subscriptions of ${topicArn}`, () =>
      this.#subscriptionArn(topicArn, queueArn, signal),
    )
    if (arn === null) return null
    const command = new GetSubscriptionAttributesCommand({SubscriptionArn: arn})
    return orNull(`reading subscription ${arn}`, async () => {
      const {Attributes = {}} = await this.#client.send(command, {abortSignal: signal})
      return {arn, attributes: Attributes}
    })
  }

  async #subscriptionArn(topicArn: string, queueArn: string, signal: AbortSignal): Promise<string | null> {
    let token: string | undefined
    do {
      const page = new ListSubscriptionsByTopicCommand({TopicArn: topicArn, ...(token && {NextToken: token})})
      const {Subscriptions = [], NextToken} = await this.#client.send(page, {abortSignal: signal})
      const found = Subscriptions.find(({Endpoint, Protocol}) => Protocol === 'sqs' && Endpoint === queueArn)
      if (found?.SubscriptionArn !== undefined) return found.SubscriptionArn
      token = NextToken
    } while (token)
    return null
  }

  async subscribe(
    topicArn: string,
    queueArn: string,
    {attributes, signal}: {readonly attributes: Attributes; readonly signal: AbortSignal},
  ): Promise<string> {
    const command = new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: attributes,
      ReturnSubscriptionArn: true,
    })
    return told(`subscribing ${queueArn} to ${topicArn}`, async () => {
      const {SubscriptionArn = ''} = await this.#client.send(command, {abortSignal: signal})
      return SubscriptionArn
    })
  }

  async setSubscription(
    arn: string,
    [name, value]: readonly [string, string],
    signal: AbortSignal,
  ): Promise<void> {
    const command = new SetSubscriptionAttributesCommand({
      SubscriptionArn: arn,
      AttributeName: name,
      AttributeValue: value,
    })
    await told(`changing ${name} of ${arn}`, () => this.#client.send(command, {abortSignal: signal}))
  }
}
