import {setTimeout as sleep} from 'node:timers/promises'

import {type Random, seeded} from '../../src/demo/random.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import type {Endpoint} from './endpoint-process.ts'
import type {Program} from './program.ts'
import {type QueueType, Scene} from './scene.ts'

export interface Round {
  readonly seed: string
  readonly index: number
  readonly broker: (major: 3 | 4) => Promise<Rabbitmq>
  readonly endpoint: Endpoint
}

export interface RoundResult {
  readonly what: string
  /** Empty = the promise was kept. */
  readonly broken: readonly string[]
  readonly messages: number
  /** Runs that were alive when they were killed. */
  readonly kills: number
  readonly repeated: number
  readonly reported: number
}

const MAJORS = [3, 4] as const
const TYPES: readonly QueueType[] = ['classic', 'quorum']
/** Strict order takes one request per message. */
const MESSAGES = {'sqs-standard': 300, 'sqs-fifo': 60}
/** Every fourth round. */
const FIFO = 4

/**
 * K12: a fresh queue, a supervisor that starts the program again and again, and somebody who kills it whenever he
 * likes. Everything random comes from the seed and the round's number.
 */
export async function killAtRandom({seed, index, broker, endpoint}: Round): Promise<RoundResult> {
  const random = seeded(`${seed}/${index}`)
  const major = MAJORS[index % 2] ?? 3
  const type = TYPES[Math.floor(index / 2) % 2] ?? 'classic'
  const platform = index % FIFO === FIFO - 1 ? 'sqs-fifo' : 'sqs-standard'
  const messages = MESSAGES[platform]
  await using scene = await Scene.of(messages, {broker: await broker(major), endpoint, type})
  await scene.plan(platform)
  let kills = 0
  for (let left = 1 + random.below(3); left > 0; left--) if (await startAndKill(scene, random)) kills++
  scene.sqs.latency = 0
  const report = await scene.finish()
  const present = await scene.count()
  const broken = await scene.verdict(platform === 'sqs-fifo' ? () => 'all' : undefined)
  return {
    what: `RabbitMQ ${major}, ${type} queue to ${platform}`,
    broken,
    messages,
    kills,
    repeated: present - messages,
    reported: report.proof?.total.possibleDuplicates ?? 0,
  }
}

/** Most kills fall while messages move; some while it starts, or when it has ended already. */
async function startAndKill(scene: Scene, random: Random): Promise<boolean> {
  scene.sqs.latency = random.pick([0, 0, 10, 50])
  const before = scene.sqs.count('SendMessageBatch')
  const program = scene.execute(['--rate', String(80 + random.below(320))])
  const [early, later] = [random.below(1500), random.below(1500)]
  if (random.below(4) === 0) await sleep(early)
  else {
    await moving(scene, program, before)
    await sleep(later)
  }
  program.kill('SIGKILL')
  return (await program.ended).signal === 'SIGKILL'
}

/** Until it sends, or has ended. */
async function moving({sqs}: Scene, program: Program, before: number): Promise<void> {
  const state = {ended: false}
  void program.ended.finally(() => (state.ended = true))
  while (!state.ended && sqs.count('SendMessageBatch') === before) await sleep(10)
}
