import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {SNSClient, SubscribeCommand} from '@aws-sdk/client-sns'
import {CreateQueueCommand, type SQSClient} from '@aws-sdk/client-sqs'
import type {z} from 'zod'

import {ControlStatus} from '../../src/model/control.ts'
import {Deployment} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {Plan} from '../../src/model/plan.ts'
import {until} from '../brokers/lab.ts'
import {publisher, type Publisher} from '../brokers/messages.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import {boardMessage} from './board-estate.ts'
import {decisionsOf} from './decisions.ts'
import type {Endpoint} from './endpoint-process.ts'
import {expectExit, type Program, startProgram} from './program.ts'
import {asDelivered, publishOptions} from './source-queue.ts'
import {sqsClient, takeAll} from './target-queue.ts'

const ACCOUNT = '000000000000'
const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'}

export interface BridgeOptions {
  readonly broker: Rabbitmq
  readonly endpoint: Endpoint
  /** Where the migration folder is made and stays; default: a temporary one. */
  readonly keep?: string | undefined
}

/** A virtual host of its own, a migration folder, and the real program. */
export class BridgeScene implements AsyncDisposable {
  readonly broker: Rabbitmq
  readonly endpoint: Endpoint
  readonly vhost: string
  readonly work: string
  readonly publisher: Publisher
  readonly sqs: SQSClient
  readonly #stack: AsyncDisposableStack

  private constructor(
    {broker, endpoint, keep}: BridgeOptions,
    parts: {vhost: string; publisher: Publisher; stack: AsyncDisposableStack},
  ) {
    this.broker = broker
    this.endpoint = endpoint
    this.vhost = parts.vhost
    this.publisher = parts.publisher
    this.#stack = parts.stack
    this.sqs = sqsClient(endpoint.url)
    this.work = keep ?? mkdtempSync(join(tmpdir(), 'mqlift-bridge-'))
    mkdirSync(this.work, {recursive: true})
    if (keep === undefined) this.#stack.defer(() => rmSync(this.work, {recursive: true, force: true}))
    this.#stack.defer(() => this.sqs.destroy())
  }

  static async of(options: BridgeOptions): Promise<BridgeScene> {
    const stack = new AsyncDisposableStack()
    const vhost = stack.use(await freshVhost(options.broker))
    const to = stack.use(await publisher(vhost.amqp))
    return new BridgeScene(options, {vhost: vhost.name, publisher: to, stack})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  /** mqlift.yaml, then plan.json with everything answered and accepted. */
  async plan(config: string): Promise<Plan> {
    writeFileSync(join(this.work, 'mqlift.yaml'), config, {mode: 0o600})
    await expectExit(this.migrate(), 0)
    const decisions = decisionsOf(this.read(Plan, 'plan.json'))
    await expectExit(this.run('plan', ...decisions, '--region', 'us-east-1', '--account', ACCOUNT), 0)
    return this.read(Plan, 'plan.json')
  }

  /** Taps of the plan that hold next to nothing. */
  boundTaps(most: number): void {
    const file = join(this.work, 'plan.json')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"most": ?\d+/g, `"most":${most}`))
  }

  /** `migrate`, with what is given. */
  migrate(...more: string[]): Program {
    const address = `amqp://guest:guest@127.0.0.1:${this.broker.port}/${this.vhost}`
    const aws = ['--endpoint', this.endpoint.url, '--region', 'us-east-1', '--account', ACCOUNT]
    return this.run('migrate', address, '--management', this.broker.management, ...aws, ...more)
  }

  bridge(...more: string[]): Program {
    return this.migrate('--bridge', '--execute', '--json', ...more)
  }

  run(...argv: string[]): Program {
    return startProgram([...argv, '--dir', this.work], {env: CREDENTIALS})
  }

  async control(...argv: string[]): Promise<ControlStatus> {
    const {stdout} = await expectExit(this.run('control', ...argv, '--json'), 0)
    return ControlStatus.parse(JSON.parse(stdout))
  }

  /** Until the running bridge says that it has sent so many messages, over all moves. */
  async sent(messages: number): Promise<void> {
    await this.#says(({moves}) => moves.reduce((sum, {sent}) => sum + sent, 0) >= messages)
  }

  /** Until the running bridge reads. */
  async reads(): Promise<void> {
    await this.#says(({moves}) => moves.length > 0)
  }

  async #says(enough: (status: ControlStatus) => boolean): Promise<void> {
    const asked = async (): Promise<boolean> => {
      const {exit, stdout} = await this.run('control', 'status', '--json').ended
      return exit === 0 && enough(ControlStatus.parse(JSON.parse(stdout)))
    }
    if (!(await until(asked, 60_000))) throw new Error('the bridge did not get that far')
  }

  read<T extends z.ZodType>(schema: T, file: string): z.infer<T> {
    return schema.parse(JSON.parse(readFileSync(join(this.work, file), 'utf8')))
  }

  /** Addresses of the queues that are moved into. */
  targets(): string[] {
    const targets = new Set(this.read(Plan, 'plan.json').moves.map(({target}) => target))
    const {resources} = this.read(Deployment, 'deployment.json')
    return resources.filter(({step}) => targets.has(step)).map(({address}) => address)
  }

  /** Ready messages; null = there is no such queue. */
  async length(queue: string): Promise<number | null> {
    const found = await this.broker
      .api('GET', `/api/queues/${this.vhost}/${encodeURIComponent(queue)}`)
      .catch(() => null)
    return found === null ? null : ((found as {messages?: number}).messages ?? 0)
  }

  /** A queue of a subscriber, with raw delivery. */
  async subscribe(topic: string, name: string, filter: unknown): Promise<string> {
    const {QueueUrl = ''} = await this.sqs.send(new CreateQueueCommand({QueueName: name}))
    const sns = new SNSClient({
      region: 'us-east-1',
      endpoint: this.endpoint.url,
      credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
    })
    await sns.send(
      new SubscribeCommand({
        TopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:${topic}`,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`,
        Attributes: {
          RawMessageDelivery: 'true',
          ...(filter !== null && {FilterPolicy: JSON.stringify(filter)}),
        },
      }),
    )
    sns.destroy()
    return QueueUrl
  }

  /** Everything at these queues, taken out. */
  take(...urls: string[]): Promise<Envelope[]> {
    return takeAll(this.sqs, urls)
  }
}

