import {SNSClient} from '@aws-sdk/client-sns'

import type {Resource} from '../../model/deployment.ts'
import type {Move, Step} from '../../model/plan.ts'
import {controlClient} from '../../protocols/aws.ts'
import {SqsConnection} from '../sqs/platform.ts'
import type {ConnectedPlatform, ConnectOptions, Count, ProvisionOptions, Target} from '../target.ts'
import {SnsApi} from './api.ts'
import {provisionSubscription} from './provision-subscription.ts'
import {type ProvisionResult, provisionTopic} from './provision-topic.ts'

/** Topics and subscriptions, and the queues behind them. */
export class SnsConnection implements ConnectedPlatform {
  readonly #queues: SqsConnection
  readonly #api: SnsApi

  constructor(options: ConnectOptions) {
    this.#queues = new SqsConnection(options)
    this.#api = new SnsApi(new SNSClient(controlClient(this.#queues.connection, 'sns')))
  }

  async provision(step: Step, options: ProvisionOptions, signal: AbortSignal): Promise<ProvisionResult> {
    const ports = {api: this.#api, place: await this.#queues.place(signal), now: Date.now}
    if (step.do === 'sns-topic') return provisionTopic(ports, step, options, signal)
    if (step.do === 'sns-subscription') return provisionSubscription(ports, step, options, signal)
    return this.#queues.provision(step, options, signal)
  }

  /** Topics hold no messages: what is asked about is a queue. */
  async count(resource: Resource, signal: AbortSignal): Promise<Count | null> {
    return this.#queues.count(resource, signal)
  }

  /** Waiting messages go into the queue itself: through the topic they would fan out twice. */
  async open(move: Move, resource: Resource, signal: AbortSignal): Promise<Target> {
    return this.#queues.open(move, resource, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queues[Symbol.asyncDispose]()
  }
}
