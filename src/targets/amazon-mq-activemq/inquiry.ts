import {setTimeout as sleep} from 'node:timers/promises'

import type {Connection} from 'rhea'

import {Inbox} from '../../protocols/amqp1/inbox.ts'
import type {Count} from '../target.ts'

/** Answers are waited for so long: they take milliseconds, on a busy broker seconds. */
const PATIENCE_MS = 5000
const GRACE_MS = 500
/** The statistics plugin says nothing of a queue that does not exist; the broker's own numbers come after. */
const STATISTICS = 'queue://ActiveMQ.Statistics.'

export type QueueStatistics = Count | 'no such queue' | 'no statistics'

let questions = 0

/** What the broker says about itself over messaging, which works where Jolokia is not exposed. */
export class Inquiry {
  readonly #inbox: Inbox
  /** Asked once, nobody answered: not waited for again. */
  #silent = false

  private constructor(inbox: Inbox) {
    this.#inbox = inbox
  }

  static async open(connection: Connection, signal: AbortSignal): Promise<Inquiry> {
    return new Inquiry(await Inbox.open(connection, signal))
  }

  /** Nothing it is asked will be answered. */
  get over(): boolean {
    return this.#inbox.over
  }

  /**
   * Whether AMQP messages become JMS messages (`transport.transformer=jms`): they come back with the annotations of
   * that conversion. Otherwise JMS consumers get the bytes of the whole AMQP message.
   */
  async convertsToJms(): Promise<boolean | null> {
    const id = this.#next()
    const back = await this.#inbox.ask({to: this.#inbox.address, body: 'mqlift', id}, PATIENCE_MS)
    if (back === null) return null
    const annotations: unknown = back['message_annotations']
    return typeof annotations === 'object' && annotations !== null && 'x-opt-jms-dest' in annotations
  }

  /** Of the statistics plugin (statisticsBrokerPlugin), which Amazon MQ permits. */
  async queue(name: string): Promise<QueueStatistics> {
    if (this.#silent) return 'no statistics'
    const asked = this.#ask(`Destination.${name}`)
    const reference = this.#ask('Broker')
    // Answers come in order: once the broker's is there, the queue's does not take long.
    const body = await Promise.race([asked, reference.then(() => sleep(GRACE_MS, null))])
    if (body === null) {
      this.#silent = (await reference) === null
      return this.#silent ? 'no statistics' : 'no such queue'
    }
    const size = numberIn(body, 'size')
    const inFlight = numberIn(body, 'inflightCount')
    return {visible: Math.max(0, size - inFlight), inFlight, delayed: 0, approximate: false}
  }

  async #ask(what: string): Promise<object | null> {
    const answer = await this.#inbox.ask({to: STATISTICS + what, body: '', id: this.#next()}, PATIENCE_MS)
    const body: unknown = answer?.['body']
    return typeof body === 'object' ? body : null
  }

  #next(): string {
    return `mqlift-${process.pid}-${++questions}`
  }
}

function numberIn(body: object, name: string): number {
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'number' ? value : 0
}
