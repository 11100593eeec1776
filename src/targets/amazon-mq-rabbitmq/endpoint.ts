import {connect} from '../../protocols/amqp091/connect.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {
  type BrokerAddress,
  credentials,
  hostList,
  managementUrls,
  parseAddress,
  refusePlaintext,
} from '../../protocols/broker-address.ts'
import {ManagementApi, type ManagementOptions} from '../../protocols/management.ts'
import {nodeTls, type NodeTlsOptions} from '../../protocols/tls.ts'
import {OF_SOURCE, type Words} from '../../protocols/words.ts'
import type {BrokerEndpoint} from '../target.ts'
import {BrokerAnswers} from './broker-answers.ts'

/** A broker to write to: several hosts are tried in order and resolved anew at every attempt (S14). */
export class RabbitmqEndpoint implements AsyncDisposable {
  /** Scheme and hosts. */
  readonly display: string
  readonly user: string
  readonly words: Words
  readonly answers = new BrokerAnswers((signal) => this.management(signal))
  readonly #address: BrokerAddress
  readonly #endpoint: BrokerEndpoint
  readonly #tls: NodeTlsOptions
  #api: Promise<ManagementApi> | undefined

  private constructor(endpoint: BrokerEndpoint, address: BrokerAddress, tls: NodeTlsOptions) {
    this.display = `${address.scheme}://${hostList(address)}`
    this.#endpoint = endpoint
    this.#address = address
    this.#tls = tls
    this.words = wordsOf(endpoint)
    this.user = credentials(address, endpoint.options).user
  }

  static async open(endpoint: BrokerEndpoint): Promise<RabbitmqEndpoint> {
    const words = wordsOf(endpoint)
    const address = parseAddress(endpoint.address, words)
    refusePlaintext(address, endpoint.options.allowPlaintext, words)
    return new RabbitmqEndpoint(endpoint, address, await nodeTls(endpoint.options.tls))
  }

  /** The first host: with `arn` of a resource, where the cluster does not say its name. */
  get host(): string {
    return this.#address.hosts[0]?.host ?? ''
  }

  /** Scheme and first host: of `address`, which the ledger pins, so that hosts can be added to the list. */
  get first(): string {
    return this.display.replace(/,.*/, '')
  }

  say(text: string): void {
    this.#endpoint.options.onNotice?.(text)
  }

  connect(vhost: string, signal: AbortSignal): Promise<AmqpConnection> {
    const {tls, hosts} = this.#address
    const {options} = this.#endpoint
    const {connectionName} = options
    const broker = {tls, hosts, vhost, ...credentials(this.#address, options)}
    return connect(broker, {tls: this.#tls, connectionName, words: this.words}, signal)
  }

  /** The management API, connected once. A failed attempt is not kept. */
  async management(signal: AbortSignal): Promise<ManagementApi> {
    this.#api ??= ManagementApi.connect(this.managementOptions(), signal)
    try {
      return await this.#api
    } catch (error) {
      this.#api = undefined
      throw error
    }
  }

  managementOptions(): ManagementOptions {
    const {options} = this.#endpoint
    const {user, password} = credentials(this.#address, options)
    const urls = managementUrls(this.#address, options)
    return {
      urls,
      user,
      password: options.managementPassword ?? password,
      tls: this.#tls,
      words: this.words,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#api?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }
}

const wordsOf = ({options}: BrokerEndpoint): Words => options.words ?? OF_SOURCE
