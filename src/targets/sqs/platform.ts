import {SQSClient} from '@aws-sdk/client-sqs'

import {MqliftError} from '../../errors.ts'
import type {Resource} from '../../model/deployment.ts'
import type {Move, Step} from '../../model/plan.ts'
import {callerIdentity} from '../../protocols/aws-identity.ts'
import {type AwsConnection, awsConnection, controlClient} from '../../protocols/aws.ts'
import type {Source} from '../../sources/source.ts'
import {partitionOf, type Place} from '../arn.ts'
import {assertScratch} from '../scratch.ts'
import type {TakeBackOptions} from '../take-back.ts'
import type {ConnectedPlatform, ConnectOptions, Count, Found, ProvisionOptions, Target} from '../target.ts'
import {type FoundQueue, SqsApi} from './api.ts'
import {drainQueue} from './drain.ts'
import {provisionPolicy} from './provision-policy.ts'
import {type ProvisionResult, provisionQueue} from './provision-queue.ts'
import {leanSender, type SendBatch} from './sender.ts'
import {ConsumerCalls} from './take-back/calls.ts'
import {SqsTakeBack} from './take-back/source.ts'
import {MESSAGE_LIMITS} from './wire.ts'
import {sqsWriter} from './writer.ts'

const COUNT_MS = 10_000

/** One account and Region. All lanes share its sockets, credentials and what it learned of the service's clock (M17). */
export class SqsConnection implements ConnectedPlatform {
  readonly #connection: AwsConnection
  readonly #client: SQSClient
  readonly #api: SqsApi
  readonly #options: ConnectOptions
  readonly #sendBatch: SendBatch
  #place: Promise<Place> | undefined

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#connection = awsConnection(options)
    this.#client = new SQSClient(controlClient(this.#connection, 'sqs'))
    this.#api = new SqsApi(this.#client)
    this.#sendBatch = leanSender(this.#connection)
  }

  get connection(): AwsConnection {
    return this.#connection
  }

  /** Names of resources that do not exist yet are made of it. Asked once. */
  async place(signal: AbortSignal): Promise<Place> {
    this.#place ??= callerIdentity(this.#options, signal).then(({account, arn}) => ({
      account,
      partition: partitionOf(arn),
      region: this.#options.region,
    }))
    return this.#place
  }

  async provision(step: Step, options: ProvisionOptions, signal: AbortSignal): Promise<ProvisionResult> {
    const ports = {api: this.#api, place: await this.place(signal), now: Date.now}
    if (step.do === 'sqs-queue') return provisionQueue(ports, step, options, signal)
    if (step.do === 'sqs-policy') return provisionPolicy(ports, step, options, signal)
    throw new Error(`SQS has no step ${step.do}`)
  }

  async count(resource: Resource, signal: AbortSignal): Promise<Count | null> {
    const counts = await this.#api.counts(resource.address, signal)
    if (!counts) return null
    const read = (name: string): number => Number(counts[`ApproximateNumberOfMessages${name}`] ?? 0)
    return {visible: read(''), inFlight: read('NotVisible'), delayed: read('Delayed'), approximate: true}
  }

  async open(move: Move, resource: Resource, signal: AbortSignal): Promise<Target> {
    const queue = await this.#api.read(resource.address, signal)
    assertSame(resource, queue)
    const own = Number(queue.attributes['MaximumMessageSize'] ?? MESSAGE_LIMITS.bytes)
    return sqsWriter({
      move,
      queueUrl: resource.address,
      maximumBytes: Math.min(own, MESSAGE_LIMITS.bytes),
      sendBatch: this.#sendBatch,
      credentials: this.#connection.credentials,
    })
  }

  drain(resource: Resource, signal: AbortSignal): AsyncIterable<Found> {
    const {address} = resource
    assertScratch(address.slice(address.lastIndexOf('/') + 1))
    const hidden = async (): Promise<number> => {
      const count = await this.count(resource, signal)
      return (count?.inFlight ?? 0) + (count?.delayed ?? 0)
    }
    return drainQueue({calls: new ConsumerCalls(this.#client, address), hidden}, signal)
  }

  async remove({do: kind, name}: Step, signal: AbortSignal): Promise<boolean> {
    // A policy goes with its queue.
    if (kind !== 'sqs-queue') return false
    assertScratch(name)
    return this.#api.remove(name, signal)
  }

  takeBack(resource: Resource, options: TakeBackOptions): Source {
    return new SqsTakeBack({
      address: resource.address,
      calls: new ConsumerCalls(this.#client, resource.address),
      count: () => this.count(resource, AbortSignal.timeout(COUNT_MS)),
      takeBack: options,
      now: Date.now,
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close()
    return Promise.resolve()
  }
}

type Opened = Omit<FoundQueue, 'tags'>

/** The queue we deployed, not another one that has taken its name (T18). */
function assertSame(resource: Resource, queue: Opened | null): asserts queue is Opened {
  if (!queue) {
    throw new MqliftError('refused', `queue ${resource.address} does not exist any more`, {
      reason: 'target-missing',
      suggestions: ['find out who deleted it', 'run mqlift apply --execute to create it again'],
    })
  }
  const {arn, createdAt} = resource
  if (queue.arn === arn && (createdAt === null || queue.createdAt === createdAt)) return
  throw new MqliftError(
    'refused',
    `${resource.address} is not the queue that was deployed: ${queue.arn} of ${queue.createdAt}, deployed ${arn} of ${createdAt}`,
    {
      reason: 'target-replaced',
      suggestions: [
        'what was moved before may be gone: compare the ledger with the new queue',
        'run mqlift apply to take the new queue into deployment.json',
      ],
    },
  )
}
