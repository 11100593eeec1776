// RabbitMQ → RabbitMQ side by side: a dynamic shovel (on-confirm, prefetch 1,000) and mqlift drain the same queue into
// another one of the same broker, in alternating order; rates are taken between 10 % and 100 % of a run, as the target
// queue counts. CPU is the broker's and the mover's together, because a shovel runs inside the broker. Figures are this
// machine's: keep the ratios.
//   npm run bench:rabbitmq -- [--sizes 1024,10240] [--types classic,quorum] [--messages 40000] [--rounds 3]
//                             [--contenders shovel,mqlift,mqlift-archive] [--major 4]
// BENCH_NODE holds options of node for the mover: --cpu-prof.
import {spawn} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'

import {connect} from 'amqplib'

import {LAB} from '../brokers/lab.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import {seed} from './bench-queue.ts'
import type {RabbitmqAssignment} from './rabbitmq-mover.ts'

const {values: flags} = parseArgs({
  options: {
    sizes: {type: 'string', default: '1024,10240'},
    types: {type: 'string', default: 'classic,quorum'},
    messages: {type: 'string', default: '40000'},
    rounds: {type: 'string', default: '3'},
    contenders: {type: 'string', default: 'shovel,mqlift,mqlift-archive'},
    major: {type: 'string', default: '4'},
  },
})
const list = (text: string): string[] => text.split(',')
const here = import.meta.dirname
const TICKS = 100 // USER_HZ
/** Larger messages, fewer of them: a run stays under half a minute. */
const LARGE = 10_000
const [FROM, TO] = ['bench-from', 'bench-to']
const SHOVEL = '/api/parameters/shovel/%2F/bench'

interface Usage {
  readonly broker: number
  readonly mover: number
}

interface Row {
  readonly rate: number
  /** CPU seconds per 100,000 messages. */
  readonly cpu: Usage
  readonly left: number
  /** Cores that anything else on the machine used meanwhile. */
  readonly others: number
}

await using broker = await startRabbitmq({major: Number(flags.major) as Major})
const amqp = `${broker.amqp}/`
const connection = await connect(amqp, {noDelay: true})
const channel = await connection.createChannel()
const depth = async (queue: string): Promise<number> => (await channel.checkQueue(queue)).messageCount

for (const type of list(flags.types)) for (const size of list(flags.sizes).map(Number)) await cell(type, size)
await connection.close()

async function cell(type: string, size: number): Promise<void> {
  const messages = size >= LARGE ? Math.min(Number(flags.messages), 20_000) : Number(flags.messages)
  const rows = new Map<string, Row[]>()
  const names = list(flags.contenders)
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const name of round % 2 === 1 ? names.toReversed() : names) {
      const row = await one(name, {type, size, messages})
      rows.set(name, [...(rows.get(name) ?? []), row])
      print(`${type} ${size} B ${name}`, row)
    }
  const base = medianOf(rows.get('shovel'), ({rate}) => rate)
  const baseCpu = medianOf(rows.get('shovel'), totalCpu)
  for (const name of names) {
    const rate = medianOf(rows.get(name), (row) => row.rate)
    const cpu = medianOf(rows.get(name), totalCpu)
    process.stdout.write(
      `  = ${type} ${size} B ${name.padEnd(15)} median ${Math.round(rate)} msg/s, ${(rate / base).toFixed(2)} × shovel; ` +
        `CPU ${cpu.toFixed(1)} s/100k, ${(cpu / baseCpu).toFixed(2)} × shovel\n`,
    )
  }
}

interface Setup {
  readonly type: string
  readonly size: number
  readonly messages: number
}

async function one(name: string, setup: Setup): Promise<Row> {
  await seed(amqp, FROM, setup)
  await channel.deleteQueue(TO)
  await channel.assertQueue(TO, {durable: true, arguments: {'x-queue-type': setup.type}})
  await sleep(1000)
  const contender = name === 'shovel' ? await shovel() : mover(name, setup.type)
  const row = await watch(setup.messages, contender.pid)
  await contender.end()
  return {...row, left: await depth(FROM)}
}

