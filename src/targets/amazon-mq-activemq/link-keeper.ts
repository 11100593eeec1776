import {SendingLink} from '../../protocols/amqp1/link.ts'
import type {ActivemqEndpoint} from './endpoint.ts'

/** Nothing settled for so long: is the broker gone, or is it holding us back? */
const SILENCE_MS = 30_000

export interface KeeperOptions {
  readonly endpoint: ActivemqEndpoint
  /** `queue://…` */
  readonly address: string
  readonly silenceMs?: number
}

/**
 * The link of one move, on a connection of its own; opened again, on whichever host answers, after it was lost.
 *
 * A broker whose memory or store is full holds producers back without a word: the dispositions of what it was sent just do
 * not come (producer flow control). So silence alone ends nothing. After it, the broker is asked through a second
 * connection: one that answers there is alive and holds us back, and we wait; one that does not is gone, and what is
 * outstanding is in doubt. So it is when the other host of a pair answers: only the active one does, and the host of
 * this link is that no more, even if nobody closed its connection.
 */
export class LinkKeeper implements AsyncDisposable {
  readonly #options: KeeperOptions
  #link: Promise<SendingLink> | undefined
  #watch: NodeJS.Timeout | undefined
  readonly #closed = new AbortController()
  #blocked = false

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** A failed attempt is not kept: the next call tries again. */
  async link(signal: AbortSignal): Promise<SendingLink> {
    const known = this.#link
    if (known) {
      const link = await known
      if (link.ended === undefined) return link
      // The broker may have ended the link alone, and its connection is still there.
      link.abandon(link.ended)
      if (this.#link === known) this.#link = undefined
    }
    // Of calls that come together only the first connects.
    this.#link ??= this.#open(signal)
    const opening = this.#link
    try {
      return await opening
    } catch (error) {
      if (this.#link === opening) this.#link = undefined
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    clearInterval(this.#watch)
    const link = await this.#link?.catch(() => undefined)
    link?.close()
  }

  async #open(signal: AbortSignal): Promise<SendingLink> {
    const {endpoint, address} = this.#options
    const opened = await endpoint.connect(signal)
    try {
      const link = await SendingLink.open(opened, address, signal)
      this.#watchOver(link)
      return link
    } catch (error) {
      opened.close()
      throw error
    }
  }

  #watchOver(link: SendingLink): void {
    const {silenceMs = SILENCE_MS} = this.#options
    clearInterval(this.#watch)
    let settled = link.settled
    let asking = false
    this.#watch = setInterval(() => {
      if (link.ended !== undefined) return clearInterval(this.#watch)
      const silent = link.outstanding > 0 && link.settled === settled
      settled = link.settled
      if (!silent) return this.#resumed()
      if (asking) return undefined
      asking = true
      void this.#ask(link).finally(() => (asking = false))
      return undefined
    }, silenceMs).unref()
  }

  async #ask(link: SendingLink): Promise<void> {
    const {endpoint, address} = this.#options
    const before = link.settled
    const answering = await this.#whoAnswers()
    if (this.#closed.signal.aborted || link.ended !== undefined || link.settled !== before) return
    if (answering === null) return link.abandon('the broker says nothing, and answers nobody')
    if (answering !== link.host)
      return link.abandon(`${link.host} says nothing, and ${answering} is the active one now`)
    if (!this.#blocked)
      endpoint.say(
        `${address}: the broker holds producers back (its memory or store is full); waiting until it takes more`,
      )
    this.#blocked = true
  }

  async #whoAnswers(): Promise<string | null> {
    try {
      const second = await this.#options.endpoint.connect(this.#closed.signal)
      second.close()
      return second.host
    } catch {
      return null
    }
  }

  #resumed(): void {
    if (this.#blocked) this.#options.endpoint.say(`${this.#options.address}: the broker takes messages again`)
    this.#blocked = false
  }
}
