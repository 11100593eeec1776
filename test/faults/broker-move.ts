import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {openLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import type {MigrateEvent} from '../../src/model/events.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Move} from '../../src/model/plan.ts'
import type {TlsOptions} from '../../src/protocols/broker-options.ts'
import {openSource} from '../../src/sources/index.ts'
import {migrate, type MigrateOutcome} from '../../src/stages/migrate.ts'
import {brokerTarget} from '../../src/targets/index.ts'
import type {Target} from '../../src/targets/target.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import {deployment, plan} from '../fakes/plan.ts'
import {boardMessage} from './board-estate.ts'
import {broken, check} from './checker.ts'
import {SourceQueue} from './source-queue.ts'

export interface BrokerMoveOptions {
  readonly from: Rabbitmq
  readonly to: Rabbitmq
  readonly type?: 'classic' | 'quorum'
  /** Arguments of the queue at the target. */
  readonly arguments?: Record<string, unknown>
  readonly accepted?: readonly string[]
}

export interface RunOptions {
  /** How the target is reached; default: directly. */
  readonly address?: string
  readonly tls?: Partial<TlsOptions>
  readonly confirmMs?: number
  readonly maxMessageBytes?: number
}

let moves = 0

/**
 * One queue with messages at one real broker, moved into the queue of the same name at another: the product's own
 * source, ledger, archive and target, without the command around them.
 */
export class BrokerMove implements AsyncDisposable {
  readonly to: Rabbitmq
  /** Messages per second, which may change while they move; null = as fast as it goes. */
  rate: number | null = null
  readonly vhost: string
  readonly queue = `orders-${process.pid}-${++moves}`
  readonly published: Envelope[] = []
  readonly events: MigrateEvent[] = []
  /** What was said through `onNotice`. */
  readonly said: string[] = []
  readonly #options: BrokerMoveOptions
  readonly #stack: AsyncDisposableStack
  readonly #dir: string
  readonly #id: string
  readonly #source: SourceQueue
  readonly #target: SourceQueue
  readonly #move: Move
  readonly #over = new AbortController()
  #running: Promise<MigrateOutcome> | undefined
  #account: MoveAccount | undefined

  private constructor(
    options: BrokerMoveOptions,
    vhosts: {from: string; to: string},
    stack: AsyncDisposableStack,
  ) {
    this.#options = options
    this.#stack = stack
    this.to = options.to
    this.vhost = vhosts.to
    this.#id = destinationId('queue', vhosts.from, this.queue)
    this.#dir = mkdtempSync(join(tmpdir(), 'mqlift-broker-'))
    stack.defer(() => rmSync(this.#dir, {recursive: true, force: true}))
    this.#source = stack.use(new SourceQueue(`${options.from.amqp}/${vhosts.from}`, this.queue))
    this.#target = stack.use(new SourceQueue(`${options.to.amqp}/${vhosts.to}`, this.queue))
    const target = `rabbitmq-queue:${vhosts.to}/${this.queue}`
    this.#move = {
      id: `${this.#id}>${target}`,
      source: this.#id,
      target,
      platform: 'amazon-mq-rabbitmq',
      mode: 'drain',
      order: 'none',
      sourceType: options.type ?? 'classic',
      deliveryLimit: null,
      expected: {messages: null, bytes: null},
      estimateSeconds: null,
    }
  }

  static async of(messages: number, options: BrokerMoveOptions): Promise<BrokerMove> {
    const stack = new AsyncDisposableStack()
    const [from, to] = [stack.use(await freshVhost(options.from)), stack.use(await freshVhost(options.to))]
    const move = new BrokerMove(options, {from: from.name, to: to.name}, stack)
    const type = {'x-queue-type': options.type ?? 'classic'}
    await options.from.api('PUT', `/api/queues/${from.name}/${move.queue}`, {durable: true, arguments: type})
    await move.declareTarget()
    await move.publish(messages)
    return move
  }

  /** A test that failed leaves no run behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#running?.catch(() => undefined)
    await this.#stack.disposeAsync()
  }

  use<T extends AsyncDisposable>(resource: T): T {
    return this.#stack.use(resource)
  }

  defer(work: () => unknown): void {
    this.#stack.defer(async () => {
      await work()
    })
  }

  get path(): string {
    return `/api/queues/${this.vhost}/${this.queue}`
  }

  async declareTarget(): Promise<void> {
    const {type = 'classic', arguments: more} = this.#options
    await this.to.api('PUT', this.path, {durable: true, arguments: {'x-queue-type': type, ...more}})
  }

  async publish(messages: number): Promise<void> {
    const queue = {vhost: '', name: this.queue, share: 1, arguments: {}}
    const from = this.published.length
    await this.send(Array.from({length: messages}, (_, index) => boardMessage(queue, from + index)))
  }

  /** Sent as from this queue. */
  async send(envelopes: readonly Envelope[]): Promise<void> {
    const own = envelopes.map((one) => ({
      ...one,
      source: {id: this.#id, exchange: '', routingKey: this.queue},
    }))
    this.published.push(...(await this.#source.send(own)))
  }

  /** Moves until the queue is empty or the lane stops. */
  run(options: RunOptions = {}, signal?: AbortSignal): Promise<MigrateOutcome> {
    const {signal: over} = this.#over
    this.#running = this.#run(options, signal ? AbortSignal.any([signal, over]) : over)
    return this.#running
  }

  async #run(options: RunOptions, signal: AbortSignal): Promise<MigrateOutcome> {
    const {from, accepted = []} = this.#options
    await using source = await openSource([`${from.amqp}/`], {
      ...reach(from),
      onNotice: (text) => this.said.push(text),
    })
    await using ledger = await openLedger(join(this.#dir, 'ledger.db'), runOf())
    await using archive = await openArchive(join(this.#dir, 'archive'))
    try {
      return await migrate(
        {
          plan: plan([this.#move]),
          deployment: this.#deployed(),
          accepted: new Set(accepted),
        },
        {
          source,
          ledger,
          archive,
          target: (_move, _resource, stop) => this.open(options, stop),
        },
        {
          until: 'empty',
          now: Date.now,
          random: Math.random,
          rate: () => this.rate,
          onEvent: (event) => this.events.push(event),
        },
        signal,
      )
    } finally {
      this.#account = ledger.account(this.#move.id)
    }
  }

  open({address, tls, ...writer}: RunOptions, signal: AbortSignal): Promise<Target> {
    return brokerTarget(
      {
        endpoint: {
          address: address ?? `${this.to.amqp}/`,
          options: {
            ...reach(this.to),
            tls: {caOnly: false, insecure: false, ...tls},
            onNotice: (text) => this.said.push(text),
          },
        },
        vhost: this.vhost,
        queue: this.queue,
        ...writer,
      },
      signal,
    )
  }

  #deployed() {
    const made = deployment([this.#move])
    const resources = made.resources.map((resource) => ({...resource, evidence: 'confirm' as const}))
    return {...made, resources}
  }

  get account(): MoveAccount {
    if (!this.#account) throw new Error('nothing was moved')
    return this.#account
  }

  /** Messages at the target. */
  count(): Promise<number> {
    return this.#target.depth()
  }

  /** Messages at the source, when they have come to rest. */
  left(): Promise<number> {
    return this.#source.rest()
  }

  /**
   * Faults in words, by the checker; empty = the promise was kept. Empties both ends, and a second target that shares the
   * messages with the first.
   */
  async verdict(group?: () => string, second?: string): Promise<string[]> {
    const left = await this.#source.left(this.#id)
    const present = await this.#target.left(this.#id)
    if (second !== undefined) {
      await using other = new SourceQueue(second, this.queue)
      present.push(...(await other.left(this.#id)))
    }
    return broken(
      check({published: this.published, left, present, account: this.account, ...(group && {group})}),
    )
  }
}

/** Starts a run at a pace at which a fault finds it at work. */
export function slowly(
  move: BrokerMove,
  options: RunOptions = {},
  signal?: AbortSignal,
): Promise<MigrateOutcome> {
  // Four batches a second.
  move.rate = 1000
  return move.run(options, signal)
}

/** The rest as fast as it goes. */
export function finished(move: BrokerMove, running: Promise<MigrateOutcome>): Promise<MigrateOutcome> {
  move.rate = null
  return running
}

const reach = ({management}: Rabbitmq) => ({
  management,
  tls: {caOnly: false, insecure: false},
  allowPlaintext: false,
  connectionName: 'mqlift:fault',
})

const runOf = () => ({
  id: `fault-${process.pid}`,
  at: new Date().toISOString(),
  tool: 'test',
  host: 'here',
  pid: process.pid,
  command: [],
  caller: null,
  plan: 'none',
  archiving: 'kept' as const,
})
