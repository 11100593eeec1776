import {Duplex} from 'node:stream'

import type {Channel, ChannelModel, ConfirmChannel} from 'amqplib'

import {withDeadline} from './deadline.ts'

/** Why a channel or connection is gone: the broker's reply code when it gave one. */
export interface Closed {
  readonly code: number | undefined
  readonly reason: string
}

/** How long a polite close may take before the socket is destroyed: a frozen broker answers nothing. */
const CLOSE_MS = 5000

/** An open connection. Whatever happens to it is told through `closed`; nothing is thrown out of band. */
export class AmqpConnection implements AsyncDisposable {
  /** RabbitMQ's version, `''` when it does not say. */
  readonly version: string
  /** Resolves once, when the connection is gone for whatever reason. */
  readonly closed: Promise<Closed>
  /** The largest frame either side takes, bytes. */
  readonly frameMax: number
  readonly #model: ChannelModel
  readonly #stream: Duplex
  #open = true
  #paused = false

  constructor(model: ChannelModel) {
    const {connection} = model
    // Private to amqplib 2.3.1, which lossless.ts checks for.
    const stream: unknown = 'stream' in connection ? connection.stream : undefined
    if (!(stream instanceof Duplex)) throw new TypeError('amqplib’s connection has no stream')
    if (!('frameMax' in connection) || typeof connection.frameMax !== 'number')
      throw new TypeError('amqplib’s connection has no frameMax')
    this.#model = model
    this.#stream = stream
    this.frameMax = connection.frameMax
    const read: (size?: number) => unknown = stream.read.bind(stream)
    stream.read = (size): unknown => (this.#paused ? null : read(size))
    this.version = connection.serverProperties.version
    this.closed = this.#watch()
  }

  get isOpen(): boolean {
    return this.#open
  }

  #watch(): Promise<Closed> {
    let failure: Error | undefined
    // Without a listener the first error would end the process.
    this.#model.on('error', (error: Error) => {
      failure = error
    })
    return new Promise((resolve) => {
      // A close by the operator (320) comes without an error event.
      this.#model.on('close', (error?: Error) => {
        this.#open = false
        resolve(describe(failure ?? error, 'closed by mqlift'))
      })
    })
  }

  /** A channel that tells its end once. Fails when the connection is gone. */
  async openChannel(onClosed: (closed: Closed) => void): Promise<Channel> {
    return watched(await this.#model.createChannel(), onClosed)
  }

  /** The same, in confirm mode, and its number: frames written past amqplib need it. */
  async openConfirmChannel(
    onClosed: (closed: Closed) => void,
  ): Promise<{readonly channel: ConfirmChannel; readonly number: number}> {
    const channel = watched(await this.#model.createConfirmChannel(), onClosed)
    if (!('ch' in channel) || typeof channel.ch !== 'number')
      throw new TypeError('amqplib’s channel has no number')
    return {channel, number: channel.ch}
  }

  /** Whole frames, as they are. What the socket does not take now waits in memory. */
  write(frames: Buffer): void {
    this.#stream.write(frames)
  }

  /** The broker takes no messages for the moment, and why; null = it does again. */
  onBlocked(listener: (reason: string | null) => void): void {
    this.#model.on('blocked', (reason: string) => listener(reason))
    this.#model.on('unblocked', () => listener(null))
  }

  /**
   * Stops taking bytes from the socket, so that TCP holds the broker back. Writing goes on. While paused no
   * answer and no heartbeat is seen: call {@link sip} now and then.
   */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#stream.emit('readable')
  }

  /** Lets what the socket has buffered through (64 KiB at most), which shows that the peer is alive. */
  sip(): void {
    if (!this.#paused) return
    this.resume()
    this.#paused = true
  }

  /** Ends the connection without a word: what was not acked comes back. */
  destroy(): void {
    // With an error: without one amqplib is not told, and its heartbeat goes on.
    this.#stream.destroy(new Error('connection given up by mqlift'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.resume()
    // Closed meanwhile, or no answer: the socket goes in any case.
    await withDeadline(this.#model.close(), CLOSE_MS).catch(() => {})
    this.destroy()
  }
}

function watched<C extends Channel>(channel: C, onClosed: (closed: Closed) => void): C {
  let failure: Error | undefined
  channel.on('error', (error: Error) => {
    failure = error
  })
  channel.on('close', () => onClosed(describe(failure, 'channel closed')))
  return channel
}

function describe(error: Error | undefined, fallback: string): Closed {
  if (!error) return {code: undefined, reason: fallback}
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined
  return {code, reason: error.message}
}
