import {MqliftError} from '../../errors.ts'
import {Secret} from '../../model/secret.ts'
import {type Amqp1Connection, connectAmqp1} from '../../protocols/amqp1/connect.ts'
import {
  type BrokerAddress,
  isLoopback,
  parseAddress,
  refusePlaintext,
} from '../../protocols/broker-address.ts'
import {nodeTls, type NodeTlsOptions} from '../../protocols/tls.ts'
import type {BrokerEndpoint} from '../target.ts'

export const PASSWORD_HINT = 'MQLIFT_TARGET_PASSWORD, or --target-password-file'

/**
 * `b-<uuid>-1.mq.<region>.amazonaws.com`, and `-2` for the other host of a pair (Amazon MQ developer guide, endpoints,
 * read 2026-11-24).
 */
const AMAZON_HOST = /^(b-[0-9a-z-]{36})-\d\.mq\./i

/** A broker to write to, both hosts of a pair. Credentials were read from the address once and do not leave it. */
export class ActivemqEndpoint {
  /** Scheme and hosts. */
  readonly display: string
  readonly #address: BrokerAddress
  readonly #endpoint: BrokerEndpoint
  readonly #tls: NodeTlsOptions
  readonly #signIn: {readonly user: string; readonly password: Secret}

  private constructor(endpoint: BrokerEndpoint, address: BrokerAddress, tls: NodeTlsOptions) {
    const hosts = address.hosts.map(({host, port}) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    this.display = `${address.scheme}://${hosts.join(',')}`
    this.#endpoint = endpoint
    this.#address = address
    this.#tls = tls
    this.#signIn = credentialsOf(address, endpoint)
  }

  static async open(endpoint: BrokerEndpoint): Promise<ActivemqEndpoint> {
    const address = parseAddress(endpoint.address)
    if (address.vhost !== undefined)
      throw new MqliftError('usage', `${address.display}: ActiveMQ has no virtual hosts`, {
        suggestions: ['leave the path out of address: under brokers: in mqlift.yaml'],
      })
    refusePlaintext(address, endpoint.options.allowPlaintext)
    return new ActivemqEndpoint(endpoint, address, await nodeTls(endpoint.options.tls))
  }

  /**
   * What a resource is known by, whichever hosts are listed beside: the id of the broker that AWS writes into the names
   * of its hosts, else the first host. Asked of nobody, since a broker that fails over answers under another id.
   */
  get identity(): string {
    const [first] = this.#address.hosts
    if (!first) throw new Error('an address names a host')
    return AMAZON_HOST.exec(first.host)?.[1]?.toLowerCase() ?? `${first.host}:${first.port}`
  }

  say(text: string): void {
    this.#endpoint.options.onNotice?.(text)
  }

  connect(signal: AbortSignal): Promise<Amqp1Connection> {
    const {tls, hosts} = this.#address
    const {connectionName} = this.#endpoint.options
    const options = {tls: this.#tls, connectionName, passwordHint: PASSWORD_HINT}
    return connectAmqp1({tls, hosts, ...this.#signIn}, options, signal)
  }
}

function credentialsOf(address: BrokerAddress, {options}: BrokerEndpoint): {user: string; password: Secret} {
  const password = options.password ?? address.password
  const {user} = address
  if (user === undefined)
    throw new MqliftError('usage', `target ${address.display} does not say which user to sign in as`, {
      suggestions: [`address: ${address.scheme}://USER@HOST:5671, under brokers: in mqlift.yaml`],
    })
  if (password) return {user, password}
  // The login that ActiveMQ ships (conf/users.properties), on this machine alone, as RabbitMQ's guest is.
  if (address.hosts.every(({host}) => isLoopback(host)) && user === 'admin')
    return {user, password: new Secret('admin')}
  throw new MqliftError('usage', `the password of ${user} at target ${address.display} is missing`, {
    suggestions: [`Set ${PASSWORD_HINT} <file> (mode 0600)`],
  })
}
