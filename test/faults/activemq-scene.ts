import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {z} from 'zod'

import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {readLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Plan} from '../../src/model/plan.ts'
import {Report} from '../../src/model/report.ts'
import {decodeActivemq} from '../../src/targets/amazon-mq-activemq/decode.ts'
import type {Activemq} from '../brokers/activemq.ts'
import {readJms} from '../brokers/jms.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import {boardMessage} from './board-estate.ts'
import {broken, check} from './checker.ts'
import {expectExit, type Program, startProgram} from './program.ts'
import {SourceQueue} from './source-queue.ts'

export interface ActivemqSceneOptions {
  readonly broker: Rabbitmq
  readonly activemq: Activemq
  /** Of the target as the program knows it; default: the broker's plain listener. */
  readonly address?: string
  /** Where OpenWire is, over which scratch queues are deleted; default: the broker's plain listener. */
  readonly management?: string
  readonly caFile?: string
  readonly type?: 'classic' | 'quorum'
  readonly arguments?: Record<string, unknown>
  readonly config?: Record<string, unknown>
  /** Losses that are accepted; default: that an expiry starts anew. */
  readonly accept?: readonly string[]
}

let scenes = 0

/** One queue of RabbitMQ with messages, an ActiveMQ to move them to, and a migration folder with a plan. */
export class ActivemqScene implements AsyncDisposable {
  readonly vhost: string
  readonly queue = `orders-${process.pid}-${++scenes}`
  readonly work: string
  readonly published: Envelope[] = []
  readonly #options: ActivemqSceneOptions
  readonly #source: SourceQueue
  readonly #stack: AsyncDisposableStack

  private constructor(options: ActivemqSceneOptions, vhost: string, stack: AsyncDisposableStack) {
    this.#options = options
    this.vhost = vhost
    this.#stack = stack
    this.#source = stack.use(new SourceQueue(`${options.broker.amqp}/${vhost}`, this.queue))
    this.work = mkdtempSync(join(tmpdir(), 'mqlift-activemq-'))
    stack.defer(() => rmSync(this.work, {recursive: true, force: true}))
  }

  /** With the change board's first messages waiting, and those given. */
  static async of(
    messages: number,
    options: ActivemqSceneOptions,
    more: readonly Envelope[] = [],
  ): Promise<ActivemqScene> {
    const stack = new AsyncDisposableStack()
    const vhost = stack.use(await freshVhost(options.broker))
    const scene = new ActivemqScene(options, vhost.name, stack)
    await scene.#prepare(messages, more)
    return scene
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #prepare(messages: number, more: readonly Envelope[]): Promise<void> {
    const {broker, activemq, address, caFile, type = 'classic', arguments: own, config} = this.#options
    const {accept = ['message-expiration']} = this.#options
    await broker.api('PUT', `/api/queues/${this.vhost}/${this.queue}`, {
      durable: true,
      arguments: {'x-queue-type': type, ...own},
    })
    const queue = {vhost: this.vhost, name: this.queue, share: 1, arguments: {}}
    await this.send([...Array.from({length: messages}, (_, index) => boardMessage(queue, index)), ...more])
    const target = {
      address: address ?? activemq.amqp,
      management: this.#options.management ?? activemq.openwire,
      version: '5.18',
      ...(caFile !== undefined && {caFile}),
    }
    const yaml = {platforms: {'*': 'amazon-mq-activemq'}, brokers: {'amazon-mq-activemq': target}, ...config}
    writeFileSync(join(this.work, 'mqlift.yaml'), JSON.stringify(yaml))
    const from = [`amqp://127.0.0.1:${broker.port}/${this.vhost}`, '--management', broker.management]
    await expectExit(this.run('assess', ...from), 0)
    await expectExit(this.run('plan', ...accept.flatMap((id) => ['--accept', id])), 0)
  }

  async send(envelopes: readonly Envelope[]): Promise<void> {
    this.published.push(...(await this.#source.send(envelopes)))
  }

  run(...argv: string[]): Program {
    return startProgram([...argv, '--dir', this.work], {env: {MQLIFT_TARGET_PASSWORD: 'admin'}})
  }

  execute(...more: string[]): Program {
    return this.run('migrate', '--execute', '--json', ...more)
  }

  /** A run that takes everything that is left. */
  async finish(...more: string[]): Promise<Report> {
    await expectExit(this.execute(...more), 0)
    return this.read(Report, 'report.json')
  }

  read<T extends z.ZodType>(schema: T, file: string): z.infer<T> {
    return schema.parse(JSON.parse(readFileSync(join(this.work, file), 'utf8')))
  }

  /** Of the target queue. */
  get target(): string {
    const [move] = this.read(Plan, 'plan.json').moves
    if (!move) throw new Error('nothing is moved')
    return move.target.slice('activemq-queue:'.length)
  }

  /** Messages at the target; 0 before there is a queue. */
  async count(): Promise<number> {
    return Number((await this.#options.activemq.read('QueueSize', this.target)) ?? 0)
  }

  depth(): Promise<number> {
    return this.#source.depth()
  }

  async account(): Promise<MoveAccount | undefined> {
    await using ledger = await readLedger(join(this.work, 'ledger.db'))
    return ledger.accounts()[0]
  }

  /** What is at both ends and in the ledger, by the checker; empty = the promise was kept. Empties both ends. */
  async verdict(group?: (envelope: Envelope) => string): Promise<string[]> {
    const account = await this.account()
    if (!account) throw new Error('nothing was moved')
    const left = await this.#source.left(destinationId('queue', this.vhost, this.queue))
    const present = await takeJms(this.#options.activemq, this.target)
    return broken(check({published: this.published, left, present, account, ...(group && {group})}))
  }
}

/** What one JMS consumer prints must fit into this process. */
const PORTION = 5000

/** Takes everything, as JMS consumers do, until the broker says that nothing is left. */
export async function takeJms(activemq: Activemq, queue: string): Promise<Envelope[]> {
  const envelopes: Envelope[] = []
  while (Number(await activemq.read('QueueSize', queue)) > 0) {
    for (const one of await readJms(activemq, queue, {messages: PORTION})) {
      const envelope = decodeActivemq(one)
      if (!envelope) throw new Error('a message that mqlift did not write')
      envelopes.push(envelope)
    }
  }
  return envelopes
}
