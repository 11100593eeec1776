// The run a change board asks for: a real RabbitMQ with 100,000 messages of every kind, moved to SQS by the real
// program, which is killed with SIGKILL three times on the way while a producer keeps publishing. Afterwards the
// target is drained and compared, message by message, with what was published.
//   npm run board -- [--major 3|4] [--messages 100000] [--kills 3] [--keep DIR]
import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'

import {DeleteMessageBatchCommand, ReceiveMessageCommand, type Message, SQSClient} from '@aws-sdk/client-sqs'
import type {z} from 'zod'

import {encodeHead} from '../../src/model/canonical.ts'
import {Deployment} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {Plan} from '../../src/model/plan.ts'
import {Report} from '../../src/model/report.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'
import {run} from '../brokers/lab.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import {boardMessage, declare, publisher, queueId, QUEUES} from './board-estate.ts'
import {startEndpoint} from './endpoint-process.ts'

const {values: flags} = parseArgs({
  options: {
    major: {type: 'string', default: '4'},
    messages: {type: 'string', default: '100000'},
    kills: {type: 'string', default: '3'},
    keep: {type: 'string'},
  },
})
const total = Number(flags.messages)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const node = process.execPath
await using target = await startEndpoint()
const endpoint = target.url
await using broker = await startRabbitmq({major: Number(flags.major) as Major})
const work = flags.keep ?? mkdtempSync(join(tmpdir(), 'mqlift-board-'))
mkdirSync(work, {recursive: true})
// Ten priorities are advised to stay with a broker: this board has decided otherwise.
writeFileSync(join(work, 'mqlift.yaml'), 'platforms:\n  "*": sqs-standard\n', {mode: 0o600})
const env = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'board',
  AWS_SECRET_ACCESS_KEY: 'board',
  NO_COLOR: '1',
}
const aws = ['--endpoint', endpoint, '--region', 'us-east-1', '--account', '000000000000']
const mqlift = (...args: string[]): string[] => ['bin/dev.js', ...args, '--dir', work]

// 1. An estate with messages in it.
await declare(broker)
const started = Date.now()
const published = new Map<string, number>()
for (const vhost of new Set(QUEUES.map((queue) => queue.vhost))) {
  const to = await publisher(broker, vhost)
  for (const queue of QUEUES.filter((one) => one.vhost === vhost)) {
    const messages = Math.round(total * queue.share)
    await to.publish(queue, 0, messages)
    published.set(queueId(queue), messages)
  }
  await to.close()
}
say(`${broker.major}.x: ${total} messages published in ${Math.round((Date.now() - started) / 1000)} s`)
await sleep(6000) // until the broker's statistics show them

// 2. Assess, plan, decide.
const address = `${broker.amqp}/`
say(await run(node, mqlift('assess', address, '--management', broker.management), env))
await run(node, mqlift('migrate', address, ...aws), env)
const plan = read(Plan, 'plan.json')
const decisions = [
  ...new Set(plan.losses.filter((loss) => loss.acceptedBy === null).map((loss) => loss.rule)),
].flatMap((rule) => ['--accept', rule])
const answers = plan.open
  .filter((question) => question.answer === null && question.choices.length > 0)
  .flatMap(({id, choices}) => ['--answer', `${id}=${choices[0]}`])
await run(
  node,
  mqlift('plan', ...decisions, ...answers, '--region', 'us-east-1', '--account', '000000000000'),
  env,
)

// 3. Move, with a producer running and the process killed on the way.
const producing = {go: true}
const live = QUEUES.find((queue) => queue.live)
const producer = (async () => {
  if (!live) return
  const to = await publisher(broker, live.vhost)
  while (producing.go) {
    const from = published.get(queueId(live)) ?? 0
    await to.publish(live, from, from + 20)
    published.set(queueId(live), from + 20)
    await sleep(100)
  }
  await to.close()
})()
const startMove = (): ChildProcess =>
  spawn(node, mqlift('migrate', address, ...aws, '--execute'), {env, stdio: ['ignore', 'ignore', 'inherit']})
