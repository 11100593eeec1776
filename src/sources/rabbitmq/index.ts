import {parseId} from '../../model/id.ts'
import {sentinelId} from '../../model/sentinel.ts'
import {connect} from '../../protocols/amqp091/connect.ts'
import {ConnectionPerVhost} from '../../protocols/amqp091/connection-per-vhost.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {
  type BrokerAddress,
  credentials,
  managementUrls,
  parseAddress,
  refusePlaintext,
} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {ManagementApi} from '../../protocols/management.ts'
import {nodeTls, type NodeTlsOptions} from '../../protocols/tls.ts'
import {OF_SOURCE} from '../../protocols/words.ts'
import type {Delivery, Depth, ReadOptions, Source, Taps} from '../source.ts'
import {readDepth} from './depth.ts'
import {inspectRabbitmq} from './inspect.ts'
import {readQueue} from './read.ts'
import type {QueueReader} from './read/queue-reader.ts'
import {RabbitmqTaps} from './taps.ts'

/** A RabbitMQ broker. Nothing is contacted until the first call needs it. */
export async function open(address: string, options: BrokerOptions): Promise<Source> {
  const parsed = parseAddress(address, options.words)
  refusePlaintext(parsed, options.allowPlaintext, options.words)
  return new RabbitmqSource(parsed, options, await nodeTls(options.tls))
}

type Inspection = Awaited<ReturnType<Source['inspect']>>

class RabbitmqSource implements Source {
  readonly address: string
  readonly taps: Taps
  readonly #parsed: BrokerAddress
  readonly #options: BrokerOptions
  readonly #tls: NodeTlsOptions
  readonly #readers = new Map<string, QueueReader>()
  /** Acks that the broker's counters had shown or must show by now, by destination. */
  readonly #acked = new Map<string, number>()
  /** For looking at depths; reading has connections of its own. */
  readonly #connections = new ConnectionPerVhost((vhost, signal) => this.#connect(vhost, signal))
  #api: Promise<ManagementApi> | undefined
  #closed = new AbortController()
  #unmanaged = false
  #sentinels = 0

  constructor(parsed: BrokerAddress, options: BrokerOptions, tls: NodeTlsOptions) {
    this.address = parsed.display
    this.#parsed = parsed
    this.#options = options
    this.#tls = tls
    this.taps = new RabbitmqTaps({
      connection: (vhost) => this.#connections.get(vhost, this.#closed.signal),
      api: () => this.#managementIfAny(),
    })
  }

  async inspect(signal: AbortSignal): Promise<Inspection> {
    const api = await this.#management()
    return inspectRabbitmq(api, signal, {vhost: this.#parsed.vhost, address: this.address})
  }

  async depth(destination: string): Promise<Depth | null> {
    const depth = await readDepth(destination, {
      api: await this.#managementIfAny(),
      connection: (vhost) => this.#connections.get(vhost, this.#closed.signal),
      atRest: !this.#readers.has(destination),
      leastAcked: this.#acked.get(destination) ?? 0,
    })
    if (depth?.counters) this.#acked.set(destination, depth.counters.acked)
    return depth
  }

  read(destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery> {
    const {vhost} = parseId(destination)
    const reader = readQueue(
      destination,
      {
        options,
        api: () => this.#managementIfAny(),
        connect: (stop) => this.#connect(vhost, stop),
        ackedBefore: this.#acked.get(destination),
        name: this.#options.connectionName,
        newSentinel: () => sentinelId(this.#options.connectionName, ++this.#sentinels),
        onNotice: (text) => this.#options.onNotice?.(text),
      },
      signal,
    )
    this.#readers.set(destination, reader)
    return whenClosed(reader, () => {
      this.#readers.delete(destination)
      this.#acked.set(destination, (this.#acked.get(destination) ?? 0) + reader.applied)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await Promise.all(Array.from(this.#readers.values(), (reader) => reader.return()))
    await this.#connections[Symbol.asyncDispose]()
    await (await this.#api?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }

  #connect(vhost: string, signal: AbortSignal): Promise<AmqpConnection> {
    const {tls, hosts} = this.#parsed
    const endpoint = {tls, hosts, vhost, ...credentials(this.#parsed, this.#options)}
    const {connectionName, words = OF_SOURCE} = this.#options
    return connect(endpoint, {tls: this.#tls, connectionName, words}, signal)
  }

  /** A failed attempt is not kept: the API may be up by the next one. */
  async #management(): Promise<ManagementApi> {
    this.#api ??= this.#connectManagement()
    try {
      return await this.#api
    } catch (error) {
      this.#api = undefined
      throw error
    }
  }

  #connectManagement(): Promise<ManagementApi> {
    const {user, password} = credentials(this.#parsed, this.#options)
    return ManagementApi.connect(
      {
        urls: managementUrls(this.#parsed, this.#options),
        user,
        password: this.#options.managementPassword ?? password,
        tls: this.#tls,
        words: this.#options.words ?? OF_SOURCE,
      },
      this.#closed.signal,
    )
  }

  /** Reading works without the API, with less certainty and longer waits; it is said once and not tried again. */
  async #managementIfAny(): Promise<ManagementApi | undefined> {
    if (this.#unmanaged) return undefined
    try {
      return await this.#management()
    } catch (error) {
      this.#unmanaged = true
      const why = error instanceof Error ? error.message : String(error)
      this.#options.onNotice?.(`reading without the management API: ${why}`)
      return undefined
    }
  }
}

/** The iterator, telling once when it was closed. */
function whenClosed(reader: QueueReader, closed: () => void): AsyncIterableIterator<Delivery> {
  let reading = true
  return {
    next: () => reader.next(),
    async return() {
      const result = await reader.return()
      if (reading) closed()
      reading = false
      return result
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
