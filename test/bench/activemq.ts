// RabbitMQ → ActiveMQ beside what the same client publishes from memory with the same durability and no ledger, in
// alternating order. Rates are taken between 10 % and 100 % of a run, as ActiveMQ counted them. The last columns say what
// a run did not wait for: cores that the mover and the broker kept busy. Figures are this machine's: keep the ratios.
//   npm run bench:activemq -- [--sizes 1024,10240] [--types classic] [--messages 20000] [--rounds 3]
//                             [--contenders rhea,mqlift,mqlift-archive] [--major 4]
import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'

import {Secret} from '../../src/model/secret.ts'
import {removeOverOpenwire} from '../../src/protocols/openwire/remove-queue.ts'
import {nodeTls} from '../../src/protocols/tls.ts'
import {startActivemq} from '../brokers/activemq.ts'
import {LAB} from '../brokers/lab.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import type {ActivemqTask} from './activemq-task.ts'
import {seed} from './bench-queue.ts'

const {values: flags} = parseArgs({
  options: {
    sizes: {type: 'string', default: '1024,10240'},
    types: {type: 'string', default: 'classic'},
    messages: {type: 'string', default: '20000'},
    rounds: {type: 'string', default: '3'},
    contenders: {type: 'string', default: 'rhea,mqlift,mqlift-archive'},
    major: {type: 'string', default: '4'},
  },
})
const list = (text: string): string[] => text.split(',')

const CONTENDERS: Readonly<Record<string, {readonly script: string; readonly archive: boolean}>> = {
  rhea: {script: 'activemq-rhea.ts', archive: false},
  mqlift: {script: 'activemq-mover.ts', archive: false},
  'mqlift-archive': {script: 'activemq-mover.ts', archive: true},
}

interface Row {
  readonly rate: number
  /** Cores kept busy: where neither is near one, each message waits for the broker's disk. */
  readonly mover: number
  readonly broker: number
}

const TICKS = 100 // USER_HZ
let queues = 0

await using rabbitmq = await startRabbitmq({major: Number(flags.major) as Major})
await using activemq = await startActivemq()
const amqp = `${rabbitmq.amqp}/`
// The first messages go through a Java machine that has compiled nothing yet.
await one('rhea', 'classic', 1024)
for (const type of list(flags.types)) for (const size of list(flags.sizes).map(Number)) await cell(type, size)

async function cell(type: string, size: number): Promise<void> {
  const contenders = list(flags.contenders)
  const rates = new Map<string, number[]>()
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const name of round % 2 === 1 ? contenders.toReversed() : contenders) {
      const row = await one(name, type, size)
      rates.set(name, [...(rates.get(name) ?? []), row.rate])
      process.stdout.write(
        `${`${type} ${size} B ${name}`.padEnd(32)} ${String(Math.round(row.rate)).padStart(6)} msg/s  ` +
          `cores busy: mover ${row.mover.toFixed(2)}  ActiveMQ ${row.broker.toFixed(2)}\n`,
      )
    }
  }
  const yardstick = median(rates.get('rhea') ?? [])
  for (const name of contenders) {
    const rate = median(rates.get(name) ?? [])
    process.stdout.write(
      `  = ${type} ${size} B ${name.padEnd(15)} median ${Math.round(rate)} msg/s, ${(rate / yardstick).toFixed(2)} × rhea\n`,
    )
  }
}

async function one(name: string, type: string, size: number): Promise<Row> {
  const contender = CONTENDERS[name]
  if (!contender) throw new Error(`no contender ${name}`)
  const messages = Number(flags.messages)
  const queue = `bench-${type}`
  if (name !== 'rhea') await seed(amqp, queue, {type, size, messages})
  const task: ActivemqTask = {
    amqp,
    management: rabbitmq.management,
    queue,
    queueType: type,
    messages,
    size,
    target: activemq.amqp,
    password: activemq.password,
    targetQueue: `bench.${++queues}`,
    archive: contender.archive,
  }
  const dir = join(LAB, 'bench')
  mkdirSync(dir, {recursive: true})
  const child = spawn(process.execPath, [join(import.meta.dirname, contender.script)], {
    env: {...process.env, BENCH_ASSIGNMENT: JSON.stringify(task), BENCH_DIR: dir},
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const row = await watch(child, task)
  await remove(task.targetQueue)
  return row
}

/** A broker keeps in its memory what nobody reads: the next run would be held back, and the one after it find it full. */
async function remove(queue: string): Promise<void> {
  const hosts = [{host: '127.0.0.1', port: activemq.record.ports.openwire}]
  const password = new Secret(activemq.password)
  await removeOverOpenwire(
    {tls: false, hosts, user: 'admin', password},
    queue,
    {tls: await nodeTls({caOnly: false, insecure: false}), connectionName: 'mqlift:bench'},
    AbortSignal.timeout(60_000),
  )
}

async function watch(child: ChildProcess, {messages, targetQueue}: ActivemqTask): Promise<Row> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const running = (): boolean => child.exitCode === null && child.signalCode === null
  const look = async () => ({
    at: Date.now(),
    count: Number((await activemq.read('EnqueueCount', targetQueue)) ?? 0),
    mover: cpuOf(child.pid ?? 0),
    broker: cpuOf(activemq.record.group),
  })
  let from: Awaited<ReturnType<typeof look>> | undefined
  let last = await look()
  while (running() && last.count < messages) {
    await sleep(50)
    const now = await look()
    last = {...now, mover: now.mover > 0 ? now.mover : last.mover}
    if (!from && now.count > messages * 0.1) from = last
  }
  await gone
  if (last.count < messages) throw new Error(`${last.count} of ${messages} messages arrived`)
  const start = from ?? last
  const seconds = (last.at - start.at) / 1000
  return {
    rate: (last.count - start.count) / seconds,
    mover: (last.mover - start.mover) / seconds,
    broker: (last.broker - start.broker) / seconds,
  }
}

/** Seconds of CPU so far; 0 = it has ended. */
function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return 0
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
