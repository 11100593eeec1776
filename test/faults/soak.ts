// K12 for as long as you like: the real program, moved along by a supervisor, killed at random times.
//   npm run soak -- [--rounds 200] [--seed N] [--at-once 4]
import {parseArgs} from 'node:util'

import {type Major, type Rabbitmq, startRabbitmq} from '../brokers/rabbitmq.ts'
import {startEndpoint} from './endpoint-process.ts'
import {killAtRandom, type RoundResult} from './random-kills.ts'

const {values: flags} = parseArgs({
  options: {
    rounds: {type: 'string', default: '200'},
    seed: {type: 'string', default: String(Date.now())},
    'at-once': {type: 'string', default: '4'},
  },
})
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const rounds = Number(flags.rounds)
say(`${rounds} rounds, --seed ${flags.seed}`)

await using stack = new AsyncDisposableStack()
const endpoint = stack.use(await startEndpoint())
const brokers = new Map<Major, Rabbitmq>()
for (const major of [3, 4] as const) brokers.set(major, stack.use(await startRabbitmq({major})))

const total = {messages: 0, kills: 0, repeated: 0, reported: 0, broken: 0}
const indexes = Array.from({length: rounds}, (_, index) => index).values()
await Promise.all(
  Array.from({length: Number(flags['at-once'])}, async () => {
    for (const index of indexes) count(index, await killAtRandom({seed: flags.seed, index, broker, endpoint}))
  }),
)
say(
  `${total.messages} messages, ${total.kills} kills, ${total.repeated} repeated of ${total.reported} reported, ` +
    `${total.broken} rounds broken, --seed ${flags.seed}`,
)
process.exitCode = total.broken === 0 ? 0 : 1

async function broker(major: Major): Promise<Rabbitmq> {
  const found = brokers.get(major)
  if (!found) throw new Error(`RabbitMQ ${major} was not started`)
  return Promise.resolve(found)
}

function count(index: number, {what, broken, messages, kills, repeated, reported}: RoundResult): void {
  total.messages += messages
  total.kills += kills
  total.repeated += repeated
  total.reported += reported
  const kept = broken.length === 0 && repeated <= reported
  if (!kept) total.broken++
  const outcome = kept ? 'kept' : `BROKEN: ${broken.join(', ')}`
  say(`${index} ${what}: ${kills} kills, ${repeated} of ${reported} repeated, ${outcome}`)
}
