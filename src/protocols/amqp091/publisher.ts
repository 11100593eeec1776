import type {ConfirmChannel} from 'amqplib'

import type {AmqpConnection, Closed} from './connection.ts'
import {ContentHeader} from './content-header.ts'
import type {Content} from './content-writer.ts'
import {withDeadline} from './deadline.ts'
import {OutstandingBatches, type Published} from './outstanding-batches.ts'
import {PublishFrames, type Route} from './publish-frames.ts'

export interface PublisherOptions {
  readonly route: Pick<Route, 'exchange' | 'routingKey'>
  /** Milliseconds without any confirm, while some are due, after which the connection is given up (B5). */
  readonly confirmMs: number
  /** The broker takes no messages for now, and why; null = it does again. Deadlines wait meanwhile (B4). */
  onBlocked?(reason: string | null): void
}

/** How long the broker may take to open a channel. */
const OPEN_MS = 10_000

/**
 * Publishes to one route over a connection of its own, which it owns: every message `mandatory` and confirmed, in the
 * order of the calls. Sends nothing again: what is lost when the channel ends is said to be lost.
 */
export class Publisher implements AsyncDisposable {
  readonly #connection: AmqpConnection
  readonly #frames: PublishFrames
  readonly #outstanding = new OutstandingBatches()
  readonly #confirmMs: number
  #closed: Closed | undefined
  #blocked = false
  #progressAt = 0
  #deadline: NodeJS.Timeout | undefined

  private constructor(connection: AmqpConnection, channel: number, {route, confirmMs}: PublisherOptions) {
    this.#connection = connection
    this.#frames = new PublishFrames({...route, channel}, connection.frameMax)
    this.#confirmMs = confirmMs
  }

  /** Takes the connection over; it is closed when this fails. */
  static async open(connection: AmqpConnection, options: PublisherOptions): Promise<Publisher> {
    const ended = Promise.withResolvers<Closed>()
    try {
      const opening = connection.openConfirmChannel(ended.resolve)
      const {channel, number} = await withDeadline(opening, OPEN_MS)
      const publisher = new Publisher(connection, number, options)
      publisher.#listen(channel, options)
      void ended.promise.then((closed) => publisher.#end(closed))
      return publisher
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Why nothing more can be published; undefined = it can. */
  get closed(): Closed | undefined {
    return this.#closed
  }

  /** Messages without an answer. */
  get outstanding(): number {
    return this.#outstanding.messages
  }

  get connection(): AmqpConnection {
    return this.#connection
  }

  /** Written before it returns. Resolves when the broker has answered for every one, or cannot any more. */
  publish(contents: readonly Content[]): Promise<Published> {
    const published = this.#outstanding.add(contents)
    if (this.#closed || !this.#connection.isOpen) {
      this.#outstanding.end()
      return published
    }
    if (this.#outstanding.messages === contents.length) this.#progressAt = performance.now()
    this.#connection.write(this.#frames.of(contents))
    this.#deadline ??= setTimeout(() => this.#check(), this.#confirmMs)
    return published
  }

  /** Gives the connection up: what is outstanding is lost. */
  abandon(): void {
    this.#connection.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
    this.#end({code: undefined, reason: 'closed by mqlift'})
  }

  #listen(channel: ConfirmChannel, options: PublisherOptions): void {
    // amqplib keeps a table of its own for these, which our publishing past it would confuse.
    channel.removeAllListeners('ack').removeAllListeners('nack')
    channel.on('ack', (fields: Confirm) => this.#settle(fields, 'confirmed'))
    channel.on('nack', (fields: Confirm) => this.#settle(fields, 'nacked'))
    channel.on('return', ({properties, content}) => this.#returned(properties, content))
    this.#connection.onBlocked((reason) => {
      this.#blocked = reason !== null
      this.#progressAt = performance.now()
      options.onBlocked?.(reason)
    })
  }

  #settle({deliveryTag, multiple}: Confirm, fate: 'confirmed' | 'nacked'): void {
    this.#progressAt = performance.now()
    this.#outstanding.settle(deliveryTag, multiple, fate)
  }

  /** It comes before its ack (reliability.md M1). When it cannot be told which one it is, nothing is certain. */
  #returned(header: unknown, body: Buffer): void {
    const known = header instanceof ContentHeader && this.#outstanding.takeBack({header, body})
    if (!known) this.abandon()
  }

  #check(): void {
    this.#deadline = undefined
    if (this.#closed || this.#outstanding.messages === 0) return
    const left = this.#progressAt + this.#confirmMs - performance.now()
    if (this.#blocked || left > 0) {
      const wait = this.#blocked ? this.#confirmMs : left
      this.#deadline = setTimeout(() => this.#check(), wait)
      return
    }
    this.#closed = {code: undefined, reason: `no confirm within ${this.#confirmMs / 1000} s`}
    this.abandon()
    this.#outstanding.end()
  }

  #end(closed: Closed): void {
    this.#closed ??= closed
    clearTimeout(this.#deadline)
    this.#outstanding.end()
  }
}

interface Confirm {
  readonly deliveryTag: number
  readonly multiple: boolean
}
