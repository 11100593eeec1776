import type {EventEmitter} from 'node:events'

import type {Delivery, EventContext, Sender} from 'rhea'

import {MqliftError} from '../../errors.ts'
import {type Amqp1Connection, type Condition, conditionOf} from './connect.ts'

/** What the broker did with one message. `lost`: the link ended before it said so. `unsent`: it never left. */
export type Settlement =
  | {readonly type: 'accepted'; readonly id: number}
  | {readonly type: 'rejected' | 'released' | 'modified'; readonly condition: string}
  | {readonly type: 'lost' | 'unsent'; readonly reason: string}

interface Waiting {
  readonly payload: Buffer
  readonly settle: (settlement: Settlement) => void
}

/** Missing from rhea's types. Otherwise `modified` comes twice, the second time as `released`. */
const MODIFIED_IS_NO_RELEASE = {treat_modified_as_released: false}
const ATTACH_MS = 15_000

/** Told to the session alone: its links hear nothing of it. */
const SESSION_OVER = ['session_close', 'session_error']
const CONNECTION_LOST = ['disconnected', 'connection_close', 'connection_error']

/**
 * A link to one destination. Messages go out in the order of `send`, as many as the broker gives credit for; each
 * is settled by the broker's own disposition.
 */
export class SendingLink {
  readonly #sender: Sender
  readonly #connection: Amqp1Connection
  readonly #waiting: Waiting[] = []
  readonly #sent = new Map<Delivery, (settlement: Settlement) => void>()
  /** Connection and session may outlive the link, and carry others. */
  readonly #unlisten: (() => void)[] = []
  #ended: string | undefined
  #settled = 0

  private constructor(sender: Sender, connection: Amqp1Connection) {
    this.#sender = sender
    this.#connection = connection
    const each = (type: 'rejected' | 'released' | 'modified') => (context: EventContext) =>
      this.#settle(context.delivery, {type, condition: reasonOf(context.delivery) ?? type})
    sender.on('sendable', () => this.#flush())
    sender.on('accepted', ({delivery}: EventContext) =>
      this.#settle(delivery, {type: 'accepted', id: delivery?.id ?? 0}),
    )
    for (const type of ['rejected', 'released', 'modified'] as const) sender.on(type, each(type))
    for (const event of ['sender_close', 'sender_error'])
      sender.on(event, () => this.#end(`the broker closed the link${said(sender.error)}`))
    this.#listen(sender.session, SESSION_OVER, () =>
      this.#end(`the broker ended the session${said(sender.session.error)}`),
    )
    this.#listen(sender.connection, CONNECTION_LOST, ({error}) =>
      this.#end(`the connection was lost${said(error)}`),
    )
  }

  /** Throws MqliftError `refused` when the broker does not let us write there, `unreachable` when it says nothing. */
  static async open(opened: Amqp1Connection, address: string, signal: AbortSignal): Promise<SendingLink> {
    const sender = opened.connection.open_sender({
      target: {address},
      autosettle: true,
      ...MODIFIED_IS_NO_RELEASE,
    })
    await attached(sender, address, signal)
    return new SendingLink(sender, opened)
  }

  /** Why it takes no more; undefined = it is open. */
  get ended(): string | undefined {
    return this.#ended
  }

  get outstanding(): number {
    return this.#sent.size + this.#waiting.length
  }

  /** Dispositions so far: unchanged = the broker said nothing. */
  get settled(): number {
    return this.#settled
  }

