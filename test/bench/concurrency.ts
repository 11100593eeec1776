// How well the adaptive limit finds the number of requests that suits an endpoint: it and fixed numbers move one queue
// while the endpoint goes from 20 ms to 200 ms to a bucket of 500 requests a second. Prints the rate in each phase and
// the adaptive limit's share of the best fixed number. Needs Go for the endpoint.
//   npm run bench:concurrency -- [--fixed 4,8,16,32,64,128,256] [--seconds 12] [--settle 5] [--type quorum] [--major 3]
import {spawn} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'

import {LAB} from '../brokers/lab.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import {seed} from './bench-queue.ts'
import type {Assignment} from './messages.ts'
import {startNullEndpoint} from './null-endpoint.ts'

const {values: flags} = parseArgs({
  options: {
    fixed: {type: 'string', default: '4,8,16,32,64,128,256'},
    seconds: {type: 'string', default: '12'},
    settle: {type: 'string', default: '5'},
    type: {type: 'string', default: 'quorum'},
    major: {type: 'string', default: '3'},
  },
})
const PHASES = [
  {name: '20 ms', latency: 20, rate: 0},
  {name: '200 ms', latency: 200, rate: 0},
  {name: '500/s', latency: 20, rate: 500},
]
/** More than any mover here can take in a second. */
const FASTEST = 15_000
const QUEUE = 'bench-concurrency'
const ADAPTIVE = 0

await using broker = await startRabbitmq({major: Number(flags.major) as Major})
await using endpoint = await startNullEndpoint()
const amqp = `${broker.amqp}/`
const messages = PHASES.length * Number(flags.seconds) * FASTEST
const results = new Map<number, number[]>()
for (const requests of [ADAPTIVE, ...flags.fixed.split(',').map(Number)]) {
  const rates = await one(requests)
  results.set(requests, rates)
  const cells = PHASES.map(({name}, index) => `${name} ${Math.round(rates[index] ?? 0)} msg/s`)
  process.stdout.write(
    `${(requests === ADAPTIVE ? 'adaptive' : `fixed ${requests}`).padEnd(10)} ${cells.join('  ')}\n`,
  )
}
for (const [index, {name}] of PHASES.entries()) {
  const fixed = [...results].filter(([requests]) => requests !== ADAPTIVE)
  const [number = 0, rates = []] =
    fixed.toSorted(([, a], [, b]) => (b[index] ?? 0) - (a[index] ?? 0))[0] ?? []
  const share = (results.get(ADAPTIVE)?.[index] ?? 0) / (rates[index] ?? Number.NaN)
  process.stdout.write(`  = ${name}: adaptive ${share.toFixed(2)} × the best fixed number (${number})\n`)
}

/** Messages a second in each phase, after it had the time to settle. */
async function one(requests: number): Promise<number[]> {
  await seed(amqp, QUEUE, {type: flags.type, size: 1024, messages})
  const [first] = PHASES
  if (first) await endpoint.reset(first)
  const task: Assignment = {
    amqp,
    management: broker.management,
    endpoint: endpoint.url,
    queue: QUEUE,
    queueType: flags.type,
    messages,
    size: 1024,
    archive: false,
    requests,
  }
  const dir = join(LAB, 'bench')
  mkdirSync(dir, {recursive: true})
  const child = spawn(process.execPath, [join(import.meta.dirname, 'mover.ts')], {
    env: {...process.env, BENCH_ASSIGNMENT: JSON.stringify(task), BENCH_DIR: dir},
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    while ((await endpoint.stats()).messages === 0) await sleep(50)
    const rates: number[] = []
    for (const phase of PHASES) rates.push(await measure(phase))
    return rates
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
}

async function measure(phase: (typeof PHASES)[number]): Promise<number> {
  await endpoint.reset(phase)
  await sleep(Number(flags.settle) * 1000)
  const before = (await endpoint.stats()).messages
  const from = performance.now()
  await sleep((Number(flags.seconds) - Number(flags.settle)) * 1000)
  const moved = (await endpoint.stats()).messages - before
  return moved / ((performance.now() - from) / 1000)
}
