import {SNSClient} from '@aws-sdk/client-sns'

import {MqliftError} from '../../errors.ts'
import type {Resource} from '../../model/deployment.ts'
import type {Move, Step} from '../../model/plan.ts'
import {controlClient} from '../../protocols/aws.ts'
import {SqsConnection} from '../sqs/platform.ts'
import type {ConnectedPlatform, ConnectOptions, Count, ProvisionOptions, Target} from '../target.ts'
import {type Attributes, SnsApi} from './api.ts'
import {provisionSubscription} from './provision-subscription.ts'
import {type ProvisionResult, provisionTopic} from './provision-topic.ts'
import {SNS_LIMITS} from './steps.ts'
import {topicWriter} from './writer.ts'

/** Topics and subscriptions, and the queues behind them. */
export class SnsConnection implements ConnectedPlatform {
  readonly #queues: SqsConnection
  readonly #api: SnsApi
  /** For messages: one attempt per call. */
  readonly #publisher: SNSClient

  constructor(options: ConnectOptions) {
    this.#queues = new SqsConnection(options)
    const settings = controlClient(this.#queues.connection, 'sns')
    this.#api = new SnsApi(new SNSClient(settings))
    this.#publisher = new SNSClient({...settings, maxAttempts: 1})
  }

  async provision(step: Step, options: ProvisionOptions, signal: AbortSignal): Promise<ProvisionResult> {
    const ports = {api: this.#api, place: await this.#queues.place(signal), now: Date.now}
    if (step.do === 'sns-topic') return provisionTopic(ports, step, options, signal)
    if (step.do === 'sns-subscription') return provisionSubscription(ports, step, options, signal)
    return this.#queues.provision(step, options, signal)
  }

  /** A topic holds no messages. */
  async count(resource: Resource, signal: AbortSignal): Promise<Count | null> {
    return isTopic(resource) ? null : this.#queues.count(resource, signal)
  }

  /** Messages that wait in a queue go into its queue itself: through a topic they would fan out twice. */
  async open(move: Move, resource: Resource, signal: AbortSignal): Promise<Target> {
    if (!isTopic(resource)) return this.#queues.open(move, resource, signal)
    const attributes = await this.#api.attributes(resource.arn, signal)
    assertHeard(resource, attributes)
    const {default: small} = SNS_LIMITS.maximumMessageSize
    return topicWriter({
      move,
      topicArn: resource.arn,
      fifo: attributes['FifoTopic'] === 'true',
      // Left out until somebody sets it (AWS SNS developer guide, 2026-11-22).
      maximumBytes: Number(attributes['MaximumMessageSize'] ?? small),
      client: this.#publisher,
      credentials: this.#queues.connection.credentials,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queues[Symbol.asyncDispose]()
  }
}

const isTopic = ({arn}: Resource): boolean => arn.split(':')[2] === 'sns'

/** A topic keeps nothing: what is published while nobody subscribes is gone. */
function assertHeard({arn}: Resource, attributes: Attributes | null): asserts attributes is Attributes {
  if (!attributes) {
    throw new MqliftError('refused', `topic ${arn} does not exist any more`, {
      reason: 'target-missing',
      suggestions: ['find out who deleted it', 'run mqlift apply --execute to create it again'],
    })
  }
  if (attributes['SubscriptionsConfirmed'] !== '0') return
  throw new MqliftError('refused', `nobody subscribes to topic ${arn}: what is sent to it would be gone`, {
    reason: 'no-subscription',
    suggestions: [
      `aws sns subscribe --topic-arn ${arn} --protocol sqs --notification-endpoint <queue ARN> --attributes RawMessageDelivery=true`,
      'plan.md says what each subscriber filters by',
    ],
  })
}
