import {seeded} from '../../src/demo/random.ts'
import {type Proof, Verification} from '../../src/model/verification.ts'
import {startActivemq} from '../brokers/activemq.ts'
import {type Major, startRabbitmq} from '../brokers/rabbitmq.ts'
import {BoardScene, type Figures} from './board-scene.ts'
import {activemqTarget, type BoardTarget, rabbitmqTarget, SHOVELS, sqsTarget} from './board-targets.ts'
import {BridgeScene, Producer} from './bridge-scene.ts'
import {compare} from './checker.ts'
import {startEndpoint} from './endpoint-process.ts'
import {KEYS, Tap} from './tap-scene.ts'

export interface RouteOptions {
  /** Of the source. */
  readonly major: Major
  readonly messages: number
  readonly kills: number
  readonly seed: string
  readonly keep?: string | undefined
}

export interface Row extends Figures {
  readonly what: string
  /** What a report of this route may claim at most, and must. */
  readonly claims: Proof
}

/** Brokers of its own, which are gone when it is done. */
export type Route = (options: RouteOptions) => Promise<readonly Row[]>

/** A further engine or target is one more line. */
export const ROUTES: Readonly<Record<string, Route>> = {
  sqs: (options) => queues(options, 'to SQS', async (lab) => sqsTarget(lab.use(await startEndpoint()))),
  rabbitmq3: (options) =>
    queues(options, 'to RabbitMQ 3', async (lab) => rabbitmqTarget(lab.use(await startRabbitmq({major: 3})))),
  rabbitmq4: (options) =>
    queues({...options, back: true}, 'to RabbitMQ 4', async (lab) =>
      rabbitmqTarget(lab.use(await startRabbitmq({major: 4}))),
    ),
  shovel3: (options) =>
    queues(options, 'to RabbitMQ 3, shovels', async (lab) =>
      rabbitmqTarget(lab.use(await startRabbitmq({major: 3})), SHOVELS),
    ),
  shovel4: (options) =>
    queues(options, 'to RabbitMQ 4, shovels', async (lab) =>
      rabbitmqTarget(lab.use(await startRabbitmq({major: 4})), SHOVELS),
    ),
  activemq: (options) =>
    queues(options, 'to ActiveMQ', async (lab) => activemqTarget(lab.use(await startActivemq()))),
  tap,
}

/** The board's estate, moved with a producer running; then, where asked for, brought back. */
async function queues(
  {major, messages, kills, seed, keep, back = false}: RouteOptions & {back?: boolean},
  what: string,
  start: (lab: AsyncDisposableStack) => Promise<BoardTarget>,
): Promise<readonly Row[]> {
  await using lab = new AsyncDisposableStack()
  const source = lab.use(await startRabbitmq({major}))
  const target = await start(lab)
  const random = seeded(`${seed}/${what}`)
  await using scene = await BoardScene.of({source, target, messages, random, keep})
  const there = {what, claims: target.claims, ...(await scene.move(kills))}
  return back ? [there, {what: `${what}, and back`, claims: 'proved', ...(await scene.back())}] : [there]
}

/** A tap has no backlog: everything comes from a producer while the bridge runs, and while it is killed and started. */
async function tap({major, messages, kills, seed, keep}: RouteOptions): Promise<readonly Row[]> {
  await using lab = new AsyncDisposableStack()
  const broker = lab.use(await startRabbitmq({major}))
  const endpoint = lab.use(await startEndpoint())
  const random = seeded(`${seed}/tap`)
  const scene = lab.use(await BridgeScene.of({broker, endpoint, keep}))
  const from = await Tap.of(scene)
  const subscribers = {billing: await from.subscribe('billing'), audit: await from.subscribe('audit')}
  await from.bind()
  const producer = new Producer(scene, {id: from.id, exchange: from.exchange, keys: KEYS, most: messages})
  lab.defer(() => producer.end(false))
  for (let kill = 0; kill < kills; kill++) {
    const sent = 1 + random.below(Math.ceil(messages / (2 * kills)))
    if (!(await from.killed(sent, random.below(1500)))) throw new Error('a bridge ended before it was killed')
  }
  await from.finish(() => producer.end(true))
  const figures = {claims: 'consistent', kills, ...bridgedBy(scene)} as const
  const rows = (['billing', 'audit'] as const).map(async (name): Promise<Row> => {
    const wanted = from.wanted(name, producer.published)
    const outcome = compare(wanted, await scene.take(subscribers[name]))
    return {what: `tap, to ${name}`, published: wanted.length, ...figures, ...outcome}
  })
  // Awaited here: the queues go when this function returns.
  return await Promise.all(rows)
}

/** A topic has no count, so `unexplained` is not known: the worst of the two comparisons that are. */
function bridgedBy(scene: BridgeScene): Pick<Figures, 'reported' | 'unexplained' | 'proof'> {
  const {proof, total, destinations} = scene.read(Verification, 'verification.json')
  const [one] = destinations
  const {source = null, digests = null} = one?.comparisons ?? {}
  const unexplained = source === null || digests === null ? null : Math.max(source, digests)
  return {reported: total.possibleDuplicates, unexplained, proof}
}
