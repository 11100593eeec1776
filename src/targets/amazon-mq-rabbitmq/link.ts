import {MqliftError} from '../../errors.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import type {AmqpConnection, Closed} from '../../protocols/amqp091/connection.ts'
import {withDeadline} from '../../protocols/amqp091/deadline.ts'
import {Publisher} from '../../protocols/amqp091/publisher.ts'
import {replyCode, withChannel} from '../../protocols/amqp091/queue-state.ts'
import type {Words} from '../../protocols/words.ts'
import type {StopReason} from '../target.ts'

export interface LinkOptions {
  readonly connect: (signal: AbortSignal) => Promise<AmqpConnection>
  readonly vhost: string
  readonly queue: string
  readonly confirmMs: number
  /** `amqps://host:5671`, for messages. */
  readonly display: string
  readonly words: Words
  /** Something an operator should hear. */
  say(text: string): void
}

const LOOK_MS = 10_000

/** The connection and confirm channel of one move: opened when needed, opened again after it was lost. */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions
  #opening: Promise<Publisher> | undefined
  #publisher: Publisher | undefined
  /** A message came back: whether the queue is there is looked at before the next one is sent. */
  #doubtful = false

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** Throws `unreachable`, or `refused` when the queue is not there or we may not publish. */
  async publisher(signal: AbortSignal): Promise<Publisher> {
    const open = this.#publisher
    if (open && !open.closed && !this.#doubtful) return open
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  doubtQueue(): void {
    this.#doubtful = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await this.#publisher?.[Symbol.asyncDispose]()
  }

  async #open(signal: AbortSignal): Promise<Publisher> {
    const before = this.#publisher
    if (before && !before.closed) {
      await this.#assertQueue(before.connection)
      this.#doubtful = false
      return before
    }
    this.#refuseAfter(before?.closed)
    await before?.[Symbol.asyncDispose]()
    const publisher = await this.#connect(signal)
    this.#publisher = publisher
    this.#doubtful = false
    if (before) this.#options.say(`${this.#where}: connected again`)
    return publisher
  }

  async #connect(signal: AbortSignal): Promise<Publisher> {
    const {queue: routingKey, confirmMs} = this.#options
    const connection = await this.#options.connect(signal).catch((error: unknown) => {
      // Tried again and again, wrong credentials would lock the account (S15).
      if (error instanceof MqliftError && error.reason === 'login-failed')
        throw this.#stop('access-denied', error.message, error)
      throw error
    })
    try {
      await this.#assertQueue(connection)
      return await Publisher.open(connection, {
        route: {exchange: '', routingKey},
        confirmMs,
        onBlocked: (reason) =>
          this.#options.say(
            reason === null
              ? `${this.#where}: the broker takes messages again`
              : `${this.#where}: the broker takes no messages for now (${visible(reason)}): waiting`,
          ),
      })
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      if (error instanceof MqliftError) throw error
      throw this.#noAnswer(error)
    }
  }

  /** A publish to a queue that is not there comes back; one to a queue that nobody reads about is not sent at all. */
  async #assertQueue(connection: AmqpConnection): Promise<void> {
    try {
      const {queue} = this.#options
      await withDeadline(
        withChannel(connection, (channel) => channel.checkQueue(queue)),
        LOOK_MS,
      )
    } catch (error) {
      const code = replyCode(error)
      if (code === 404) throw this.#stop('target-missing', 'it does not exist', error)
      if (code === 405) throw this.#stop('access-denied', 'it belongs to another connection', error)
      // No right to look is none to publish, or the other way round: publishing will tell.
      if (code !== 403) throw this.#noAnswer(error)
    }
  }

  /** What ended the channel before, when the next one would end the same way. */
  #refuseAfter(closed: Closed | undefined): void {
    if (closed?.code === 403) throw this.#stop('access-denied', visible(closed.reason))
    if (closed?.code === 404) throw this.#stop('target-missing', visible(closed.reason))
  }

  get #where(): string {
    const {display, vhost, queue} = this.#options
    return `queue ${visible(queue)} in virtual host ${visible(vhost)} at ${display}`
  }

  #stop(reason: StopReason, why: string, cause?: unknown): MqliftError {
    const {vhost, words} = this.#options
    const suggestions =
      reason === 'target-missing'
        ? ['find out who deleted it', 'run mqlift apply --execute to make it again']
        : [
            `check the user in the address, and its password: ${words.password}`,
            `rabbitmqctl set_permissions -p ${word(vhost)} <user> '' '.*' '.*'`,
          ]
    return new MqliftError('refused', `${this.#where}: ${why}`, {reason, cause, suggestions})
  }

  #noAnswer(cause: unknown): MqliftError {
    return new MqliftError('unreachable', `${this.#where}: the broker went away`, {
      cause,
      reason: 'no-answer',
      suggestions: ['run the same command again when the broker is back: it resumes'],
    })
  }
}
