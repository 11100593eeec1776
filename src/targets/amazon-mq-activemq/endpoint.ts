import {MqliftError} from '../../errors.ts'
import type {Secret} from '../../model/secret.ts'
import {type Amqp1Connection, connectAmqp1} from '../../protocols/amqp1/connect.ts'
import {
  type BrokerAddress,
  credentials,
  hostList,
  parseAddress,
  refusePlaintext,
} from '../../protocols/broker-address.ts'
import {type OpenwireEndpoint, removeOverOpenwire} from '../../protocols/openwire/remove-queue.ts'
import {nodeTls, type NodeTlsOptions} from '../../protocols/tls.ts'
import type {BrokerEndpoint} from '../target.ts'
import {openwireHosts} from './openwire-hosts.ts'

/** The login that ActiveMQ ships (conf/users.properties), password and all. */
const LOGIN = 'admin'

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
    this.display = `${address.scheme}://${hostList(address)}`
    this.#endpoint = endpoint
    this.#address = address
    this.#tls = tls
    this.#signIn = credentials(address, endpoint.options, LOGIN)
  }

  static async open(endpoint: BrokerEndpoint): Promise<ActivemqEndpoint> {
    const {allowPlaintext, tls, words} = endpoint.options
    const address = parseAddress(endpoint.address, words)
    if (address.vhost !== undefined)
      throw new MqliftError('usage', `${address.display}: ActiveMQ has no virtual hosts`, {
        suggestions: ['leave the path out of address: under brokers: in mqlift.yaml'],
      })
    refusePlaintext(address, allowPlaintext, words)
    // What is wrong with it is said before anything is made.
    openwireHosts(address, endpoint.options)
    return new ActivemqEndpoint(endpoint, address, await nodeTls(tls))
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
    const {connectionName, words} = this.#endpoint.options
    const options = {tls: this.#tls, connectionName, ...(words && {words})}
    return connectAmqp1({tls, hosts, ...this.#signIn}, options, signal)
  }

  /** Over OpenWire: AMQP cannot say it. */
  removeQueue(queue: string, signal: AbortSignal): Promise<void> {
    const {options} = this.#endpoint
    const openwire: OpenwireEndpoint = {...openwireHosts(this.#address, options), ...this.#signIn}
    return removeOverOpenwire(
      openwire,
      queue,
      {tls: this.#tls, connectionName: options.connectionName},
      signal,
    )
  }
}
