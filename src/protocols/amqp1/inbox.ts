import type {Connection, EventContext, Message, Receiver} from 'rhea'

import {MqliftError} from '../../errors.ts'

export interface Question {
  /** Where to send it. */
  readonly to: string
  readonly body: string
  /** Comes back with the answer. */
  readonly id: string
}

const ANSWER_MS = 10_000
const QUESTION_MS = 30_000

/** A temporary queue of this connection: answers come here, and it is gone when the connection is. */
export class Inbox {
  readonly address: string
  readonly #connection: Connection
  readonly #waiting = new Map<string, (message: Message | null) => void>()
  #over = false

  private constructor(receiver: Receiver, address: string) {
    this.#connection = receiver.connection
    this.address = address
    receiver.on('message', ({message}: EventContext) => message && this.#take(message))
    for (const event of ['receiver_close', 'receiver_error']) receiver.on(event, () => this.#end())
    // Told to the session alone.
    for (const event of ['session_close', 'session_error']) receiver.session.on(event, () => this.#end())
    receiver.connection.on('disconnected', () => this.#end())
  }

  static async open(connection: Connection, signal: AbortSignal): Promise<Inbox> {
    const receiver = connection.open_receiver({source: {address: '', dynamic: true}, credit_window: 100})
    const done = Promise.withResolvers<void>()
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    const fail = (): void => done.reject(signal.aborted ? signal.reason : noInbox())
    limit.addEventListener('abort', fail)
    receiver.once('receiver_open', () => done.resolve())
    for (const event of ['receiver_error', 'receiver_close']) receiver.once(event, fail)
    connection.once('disconnected', fail)
    try {
      await done.promise
    } finally {
      limit.removeEventListener('abort', fail)
      connection.removeListener('disconnected', fail)
    }
    const {address} = receiver.source
    if (address === '') throw noInbox()
    return new Inbox(receiver, address)
  }

  /** The broker took it away, or its connection: no answer comes any more. */
  get over(): boolean {
    return this.#over
  }

  /** Sends, and waits for the message with the same correlation id or message id; null = none came in time. */
  async ask({to, body, id}: Question, patience: number): Promise<Message | null> {
    const answer = Promise.withResolvers<Message | null>()
    this.#waiting.set(id, answer.resolve)
    const timer = setTimeout(() => answer.resolve(null), patience)
    const sender = this.#connection.open_sender({target: {address: to}})
    for (const event of ['sender_error', 'sender_close']) sender.on(event, () => answer.resolve(null))
    sender.once('sendable', () =>
      sender.send({
        message_id: id,
        correlation_id: id,
        reply_to: this.address,
        creation_time: new Date(),
        // Where nobody answers, it must not lie about.
        ttl: QUESTION_MS,
        body,
      }),
    )
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
      sender.close()
    }
  }

  #take(message: Message): void {
    const id: unknown = message['correlation_id']
    if (typeof id === 'string') this.#waiting.get(id)?.(message)
  }

  #end(): void {
    this.#over = true
    for (const answer of this.#waiting.values()) answer(null)
  }
}

const noInbox = (): MqliftError =>
  new MqliftError('refused', 'the broker does not give this user a temporary queue', {
    reason: 'access-denied',
    suggestions: [
      'give its group a tempDestinationAuthorizationEntry (target/activemq.xml has one for the group mqlift)',
    ],
  })