/** Publishes one message after the other, each confirmed, until it is ended. */
export class Producer {
  /** As they come out of a queue that is asked for by this id. */
  readonly published: Envelope[] = []
  readonly #scene: BridgeScene
  readonly #to: Publishing
  readonly #running: Promise<void>
  readonly #over = new AbortController()

  constructor(scene: BridgeScene, to: Publishing) {
    this.#scene = scene
    this.#to = to
    this.#running = this.#run()
    // Whoever ends it hears of it.
    this.#running.catch(() => undefined)
  }

  /** At once, or when it has published all that it is to. */
  async end(all: boolean): Promise<void> {
    if (!all) this.#over.abort()
    await this.#running
  }

  /** 20 at a time and confirmed: about 125 a second, or for about a minute when there is an end to it. */
  async #run(): Promise<void> {
    const {channel} = this.#scene.publisher
    const {exchange, most = Infinity} = this.#to
    const pause = most === Infinity ? 160 : (60_000 * 20) / most
    for (let index = 0; index < most && !this.#over.signal.aborted; index++) {
      const envelope = this.#envelope(index)
      const key = envelope.source.routingKey ?? ''
      channel.publish(exchange, key, Buffer.from(envelope.body), publishOptions(envelope))
      this.published.push(envelope)
      if (index % 20 !== 19) continue
      await channel.waitForConfirms()
      await sleep(pause)
    }
    await channel.waitForConfirms()
  }

  /** Every tenth is a twin of the one before it, and ten come under the same key. */
  #envelope(index: number): Envelope {
    const {id, exchange, keys} = this.#to
    const routingKey = keys[Math.floor(index / 10) % keys.length] ?? ''
    const one = asDelivered(boardMessage({vhost: '', name: exchange, share: 1, arguments: {}}, index))
    return {...one, source: {id, exchange, routingKey}, body: one.body.subarray(0, LARGEST)}
  }
}

export interface Publishing {
  /** Of the queue that is read. */
  readonly id: string
  readonly exchange: string
  readonly keys: readonly string[]
  readonly most?: number
}

/** SNS takes 256 KiB a message, fauxqs no more in any topic. */
const LARGEST = 128 * 1024
