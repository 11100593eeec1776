import type {Envelope} from '../../src/model/envelope.ts'
import type {Proof} from '../../src/model/verification.ts'
import type {Activemq} from '../brokers/activemq.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {takeJms} from './activemq-scene.ts'
import {type BoardQueue, queueId} from './board-estate.ts'
import type {Place} from './board-scene.ts'
import type {Endpoint} from './endpoint-process.ts'
import {SourceQueue} from './source-queue.ts'
import {countAt, sqsClient, takeAll} from './target-queue.ts'

/** Where the board's estate goes, and how to look into it without mqlift. */
export interface BoardTarget {
  /** mqlift.yaml. */
  readonly config: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly planFlags: readonly string[]
  readonly migrateFlags: readonly string[]
  /** A run can be told to go slowly. */
  readonly takesRate: boolean
  /** What it says about its length needs a minute of quiet. */
  readonly settles: boolean
  /** The word of the proof. */
  readonly claims: Proof
  /** Messages at all of these places; 0 before there are any. */
  count(places: readonly Place[]): Promise<number>
  /** Takes everything that a queue became. */
  take(queue: BoardQueue, place: Place): Promise<readonly Envelope[]>
}

const known = (places: readonly Place[]): string[] => places.flatMap(({address}) => address ?? [])

const AWS = ['--region', 'us-east-1', '--account', '000000000000']

export function sqsTarget({url}: Endpoint): BoardTarget {
  const sqs = sqsClient(url)
  return {
    // Ten priorities are advised to stay with a broker: this board has decided otherwise.
    config: {platforms: {'*': 'sqs-standard'}},
    env: {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test'},
    planFlags: AWS,
    migrateFlags: [...AWS, '--endpoint', url],
    takesRate: true,
    settles: true,
    claims: 'proved',
    count: (places) => countAt(sqs, known(places)),
    take: (_queue, place) => takeAll(sqs, known([place])),
  }
}

/** mqlift publishes itself. Another engine has flags of `migrate`, and may claim less. */
const OWN_ENGINE: Pick<BoardTarget, 'migrateFlags' | 'takesRate' | 'claims'> = {
  migrateFlags: [],
  takesRate: true,
  claims: 'proved',
}

/** Whoever is killed, a shovel goes on; counts are all there is of it. */
export const SHOVELS: typeof OWN_ENGINE = {
  migrateFlags: ['--engine', 'shovel'],
  takesRate: false,
  claims: 'consistent',
}

export function rabbitmqTarget(broker: Rabbitmq, engine = OWN_ENGINE): BoardTarget {
  return {
    config: lifted('amazon-mq-rabbitmq', {
      address: `amqp://127.0.0.1:${broker.port}`,
      management: broker.management,
      version: broker.major === 4 ? '4.2' : '3.13',
      deployment: 'single',
    }),
    env: {},
    planFlags: [],
    ...engine,
    settles: false,
    async count() {
      const queues = await broker.api('GET', '/api/queues')
      return sum((queues as {messages?: number}[]).map(({messages = 0}) => messages))
    },
    async take(queue) {
      await using target = new SourceQueue(`${broker.amqp}/${queue.vhost}`, queue.name)
      return target.left(queueId(queue))
    },
  }
}

export function activemqTarget(broker: Activemq): BoardTarget {
  return {
    config: lifted('amazon-mq-activemq', {address: broker.amqp, version: '5.18'}),
    env: {MQLIFT_TARGET_PASSWORD: broker.password},
    planFlags: [],
    migrateFlags: [],
    takesRate: true,
    settles: false,
    claims: 'proved',
    count: async (places) =>
      sum(
        await Promise.all(places.map(async (place) => Number(await broker.read('QueueSize', nameOf(place))))),
      ),
    take: (_queue, place) => takeJms(broker, nameOf(place)),
  }
}

const nameOf = ({step}: Place): string => step.slice('activemq-queue:'.length)

const lifted = (platform: string, broker: object) => ({
  platforms: {'*': platform},
  brokers: {[platform]: broker},
})

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
