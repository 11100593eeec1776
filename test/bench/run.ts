// RabbitMQ → SQS side by side: the naive script and mqlift drain the same queues into the same null endpoint, in
// alternating order; rates are taken between 10 % and 100 % of a run, as the endpoint counted them. Prints a table of
// medians and ratios. Needs Go for the endpoint. Figures are this machine's: keep the ratios.
//   npm run bench -- [--sizes 1024,10240] [--types classic,quorum] [--latencies 0,20] [--messages 50000]
//                    [--rounds 3] [--contenders naive,mqlift,mqlift-archive] [--major 3]
import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'

import {LAB} from '../brokers/lab.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import {leftIn, seed} from './bench-queue.ts'
import type {Assignment} from './messages.ts'
import {startNullEndpoint} from './null-endpoint.ts'

const {values: flags} = parseArgs({
  options: {
    sizes: {type: 'string', default: '1024,10240'},
    types: {type: 'string', default: 'classic,quorum'},
    latencies: {type: 'string', default: '0,20'},
    messages: {type: 'string', default: '50000'},
    rounds: {type: 'string', default: '3'},
    contenders: {type: 'string', default: 'naive,mqlift,mqlift-archive'},
    major: {type: 'string', default: '3'},
  },
})
const list = (text: string): string[] => text.split(',')

interface Contender {
  readonly script: string
  readonly archive: boolean
}
const CONTENDERS: Readonly<Record<string, Contender>> = {
  naive: {script: 'naive.ts', archive: false},
  mqlift: {script: 'mover.ts', archive: false},
  'mqlift-archive': {script: 'mover.ts', archive: true},
}

interface Row {
  readonly rate: number
  /** CPU seconds of the mover per 100,000 messages. */
  readonly cpu: number
  /** MiB. */
  readonly rss: number
  readonly left: number
  readonly note: string
}

const here = import.meta.dirname
const TICKS = 100 // USER_HZ
/** Larger messages, fewer of them: a run stays under half a minute. */
const LARGE = 10_000

await using broker = await startRabbitmq({major: Number(flags.major) as Major})
await using endpoint = await startNullEndpoint()
const amqp = `${broker.amqp}/`
const rows = new Map<string, Row[]>()
for (const type of list(flags.types))
  for (const size of list(flags.sizes).map(Number))
    for (const latency of list(flags.latencies).map(Number)) await cell(type, size, latency)

async function cell(type: string, size: number, latency: number): Promise<void> {
  const messages = size >= LARGE ? Math.min(Number(flags.messages), 20_000) : Number(flags.messages)
  for (let round = 0; round < Number(flags.rounds); round++) {
    const contenders = list(flags.contenders)
    for (const name of round % 2 === 1 ? contenders.toReversed() : contenders) {
      const row = await one(name, {type, size, latency, messages})
      const key = `${type} ${size} B ${latency} ms ${name}`
      rows.set(key, [...(rows.get(key) ?? []), row])
      print(key, row)
    }
  }
  const medianOf = (name: string): number =>
    median((rows.get(`${type} ${size} B ${latency} ms ${name}`) ?? []).map(({rate}) => rate))
  const naive = medianOf('naive')
  for (const name of list(flags.contenders))
    process.stdout.write(
      `  = ${type} ${size} B ${latency} ms ${name.padEnd(15)} median ${Math.round(medianOf(name))} msg/s, ` +
        `${(medianOf(name) / naive).toFixed(2)} × naive\n`,
    )
}

interface Setup {
  readonly type: string
  readonly size: number
  readonly latency: number
  readonly messages: number
}

async function one(name: string, {type, size, latency, messages}: Setup): Promise<Row> {
  const contender = CONTENDERS[name]
  if (!contender) throw new Error(`no contender ${name}`)
  const queue = `bench-${type}`
  await seed(amqp, queue, {type, size, messages})
  await endpoint.reset({latency, rate: 0})
  const task: Assignment = {
    amqp,
    management: broker.management,
    endpoint: endpoint.url,
    queue,
    queueType: type,
    messages,
    size,
    archive: contender.archive,
    requests: 0,
  }
  const dir = join(LAB, 'bench')
  mkdirSync(dir, {recursive: true})
  const child = spawn(process.execPath, [join(here, contender.script)], {
    env: {...process.env, BENCH_ASSIGNMENT: JSON.stringify(task), BENCH_DIR: dir},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let note = ''
  child.stdout.on('data', (text: Buffer) => (note += text.toString()))
  return {...(await watch(child, messages)), left: await leftIn(amqp, queue), note: note.trim()}
}

async function watch(child: ChildProcess, messages: number): Promise<Omit<Row, 'left' | 'note'>> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const running = (): boolean => child.exitCode === null && child.signalCode === null
  let from: {at: number; count: number; cpu: number} | undefined
  let last = {at: Date.now(), count: 0, cpu: 0}
  let rss = 0
  const limit = Date.now() + 180_000
  while (running() && last.count < messages && Date.now() < limit) {
    await sleep(20)
    const {messages: count} = await endpoint.stats()
    const usage = usageOf(child.pid ?? 0)
    if (usage) rss = Math.max(rss, usage.rss)
    last = {at: Date.now(), count, cpu: usage?.cpu ?? last.cpu}
    if (!from && count > messages * 0.1) from = last
  }
  if (running() && last.count < messages) child.kill('SIGKILL')
  await gone
  const start = from ?? last
  const moved = last.count - start.count
  return {
    rate: moved / ((last.at - start.at) / 1000),
    cpu: ((last.cpu - start.cpu) / moved) * 100_000,
    rss,
  }
}

function usageOf(pid: number): {cpu: number; rss: number} | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const rss = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return {cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, rss: Number(rss ?? 0) / 1024}
  } catch {
    return undefined
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(key: string, {rate, cpu, rss, left, note}: Row): void {
  process.stdout.write(
    `${key.padEnd(42)} ${String(Math.round(rate)).padStart(6)} msg/s  ${cpu.toFixed(1).padStart(5)} CPU s/100k  ` +
      `${Math.round(rss)} MiB  left ${left}  ${note}\n`,
  )
}
