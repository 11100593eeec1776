import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {z} from 'zod'

import {readLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Report} from '../../src/model/report.ts'
import {Verification} from '../../src/model/verification.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import {boardMessage} from './board-estate.ts'
import {type Account, broken, check} from './checker.ts'
import {expectExit, type Program, startProgram} from './program.ts'
import {SourceQueue} from './source-queue.ts'

export interface RabbitmqSceneOptions {
  readonly from: Rabbitmq
  readonly to: Rabbitmq
  /** Answers and acceptances of the plan. */
  readonly accept?: readonly string[]
  /** Of mqlift.yaml. */
  readonly shovel?: {readonly at: 'source' | 'target'}
}

/** What the estate has: a queue of either type, and an exchange through which some messages come. */
const QUEUES = [
  {name: 'orders', type: 'classic'},
  {name: 'payments', type: 'quorum'},
] as const

/** Two queues at one RabbitMQ, another one that stands for Amazon MQ, and a migration folder with a plan. */
export class RabbitmqScene implements AsyncDisposable {
  readonly vhost: string
  readonly work = mkdtempSync(join(tmpdir(), 'mqlift-rabbitmq-'))
  readonly published = new Map<string, Envelope[]>(QUEUES.map(({name}) => [name, []]))
  readonly #options: RabbitmqSceneOptions
  readonly #stack: AsyncDisposableStack

  private constructor(options: RabbitmqSceneOptions, vhost: string, stack: AsyncDisposableStack) {
    this.#options = options
    this.vhost = vhost
    this.#stack = stack
    stack.defer(() => rmSync(this.work, {recursive: true, force: true}))
    stack.defer(async () => {
      await options.to.api('DELETE', `/api/vhosts/${vhost}`).catch(() => null)
    })
  }

  /** So many in each queue. */
  static async of(messages: number, options: RabbitmqSceneOptions): Promise<RabbitmqScene> {
    const stack = new AsyncDisposableStack()
    const vhost = stack.use(await freshVhost(options.from))
    const scene = new RabbitmqScene(options, vhost.name, stack)
    await scene.#prepare(messages)
    return scene
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #prepare(messages: number): Promise<void> {
    const {from, to, accept = [], shovel = {}} = this.#options
    const exchange = {type: 'topic', durable: true}
    await from.api('PUT', `/api/exchanges/${this.vhost}/shop`, exchange)
    for (const {name, type} of QUEUES) {
      await from.api('PUT', `/api/queues/${this.vhost}/${name}`, {
        durable: true,
        arguments: {'x-queue-type': type},
      })
      await from.api('POST', `/api/bindings/${this.vhost}/e/shop/q/${name}`, {routing_key: `${name}.#`})
      await this.publish(name, messages)
    }
    const version = to.major === 4 ? '4.2' : '3.13'
    const broker = {
      address: `amqp://127.0.0.1:${to.port}`,
      management: to.management,
      version,
      deployment: 'single',
    }
    const yaml = {platforms: {'*': 'amazon-mq-rabbitmq'}, brokers: {'amazon-mq-rabbitmq': broker}, shovel}
    writeFileSync(join(this.work, 'mqlift.yaml'), JSON.stringify(yaml))
    await expectExit(
      this.run('assess', `amqp://127.0.0.1:${from.port}/${this.vhost}`, '--management', from.management),
      0,
    )
    await expectExit(this.run('plan', ...accept.flatMap((id) => ['--accept', id])), 0)
  }

  async publish(name: string, messages: number): Promise<void> {
    const published = this.published.get(name) ?? []
    const queue = {vhost: this.vhost, name, share: 1, arguments: {}}
    const next = Array.from({length: messages}, (_, index) => boardMessage(queue, published.length + index))
    await using source = new SourceQueue(`${this.#options.from.amqp}/${this.vhost}`, name)
    published.push(...(await source.send(next)))
  }

  run(...argv: string[]): Program {
    return startProgram([...argv, '--dir', this.work])
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

  /** Messages at the target. */
  async count(name: string): Promise<number> {
    await using target = new SourceQueue(`${this.#options.to.amqp}/${this.vhost}`, name)
    return target.depth().catch(() => 0)
  }

  /** What is at both ends and in the ledger, by the checker; empty = the promise was kept. Empties both ends. */
  async verdict(group?: () => string): Promise<string[]> {
    const {from, to} = this.#options
    const faults: string[] = []
    for (const [name, published] of this.published) {
      const id = destinationId('queue', this.vhost, name)
      const account = await this.#account(id)
      await using source = new SourceQueue(`${from.amqp}/${this.vhost}`, name)
      await using target = new SourceQueue(`${to.amqp}/${this.vhost}`, name)
      const ends = {left: await source.left(id), present: await target.left(id)}
      faults.push(...broken(check({published, ...ends, account, ...(group && {group})})))
    }
    return faults
  }

  /** From the ledger, or what counts said of shovels. */
  async #account(id: string): Promise<Account> {
    await using ledger = await readLedger(join(this.work, 'ledger.db'))
    const account = ledger.accounts().find(({source}) => source === id)
    const shovelled = this.read(Verification, 'verification.json').destinations.filter((one) => one.id === id)
    if (account) return account
    if (shovelled.length === 0) throw new Error(`${id} was not moved`)
    const of = (bucket: 'received' | 'settled' | 'possibleDuplicates'): number =>
      shovelled.reduce((sum, {buckets}) => sum + buckets[bucket], 0)
    return {
      received: of('received'),
      settled: of('settled'),
      possibleDuplicates: of('possibleDuplicates'),
      failed: 0,
      doubt: 0,
      quarantined: 0,
      open: {claimed: 0, sent: 0},
    }
  }
}
