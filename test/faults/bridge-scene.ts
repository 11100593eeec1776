import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {SNSClient, SubscribeCommand} from '@aws-sdk/client-sns'
import {CreateQueueCommand, type SQSClient} from '@aws-sdk/client-sqs'
import type {z} from 'zod'

import {ControlStatus} from '../../src/model/control.ts'
import {Deployment} from '../../src/model/deployment.ts'
import {Plan} from '../../src/model/plan.ts'
import {until} from '../brokers/lab.ts'
import {publisher, type Publisher} from '../brokers/messages.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost} from '../brokers/shared.ts'
import type {Endpoint} from './endpoint-process.ts'
import {expectExit, type Program, startProgram} from './program.ts'
import {sqsClient, takeAll} from './target-queue.ts'

const ACCOUNT = '000000000000'
const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'}

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
    {broker, endpoint}: {broker: Rabbitmq; endpoint: Endpoint},
    parts: {vhost: string; publisher: Publisher; stack: AsyncDisposableStack},
  ) {
    this.broker = broker
    this.endpoint = endpoint
    this.vhost = parts.vhost
    this.publisher = parts.publisher
    this.#stack = parts.stack
    this.sqs = sqsClient(endpoint.url)
    this.work = mkdtempSync(join(tmpdir(), 'mqlift-bridge-'))
    this.#stack.defer(() => rmSync(this.work, {recursive: true, force: true}))
    this.#stack.defer(() => this.sqs.destroy())
  }

  static async of(options: {broker: Rabbitmq; endpoint: Endpoint}): Promise<BridgeScene> {
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
    const {losses, open} = this.read(Plan, 'plan.json')
    const accept = [...new Set(losses.map(({rule}) => rule))].flatMap((rule) => ['--accept', rule])
    const answers = open.filter(({answer, choices}) => answer === null && choices.length > 0)
    const answer = answers.flatMap(({id, choices}) => ['--answer', `${id}=${choices[0]}`])
    await expectExit(this.run('plan', ...accept, ...answer, '--region', 'us-east-1', '--account', ACCOUNT), 0)
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

  /** Bodies of everything at these queues, taken out. */
  async bodies(...urls: string[]): Promise<string[]> {
    const envelopes = await takeAll(this.sqs, urls)
    return envelopes.map(({body}) => Buffer.from(body).toString())
  }
}

/** Publishes one message after the other, each confirmed, until it is ended. */
export class Producer {
  readonly published: {readonly key: string; readonly body: string}[] = []
  readonly #scene: BridgeScene
  readonly #running: Promise<void>
  readonly #over = new AbortController()

  constructor(scene: BridgeScene, exchange: string, keys: readonly string[], most = Infinity) {
    this.#scene = scene
    this.#running = this.#run(exchange, keys, most)
  }

  /** At once, or when it has published all that it is to. */
  async end(all: boolean): Promise<void> {
    if (!all) this.#over.abort()
    await this.#running
  }

  /** 20 at a time and confirmed: about 125 a second, and a thousand when there is an end to it. */
  async #run(exchange: string, keys: readonly string[], most: number): Promise<void> {
    const {channel} = this.#scene.publisher
    for (let index = 0; index < most && !this.#over.signal.aborted; index++) {
      const key = keys[index % keys.length] ?? ''
      // Every tenth is a twin of the one before it.
      const body = `message ${index % 10 === 9 ? index - 1 : index}`
      channel.publish(exchange, key, Buffer.from(body), {persistent: true, messageId: `${index}`})
      this.published.push({key, body})
      if (index % 20 !== 19) continue
      await channel.waitForConfirms()
      await sleep(most === Infinity ? 160 : 20)
    }
    await channel.waitForConfirms()
  }
}

/** Counts by text. */
export function multiset(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** Missing, unexpected and surplus copies. */
export function compare(
  wanted: readonly string[],
  there: readonly string[],
): {lost: number; unexpected: number; duplicated: number} {
  const [expected, found] = [multiset(wanted), multiset(there)]
  let [lost, unexpected, duplicated] = [0, 0, 0]
  for (const [text, count] of expected) lost += Math.max(0, count - (found.get(text) ?? 0))
  for (const [text, count] of found) {
    const known = expected.get(text)
    if (known === undefined) unexpected += count
    else duplicated += Math.max(0, count - known)
  }
  return {lost, unexpected, duplicated}
}