  send(payload: Buffer): Promise<Settlement> {
    if (this.#ended !== undefined) return Promise.resolve({type: 'unsent', reason: this.#ended})
    return new Promise((settle) => {
      this.#waiting.push({payload, settle})
      this.#flush()
    })
  }

  /** Of the connection and of the link, for whoever looks for a message in the broker's log. */
  get name(): string {
    return this.#sender.name
  }

  /** Which of the hosts it goes to. */
  get host(): string {
    return this.#connection.host
  }

  /** The link alone; its connection goes on. */
  detach(): void {
    this.#hush()
    this.#sender.close()
  }

  /** In peace: nothing is outstanding. */
  close(): void {
    this.#connection.close()
  }

  /** Ends it on purpose: everything outstanding is lost (reliability.md B5). */
  abandon(reason: string): void {
    this.#end(reason)
    this.#connection.destroy()
  }

  #listen(to: EventEmitter, events: readonly string[], heard: (context: EventContext) => void): void {
    for (const event of events) {
      to.on(event, heard)
      this.#unlisten.push(() => void to.removeListener(event, heard))
    }
  }

  #hush(): void {
    for (const stop of this.#unlisten.splice(0)) stop()
  }

  #flush(): void {
    while (this.#ended === undefined && this.#sender.sendable()) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#sent.set(this.#sender.send(next.payload, undefined, 0), next.settle)
    }
  }

  #settle(delivery: Delivery | undefined, settlement: Settlement): void {
    if (!delivery) return
    const settle = this.#sent.get(delivery)
    this.#sent.delete(delivery)
    this.#settled++
    settle?.(settlement)
    if (this.#waiting.length > 0) setImmediate(() => this.#flush())
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#hush()
    for (const settle of this.#sent.values()) settle({type: 'lost', reason})
    this.#sent.clear()
    for (const {settle} of this.#waiting.splice(0)) settle({type: 'unsent', reason})
  }
}

/** The broker attaches first and refuses then: it is open when there is credit. */
async function attached(sender: Sender, address: string, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>()
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTACH_MS)])
  const abort = (): void => done.reject(signal.aborted ? signal.reason : silent(address))
  limit.addEventListener('abort', abort)
  const refused = (): void => done.reject(refusal(address, conditionOf(sender.error)))
  const cut = ({error}: EventContext): void => done.reject(silent(address, conditionOf(error)))
  const over = (): void => done.reject(silent(address, conditionOf(sender.session.error)))
  sender.once('sendable', () => done.resolve())
  for (const event of ['sender_error', 'sender_close']) sender.once(event, refused)
  sender.connection.once('disconnected', cut)
  for (const event of SESSION_OVER) sender.session.once(event, over)
  try {
    await done.promise
  } finally {
    limit.removeEventListener('abort', abort)
    sender.connection.removeListener('disconnected', cut)
    for (const event of SESSION_OVER) sender.session.removeListener(event, over)
    for (const event of ['sender_error', 'sender_close']) sender.removeListener(event, refused)
  }
}

function refusal(address: string, {condition = 'no reason'}: Condition): MqliftError {
  if (/unauthorized/.test(condition))
    return new MqliftError(
      'refused',
      `the broker does not let this user write to ${address} (${condition})`,
      {
        reason: 'access-denied',
        suggestions: [
          'give the user’s group write and admin rights on the destination (authorizationMap in activemq.xml)',
        ],
      },
    )
  return new MqliftError('refused', `the broker refused the link to ${address} (${condition})`, {
    reason: 'target-missing',
    suggestions: ['look into the broker’s log for the reason, then run the same command again'],
  })
}

function silent(address: string, condition?: Condition): MqliftError {
  const why = condition ? `the connection was lost${said(condition)}` : 'no answer in time'
  return new MqliftError('unreachable', `${address} could not be opened: ${why}`, {
    reason: 'no-answer',
    suggestions: ['look whether the broker runs and its memory and store are below their limits'],
  })
}

/** The name of an error only: a description may quote the message. */
function said(error: unknown): string {
  const {condition, code} = conditionOf(error)
  const name = condition ?? code
  return name === undefined ? '' : ` (${name})`
}

function reasonOf(delivery: Delivery | undefined): string | undefined {
  const state: unknown = delivery?.remote_state
  const error: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'error') : undefined
  return conditionOf(error).condition
}
