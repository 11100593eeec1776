import {MqliftError} from '../../errors.ts'
import type {Resource} from '../../model/deployment.ts'
import type {Envelope} from '../../model/envelope.ts'
import type {Move, Step} from '../../model/plan.ts'
import {ConnectionPerVhost} from '../../protocols/amqp091/connection-per-vhost.ts'
import {ManagementWriter} from '../../protocols/management-writer.ts'
import {OF_TARGET} from '../../protocols/words.ts'
import type {ConnectedPlatform, ConnectOptions, Count, Found, ProvisionOptions, Target} from '../target.ts'
import {countQueue} from './count.ts'
import {RabbitmqEndpoint} from './endpoint.ts'
import {openWriter} from './open-writer.ts'
import {type BrokerPorts, provisionDefinitions, type ProvisionResult} from './provision-definitions.ts'
import {provisionQueue} from './provision-queue.ts'
import {comparable, drainScratch, makeScratch, removeScratch, SCRATCH_STEP, SCRATCH_VHOST} from './scratch.ts'
import {RabbitmqQueueSettings} from './steps.ts'

/** A RabbitMQ broker that stands where the plan says Amazon MQ: definitions, queues, and moves into them. */
export class RabbitmqPlatform implements ConnectedPlatform {
  readonly #endpoint: RabbitmqEndpoint
  /** For looking at counts; every move has a connection of its own. */
  readonly #connections: ConnectionPerVhost
  /** Largest message of a queue, as its step says, by step. */
  readonly #limits = new Map<string, number>()
  #writer: ManagementWriter | undefined

  private constructor(endpoint: RabbitmqEndpoint) {
    this.#endpoint = endpoint
    this.#connections = new ConnectionPerVhost((vhost, signal) => endpoint.connect(vhost, signal))
  }

  static async connect({brokers}: ConnectOptions): Promise<RabbitmqPlatform> {
    const broker = brokers?.['amazon-mq-rabbitmq']
    if (!broker) throw noBroker()
    return new RabbitmqPlatform(await RabbitmqEndpoint.open(broker))
  }

  async provision(step: Step, options: ProvisionOptions, signal: AbortSignal): Promise<ProvisionResult> {
    const ports = await this.#ports(signal)
    if (step.do === 'rabbitmq-definitions') return provisionDefinitions(ports, step, options, signal)
    if (step.do === SCRATCH_STEP && options.execute)
      await makeScratch(await this.#connections.get(SCRATCH_VHOST, signal), step)
    else if (step.do !== 'rabbitmq-queue' && step.do !== SCRATCH_STEP)
      throw new Error(`RabbitMQ has no step ${step.do}`)
    this.#limits.set(step.id, RabbitmqQueueSettings.parse(step.settings).maxMessageBytes)
    return provisionQueue(ports, step, options, signal)
  }

  async count({step}: Resource, signal: AbortSignal): Promise<Count | null> {
    const place = queueOf(step)
    if (!place) return null
    const connection = await this.#connections.get(place.vhost, signal)
    return countQueue(place, connection, () => this.#endpoint.management(signal), signal)
  }

  async open(_move: Move, resource: Resource, signal: AbortSignal): Promise<Target> {
    const place = queueOf(resource.step)
    if (!place) throw new Error(`${resource.step} is no queue`)
    const maxMessageBytes = this.#limits.get(resource.step)
    return openWriter(
      this.#endpoint,
      {...place, ...(maxMessageBytes !== undefined && {maxMessageBytes})},
      signal,
    )
  }

  async *drain({step}: Resource, signal: AbortSignal): AsyncGenerator<Found, void> {
    const place = queueOf(step)
    if (place) yield* drainScratch(await this.#connections.get(place.vhost, signal), place.queue)
  }

  comparable(envelope: Envelope): Envelope {
    return comparable(envelope)
  }

  async remove(step: Step, signal: AbortSignal): Promise<boolean> {
    if (step.do !== SCRATCH_STEP) return false
    return removeScratch(await this.#connections.get(SCRATCH_VHOST, signal), step.name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]()
    await this.#writer?.[Symbol.asyncDispose]()
    await this.#endpoint[Symbol.asyncDispose]()
  }

  async #ports(signal: AbortSignal): Promise<BrokerPorts> {
    const endpoint = this.#endpoint
    const api = await endpoint.management(signal)
    this.#writer ??= new ManagementWriter(api.address, endpoint.managementOptions())
    return {
      api,
      answers: endpoint.answers,
      writer: this.#writer,
      self: endpoint.user,
      now: Date.now,
      identity: ({clusterName}) => clusterName ?? endpoint.host,
      display: endpoint.display,
      first: endpoint.first,
    }
  }
}

/** Undefined = the step stands for something that holds no messages. */
function queueOf(step: string): {vhost: string; queue: string} | undefined {
  const [, vhost, queue] = /^rabbitmq-queue:([^/]*)\/(.*)$/.exec(step) ?? []
  if (vhost === undefined || queue === undefined) return undefined
  return {vhost: decodeURIComponent(vhost), queue: decodeURIComponent(queue)}
}

const noBroker = (): MqliftError =>
  new MqliftError('usage', 'the plan moves to Amazon MQ for RabbitMQ, and nobody said where that broker is', {
    reason: 'no-broker',
    suggestions: [
      'brokers: {amazon-mq-rabbitmq: {address: "amqps://USER@HOST:5671"}} in mqlift.yaml',
      `and its password in ${OF_TARGET.password}`,
    ],
  })
