import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {SQSClient} from '@aws-sdk/client-sqs'
import type {z} from 'zod'

import Migrate from '../../src/commands/migrate.ts'
import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {readLedger} from '../../src/ledger/open.ts'
import {Deployment} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Plan} from '../../src/model/plan.ts'
import {Report} from '../../src/model/report.ts'
import {FaultProxy} from '../brokers/fault-proxy.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import {runCommand} from '../helpers/run-command.ts'
import {boardMessage} from './board-estate.ts'
import {broken, check, type Observed} from './checker.ts'
import type {Endpoint} from './endpoint-process.ts'
import {during, expectExit, type Program, type ProgramOptions, startProgram} from './program.ts'
import {SourceQueue} from './source-queue.ts'
import {countAt, sqsClient, takeAll} from './target-queue.ts'

export type QueueType = 'classic' | 'quorum'

export interface SceneOptions {
  readonly broker: Rabbitmq
  readonly endpoint: Endpoint
  readonly type?: QueueType
  readonly arguments?: Record<string, unknown>
  /** Where the migration folder is made; default: the system's place for temporary files. */
  readonly disk?: string
}

const AWS = ['--region', 'us-east-1', '--account', '000000000000']
const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'}

let scenes = 0

let last: Promise<unknown> = Promise.resolve()

/** A command in this process has the environment and the output to itself. */
function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work)
  last = mine.catch(() => undefined)
  return mine
}

/** One queue with messages, an SQS that can be made to misbehave, and an empty migration folder. */
export class Scene implements AsyncDisposable {
  readonly broker: Rabbitmq
  readonly vhost: string
  readonly queue: string
  readonly work: string
  /** In front of SQS: `sqs.rule` decides what happens to a request. */
  readonly sqs: FaultProxy
  readonly published: Envelope[] = []
  /** Of the broker, as given to the program. */
  address: string
  /** Past the proxy. */
  readonly target: SQSClient
  readonly #source: SourceQueue
  readonly #stack: AsyncDisposableStack
  readonly #options: SceneOptions

  private constructor(
    options: SceneOptions,
    parts: {vhost: string; work: string; sqs: FaultProxy; stack: AsyncDisposableStack},
    queue = `orders-${process.pid}-${++scenes}`,
  ) {
    this.broker = options.broker
    this.vhost = parts.vhost
    this.queue = queue
    this.work = parts.work
    this.sqs = parts.sqs
    this.target = sqsClient(options.endpoint.url)
    this.#source = parts.stack.use(new SourceQueue(`${options.broker.amqp}/${parts.vhost}`, queue))
    parts.stack.defer(() => this.target.destroy())
    this.#stack = parts.stack
    this.#options = options
    this.address = ''
    this.through(options.broker.port)
  }

  /** With `messages` waiting, every tenth a twin of the one before it. */
  static async of(messages: number, options: SceneOptions): Promise<Scene> {
    const stack = new AsyncDisposableStack()
    const vhost = stack.use(await freshVhost(options.broker))
    const sqs = stack.use(await FaultProxy.to(options.endpoint.url))
    const work = mkdtempSync(join(options.disk ?? tmpdir(), 'mqlift-fault-'))
    stack.defer(() => rmSync(work, {recursive: true, force: true}))
    const scene = new Scene(options, {vhost: vhost.name, work, sqs, stack})
    await scene.#declare()
    if (messages > 0) await scene.publish(messages)
    return scene
  }

