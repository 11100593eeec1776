import type {Channel, Message} from 'amqplib'

import type {Outstanding} from './outstanding.ts'

/** Ack frames between two answered round trips: half of what a quorum queue takes before it parks (2.3). */
const FRAMES_PER_ROUND_TRIP = 16
/** A frame waits this long for more acks to join it. */
const FLUSH_MS = 20
/**
 * When the broker hands out no more, acks do not wait longer than this for a delivery in front of them: one that is
 * held may be answered only when others have come.
 */
const PASS_MS = 1000

export interface AckerOptions {
  readonly channel: Channel
  readonly outstanding: Outstanding
  /** A round trip on the channel. */
  readonly roundTrip: () => Promise<unknown>
  /** Classic queues: what was sent before a round trip is applied after it. Not so on quorum queues. */
  readonly roundTripProves: boolean
  readonly window: number
}

/** Sends the acks of one epoch, few frames at a time. */
export class Acker {
  readonly #options: AckerOptions
  readonly #perFrame: number
  /** Sizes of frames not yet proved, in order. */
  readonly #frames: number[] = []
  #sinceRoundTrip = 0
  #roundTrip: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #passing: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: AckerOptions) {
    this.#options = options
    this.#perFrame = Math.max(1, Math.ceil(options.window / FRAMES_PER_ROUND_TRIP))
  }

  /** Something was acked. */
  notice(): void {
    if (this.#options.outstanding.toFrame >= this.#perFrame) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS)
  }

  /** The first `messages` acks are applied. */
  prove(messages: number): void {
    const {outstanding} = this.#options
    outstanding.prove(messages)
    let unproved = outstanding.unproved
    let keep = 0
    for (let at = this.#frames.length - 1; at >= 0 && unproved > 0; at--) {
      unproved -= this.#frames[at] ?? 0
      keep++
    }
    this.#frames.splice(0, this.#frames.length - keep)
  }

  /** Frames that may not be applied yet. A channel parks them only above 32. */
  get unprovedFrames(): number {
    return this.#frames.length
  }

  /** Sends everything that may be acked and waits until the broker has read it. */
  async drain(): Promise<void> {
    for (;;) {
      this.#flush()
      this.#startRoundTrip()
      // A round trip that failed stays what it was: waiting for it again would never end.
      if (!this.#roundTrip || this.#stopped) return
      await this.#roundTrip
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearTimeout(this.#passing)
  }

  #flush(pass = false): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#passing)
    this.#timer = undefined
    if (this.#stopped) return
    const {channel, outstanding, roundTripProves, window} = this.#options
    for (const frame of outstanding.frames(FRAMES_PER_ROUND_TRIP - this.#sinceRoundTrip, pass)) {
      channel.ack(messageWith(frame.tag), frame.multiple)
      this.#frames.push(frame.messages)
      this.#sinceRoundTrip++
    }
    if (this.#sinceRoundTrip >= FRAMES_PER_ROUND_TRIP || (roundTripProves && this.#sinceRoundTrip > 0))
      this.#startRoundTrip()
    if (outstanding.toFrame > 0 && outstanding.kept >= window)
      this.#passing = setTimeout(() => this.#flush(true), PASS_MS)
  }

  #startRoundTrip(): void {
    if (this.#stopped || this.#sinceRoundTrip === 0) return
    // The channel may go away meanwhile; the session tells.
    this.#roundTrip ??= this.#goAndReturn().catch(() => this.stop())
  }

  async #goAndReturn(): Promise<void> {
    const {outstanding, roundTrip, roundTripProves} = this.#options
    const framed = outstanding.framed
    const sent = this.#sinceRoundTrip
    await roundTrip()
    this.#roundTrip = undefined
    this.#sinceRoundTrip -= sent
    if (roundTripProves) this.prove(framed)
    if (outstanding.toFrame > 0) this.notice()
    else if (roundTripProves) this.#startRoundTrip()
  }
}

/** amqplib takes the tag from a message. */
function messageWith(deliveryTag: number): Message {
  return {...NO_MESSAGE, fields: {deliveryTag, redelivered: false, exchange: '', routingKey: ''}}
}

const NO_MESSAGE = {
  content: Buffer.alloc(0),
  properties: {
    contentType: undefined,
    contentEncoding: undefined,
    headers: undefined,
    deliveryMode: undefined,
    priority: undefined,
    correlationId: undefined,
    replyTo: undefined,
    expiration: undefined,
    messageId: undefined,
    timestamp: undefined,
    type: undefined,
    userId: undefined,
    appId: undefined,
    clusterId: undefined,
  },
}
