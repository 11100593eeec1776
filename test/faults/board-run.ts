// The run a change board asks for: a real RabbitMQ with messages of every kind, moved by the real program, which is
// killed with SIGKILL three times on the way while a producer keeps publishing. Afterwards the target is emptied and
// compared, message by message, with what was published; where a route goes back, so is the old broker.
//   npm run board -- [--routes sqs] [--major 3|4] [--messages 100000] [--kills 3] [--seed N] [--keep DIR]
//   npm run board:brokers -- [--routes rabbitmq3,rabbitmq4,shovel3,shovel4,activemq,tap] […]
import {join} from 'node:path'
import {parseArgs} from 'node:util'

import {sweep} from '../brokers/global-setup.ts'
import type {Major} from '../brokers/rabbitmq.ts'
import {createRegistry} from '../brokers/registry.ts'
import {ROUTES, type Row} from './board-routes.ts'

const {values: flags} = parseArgs({
  options: {
    routes: {type: 'string', default: 'sqs'},
    /** Of the source. */
    major: {type: 'string', default: '4'},
    messages: {type: 'string', default: '100000'},
    kills: {type: 'string', default: '3'},
    seed: {type: 'string', default: String(Date.now())},
    keep: {type: 'string'},
  },
})
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const names = flags.routes.split(',')
const unknown = names.find((name) => !Object.hasOwn(ROUTES, name))
if (unknown !== undefined) throw new Error(`no route ${unknown}: ${Object.keys(ROUTES).join(', ')}`)

// Brokers are processes of their own: whatever ends this one, nothing of it goes on.
const registry = createRegistry()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void sweep(registry).finally(() => process.exit(1)))

say(`RabbitMQ ${flags.major} as the source, ${flags.messages} messages a route, --seed ${flags.seed}`)
const COLUMNS = [
  'published',
  'kills',
  'lost',
  'unexpected',
  'duplicated',
  'reported',
  'unexplained',
  'proof',
] as const
say(['route'.padEnd(24), ...COLUMNS.map((name) => name.padStart(11))].join(' '))
let allKept = true
try {
  for (const name of names) if (!(await travel(name))) allKept = false
} finally {
  await sweep(registry)
}
if (names.includes('tap'))
  say('A topic has no count: of a tap, unexplained is the worst of the other two comparisons.')
if (flags.keep !== undefined) say(`reports: ${flags.keep}`)
process.exitCode = allKept ? 0 : 1

/** One that breaks down does not keep the others from their run. */
async function travel(name: string): Promise<boolean> {
  const begun = Date.now()
  try {
    const rows = await ROUTES[name]?.({
      major: Number(flags.major) as Major,
      messages: Number(flags.messages),
      kills: Number(flags.kills),
      seed: flags.seed,
      keep: flags.keep && join(flags.keep, name),
    })
    for (const row of rows ?? []) say(lineOf(row, begun))
    return rows?.every(kept) ?? false
  } catch (error) {
    say(`${name.padEnd(24)} BROKEN: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

function lineOf(row: Row, begun: number): string {
  const cells = COLUMNS.map((name) => String(row[name] ?? 'not known').padStart(11))
  const verdict = kept(row) ? 'kept' : 'BROKEN'
  return [row.what.padEnd(24), ...cells, ` ${verdict}, ${Math.round((Date.now() - begun) / 1000)} s`].join(
    ' ',
  )
}

function kept({lost, unexpected, duplicated, reported, unexplained, proof, claims}: Row): boolean {
  return lost === 0 && unexpected === 0 && duplicated <= reported && unexplained === 0 && proof === claims
}