  async [Symbol.asyncDispose](): Promise<void> {
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

  /** Another migration folder for the same queue, planned. */
  async twin(): Promise<Scene> {
    const stack = new AsyncDisposableStack()
    const sqs = stack.use(await FaultProxy.to(this.#options.endpoint.url))
    const work = mkdtempSync(join(tmpdir(), 'mqlift-fault-'))
    stack.defer(() => rmSync(work, {recursive: true, force: true}))
    const twin = new Scene(this.#options, {vhost: this.vhost, work, sqs, stack}, this.queue)
    await twin.plan()
    return twin
  }

  /** From now on the broker is reached through this port. */
  through(port: number): void {
    this.address = `amqp://guest:guest@127.0.0.1:${port}/${this.vhost}`
  }

  get path(): string {
    return `/api/queues/${this.vhost}/${this.queue}`
  }

  async #declare(): Promise<void> {
    const {type = 'classic', arguments: more} = this.#options
    await this.broker.api('PUT', this.path, {durable: true, arguments: {'x-queue-type': type, ...more}})
  }

  /** The next messages of the estate that the change board's run moves: every kind of header, body and twin. */
  async publish(messages: number): Promise<void> {
    const queue = {vhost: this.vhost, name: this.queue, share: 1, arguments: {}}
    const from = this.published.length
    await this.send(Array.from({length: messages}, (_, index) => boardMessage(queue, from + index)))
  }

  async send(envelopes: readonly Envelope[]): Promise<void> {
    this.published.push(...(await this.#source.send(envelopes)))
  }

  /** Assess and plan, in this process, with every question answered: standard, or FIFO with all messages in one group. */
  async plan(platform: 'sqs-standard' | 'sqs-fifo' = 'sqs-standard'): Promise<Plan> {
    const id = destinationId('queue', this.vhost, this.queue)
    this.#decide({[`platform:${id}`]: platform, [`message-group:${id}`]: 'constant'})
    const {management} = this.broker
    const argv = [this.address, '--management', management, ...this.#place, ...AWS]
    const {exit, stderr} = await oneByOne(() => runCommand(Migrate, argv))
    if (exit !== 0) throw new Error(`the plan was not made: ${stderr}`)
    return this.read(Plan, 'plan.json')
  }

  get #place(): string[] {
    return ['--endpoint', this.sqs.endpoint, '--dir', this.work]
  }

  #decide(answers: Record<string, string>): void {
    const decisions = Object.entries(answers).map(([id, answer]) => ({
      id,
      answer,
      by: 'ops',
      at: '2026-11-24',
    }))
    writeFileSync(join(this.work, 'decisions.yaml'), JSON.stringify(decisions), {mode: 0o600})
  }

  /** `migrate --execute --json`. */
  execute(more: readonly string[] = [], options: ProgramOptions = {}): Program {
    return this.#start(['--execute', '--json', ...more], options)
  }

  /** `migrate`, with what is given. */
  start(...more: string[]): Program {
    return this.#start(more, {})
  }

  #start(more: readonly string[], options: ProgramOptions): Program {
    const {management} = this.broker
    return startProgram(['migrate', this.address, '--management', management, ...this.#place, ...more], {
      ...options,
      env: {...CREDENTIALS, ...options.env},
    })
  }

  /** A run whose first requests have arrived and are not answered yet. */
  async holding(more: readonly string[] = []): Promise<{program: Program; answer: () => void}> {
    const answers = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    this.sqs.rule = ({action}) => {
      if (action !== 'SendMessageBatch') return undefined
      asked.resolve()
      return {do: 'pass', held: answers.promise}
    }
    const program = this.execute(more)
    await during(program, asked.promise)
    // Until it has nothing to do but to wait.
    await sleep(400)
    return {program, answer: () => answers.resolve()}
  }

  /** Another command on the same folder. */
  run(argv: readonly string[], options: ProgramOptions = {}): Program {
    return startProgram([...argv, '--dir', this.work], {...options, env: {...CREDENTIALS, ...options.env}})
  }

  /** A run that takes everything that is left. */
  async finish(...more: string[]): Promise<Report> {
    await expectExit(this.execute(more), 0)
    return this.read(Report, 'report.json')
  }

  read<T extends z.ZodType>(schema: T, file: string): z.infer<T> {
    return schema.parse(JSON.parse(readFileSync(join(this.work, file), 'utf8')))
  }

  /** What the ledger says, whoever has it open. Undefined = no lane was started. */
  async account(): Promise<MoveAccount | undefined> {
    await using ledger = await readLedger(join(this.work, 'ledger.db'))
    return ledger.accounts()[0]
  }

  /** Messages of the queue that are ready. */
  depth(): Promise<number> {
    return this.#source.depth()
  }

  /** As `depth`, when it has come to rest. */
  rest(): Promise<number> {
    return this.#source.rest()
  }

  /** Until so many messages are ready; false = they did not come back. */
  waits(messages: number): Promise<boolean> {
    return this.#source.waits(messages)
  }

  /** Messages at the target, without taking them; 0 before there is one. */
  async count(): Promise<number> {
    return existsSync(join(this.work, 'deployment.json')) ? countAt(this.target, this.targets()) : 0
  }

  /** What is at both ends and in the ledger, by the checker; empty = the promise was kept. Empties both ends. */
  async verdict(group?: Observed['group']): Promise<string[]> {
    const account = await this.account()
    if (!account) throw new Error('nothing was moved')
    const id = destinationId('queue', this.vhost, this.queue)
    const [left, present] = [await this.#source.left(id), await takeAll(this.target, this.targets())]
    const verdict = check({published: this.published, left, present, account, ...(group && {group})})
    return broken(verdict)
  }

  /** Takes everything that is at the source. */
  takeFromSource(id: string): Promise<Envelope[]> {
    return this.#source.left(id)
  }

  /** Addresses of the target queue of the one move. */
  targets(): string[] {
    const {moves} = this.read(Plan, 'plan.json')
    const targets = new Set(moves.map(({target}) => target))
    const {resources} = this.read(Deployment, 'deployment.json')
    return resources.filter(({step}) => targets.has(step)).map(({address}) => address)
  }
}