for (let kill = 1; kill <= Number(flags.kills); kill++) {
  const child = startMove()
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await sleep(3500 + 1500 * kill)
  const wasRunning = child.exitCode === null
  child.kill('SIGKILL')
  await gone
  say(`kill ${kill}: ${wasRunning ? 'SIGKILL' : `too late, it had ended with ${child.exitCode}`}`)
}
const last = startMove()
setTimeout(() => (producing.go = false), 8000)
const code = await new Promise<number | null>((resolve) => last.once('exit', resolve))
producing.go = false
await producer
// What the producer published after the last run drained its queue is a new generation: move it, too.
const again = startMove()
const againCode = await new Promise<number | null>((resolve) => again.once('exit', resolve))
say(`exit codes: ${code}, ${againCode}`)

// Counts of SQS are approximate: three equal readings a minute apart settle them.
await run(node, mqlift('verify', address, '--wait'), env)
await run(node, mqlift('report'), env)

// 4. Compare with what was published.
const report = read(Report, 'report.json')
say(JSON.stringify(report.proof?.total))
const actual = await compare(read(Deployment, 'deployment.json'))
const reported = report.proof?.total.possibleDuplicates ?? 0
say(
  `published ${sum(published)}, lost ${actual.lost}, unexpected ${actual.unexpected}, duplicated ${actual.duplicated} (reported possible: ${reported})`,
)
say(`reports: ${work}`)
const proved =
  actual.lost === 0 &&
  actual.unexpected === 0 &&
  actual.duplicated <= reported &&
  report.proof?.total.unexplained === 0
say(proved ? 'PROVED' : 'FAILED')
if (!flags.keep && proved) rmSync(work, {recursive: true})
process.exitCode = proved ? 0 : 1

function read<T extends z.ZodType>(schema: T, file: string): z.infer<T> {
  return schema.parse(JSON.parse(readFileSync(join(work, file), 'utf8')))
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((a, b) => a + b, 0)
}

/**
 * Canonical bytes as text: equal only when body, every property and every header with its type are equal. Headers by
 * name, because RabbitMQ 4 itself sorts them when a message comes in (4.0.5).
 */
function identity(envelope: Envelope): string {
  const headers = envelope.headers.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const head = encodeHead({...envelope, headers})
  return `${head.toString('latin1')}${Buffer.from(envelope.body).toString('latin1')}`
}

async function compare({
  resources,
}: Deployment): Promise<{lost: number; unexpected: number; duplicated: number}> {
  const outcome = {lost: 0, unexpected: 0, duplicated: 0}
  for (const queue of QUEUES) {
    const move = plan.moves.find(({source}) => source === queueId(queue))
    const resource = resources.find(({step}) => step === move?.target)
    if (!resource) throw new Error(`no target for ${queueId(queue)}`)
    const expected = new Map<string, number>()
    for (let index = 0; index < (published.get(queueId(queue)) ?? 0); index++) {
      const key = identity(boardMessage(queue, index))
      expected.set(key, (expected.get(key) ?? 0) + 1)
    }
    const present = new Map<string, number>()
    for await (const message of drain(resource.address)) {
      const envelope = decodeSqs(message)
      if (!envelope) throw new Error('a message that mqlift did not write')
      const key = identity(envelope)
      present.set(key, (present.get(key) ?? 0) + 1)
    }
    for (const [key, count] of expected) outcome.lost += Math.max(0, count - (present.get(key) ?? 0))
    for (const [key, count] of present) {
      const wanted = expected.get(key) ?? 0
      if (wanted === 0) outcome.unexpected += count
      else outcome.duplicated += Math.max(0, count - wanted)
    }
  }
  return outcome
}

async function* drain(queueUrl: string): AsyncGenerator<Message> {
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint,
    credentials: {accessKeyId: 'board', secretAccessKey: 'board'},
  })
  for (;;) {
    const {Messages = []} = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 600,
        WaitTimeSeconds: 0,
      }),
    )
    if (Messages.length === 0) break
    yield* Messages
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: Messages.map(({ReceiptHandle}, i) => ({Id: String(i), ReceiptHandle})),
      }),
    )
  }
  sqs.destroy()
}
