import {MqliftError} from '../../errors.ts'
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
import {ManagementApi} from '../../protocols/management.ts'
import {nodeTls, type NodeTlsOptions} from '../../protocols/tls.ts'
import type {BrokerEndpoint} from '../target.ts'
import {BrokerAnswers} from './broker-answers.ts'

/** A broker to write to: several hosts are tried in order and resolved anew at every attempt (S14). */
export class RabbitmqEndpoint implements AsyncDisposable {
  /** Scheme and hosts. */
  readonly display: string
  readonly user: string
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
    this.user = targetCredentials(address, endpoint).user
  }

  static async open(endpoint: BrokerEndpoint): Promise<RabbitmqEndpoint> {
    const address = parseAddress(endpoint.address)
    refusePlaintext(address, endpoint.options.allowPlaintext)
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
    const options = {tls: this.#tls, connectionName: this.#endpoint.options.connectionName}
    return asTarget(
      connect({tls, hosts, vhost, ...targetCredentials(this.#address, this.#endpoint)}, options, signal),
    )
  }

  /** The management API, connected once. A failed attempt is not kept. */
  async management(signal: AbortSignal): Promise<ManagementApi> {
    this.#api ??= asTarget(ManagementApi.connect(this.managementOptions(), signal))
    try {
      return await this.#api
    } catch (error) {
      this.#api = undefined
      throw error
    }
  }

  managementOptions() {
    const {user, password} = targetCredentials(this.#address, this.#endpoint)
    const {options} = this.#endpoint
    const urls = managementUrls(this.#address, options)
    return {urls, user, password: options.managementPassword ?? password, tls: this.#tls}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#api?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }
}

function targetCredentials(
  address: BrokerAddress,
  {options}: BrokerEndpoint,
): ReturnType<typeof credentials> {
  try {
    return credentials(address, options)
  } catch (error) {
    throw spokenOfTarget(error)
  }
}

/** What the protocols say about passwords speaks of the source. */
async function asTarget<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw spokenOfTarget(error)
  }
}

function spokenOfTarget(error: unknown): unknown {
  if (!(error instanceof MqliftError)) return error
  const {kind, message, cause, reason, suggestions} = error
  return new MqliftError(kind, `target ${message}`, {
    cause,
    ...(reason !== undefined && {reason}),
    suggestions: suggestions.map(forTarget),
  })
}

function forTarget(suggestion: string): string {
  return suggestion
    .replace('MQLIFT_MANAGEMENT_PASSWORD, MQLIFT_SOURCE_PASSWORD', 'MQLIFT_TARGET_PASSWORD')
    .replace('MQLIFT_SOURCE_PASSWORD', 'MQLIFT_TARGET_PASSWORD')
    .replace('--password-file', '--target-password-file')
    .replace('--management', 'management: under brokers: in mqlift.yaml')
    .replace('--ca-file', 'caFile: under brokers: in mqlift.yaml')
}