interface Contender {
  readonly pid: number | undefined
  end(): Promise<unknown>
}

async function shovel(): Promise<Contender> {
  // A shovel reads a bare / as the virtual host with the empty name.
  const uri = `${broker.amqp}/%2F`
  await broker.api('PUT', SHOVEL, {
    value: {
      'src-protocol': 'amqp091',
      'src-uri': uri,
      'src-queue': FROM,
      'src-prefetch-count': 1000,
      'dest-protocol': 'amqp091',
      'dest-uri': uri,
      'dest-queue': TO,
      'ack-mode': 'on-confirm',
      'src-delete-after': 'never',
      // From 4.0 it would declare the queue anew, as a classic one.
      ...(broker.major === 4 && {'dest-predeclared': true}),
    },
  })
  return {pid: undefined, end: () => broker.api('DELETE', SHOVEL)}
}

function mover(name: string, type: string): Contender {
  const task: RabbitmqAssignment = {
    amqp,
    management: broker.management,
    from: FROM,
    to: TO,
    type,
    archive: name === 'mqlift-archive',
  }
  const dir = join(LAB, 'bench')
  mkdirSync(dir, {recursive: true})
  const child = spawn(
    process.execPath,
    [...(process.env['BENCH_NODE'] ?? '').split(' ').filter(Boolean), join(here, 'rabbitmq-mover.ts')],
    {
      env: {...process.env, BENCH_ASSIGNMENT: JSON.stringify(task), BENCH_DIR: dir},
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const gone = new Promise((resolve) => child.once('exit', resolve))
  return {pid: child.pid, end: () => gone}
}

interface Sample extends Usage {
  readonly at: number
  readonly count: number
  readonly machine: number
}

async function watch(messages: number, pid: number | undefined): Promise<Omit<Row, 'left'>> {
  const sample = async (before: number): Promise<Sample> => ({
    at: performance.now(),
    count: await depth(TO),
    broker: groupCpu(broker.record.group),
    mover: pid === undefined ? 0 : (cpuOf(pid) ?? before),
    machine: machineCpu(),
  })
  let last = await sample(0)
  let from: Sample | undefined
  const limit = performance.now() + 180_000
  while (last.count < messages && performance.now() < limit) {
    await sleep(25)
    last = await sample(last.mover)
    if (!from && last.count > messages * 0.1) from = last
  }
  const start = from ?? last
  const moved = last.count - start.count
  const seconds = (last.at - start.at) / 1000
  const spent = {broker: last.broker - start.broker, mover: last.mover - start.mover}
  return {
    rate: moved / seconds,
    cpu: {broker: (spent.broker / moved) * 100_000, mover: (spent.mover / moved) * 100_000},
    others: (last.machine - start.machine - spent.broker - spent.mover) / seconds,
  }
}

/** CPU seconds of a process so far; undefined = it has ended. */
function cpuOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return undefined
  }
}

/** Of a process and all below it: the broker is started by a script. */
function groupCpu(pid: number): number {
  let children = ''
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
  } catch {
    return 0
  }
  const below = children.split(' ').filter(Boolean).map(Number)
  return (cpuOf(pid) ?? 0) + below.reduce((sum, child) => sum + groupCpu(child), 0)
}

function machineCpu(): number {
  const [, user, nice, system, , , irq, soft] = readFileSync('/proc/stat', 'latin1')
    .split(/\s+/, 9)
    .map(Number)
  return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (soft ?? 0)) / TICKS
}

function totalCpu({cpu}: Row): number {
  return cpu.broker + cpu.mover
}

function medianOf(rows: readonly Row[] = [], of: (row: Row) => number): number {
  const sorted = rows.map(of).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(key: string, {rate, cpu, left, others}: Row): void {
  process.stdout.write(
    `${key.padEnd(32)} ${String(Math.round(rate)).padStart(6)} msg/s  CPU s/100k: broker ${cpu.broker.toFixed(1)}, ` +
      `mover ${cpu.mover.toFixed(1)}  left ${left}  others ${others.toFixed(2)} cores\n`,
  )
}
