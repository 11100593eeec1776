import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {until} from '../brokers/lab.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {AmqpTrap, BASIC_ACK, BASIC_DELIVER} from './amqp-trap.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, type Program} from './program.ts'
import {type QueueType, Scene} from './scene.ts'
import {attach, under} from './strace.ts'

/** Twins among them: every tenth message. Not more than the window of a queue with a delivery limit: RabbitMQ 4 gives every quorum queue one. */
const MESSAGES = 40

/** Where everything is at the moment of the kill: what makes a kill point be that point. */
interface Moment {
  /** Entries by state. */
  readonly claimed: number
  readonly sent: number
  readonly settled: number
  readonly atTarget: number
}

type Kill = (scene: Scene) => Promise<void>

/** SIGKILL, and it is gone. */
async function dead(program: Program): Promise<void> {
  program.kill('SIGKILL')
  expect(await program.ended).toMatchObject({signal: 'SIGKILL'})
}

const wal = (scene: Scene): string => join(scene.work, 'ledger.db-wal')

/** Nothing is under way: the ledger has written what it saved up, and waits. */
const quiet = (): Promise<void> => sleep(400)

/** Killed in the first system call of this kind on the ledger after the first message was delivered. */
function inClaim(call: 'pwrite64' | 'fsync'): Kill {
  return async (scene) => {
    const trap = scene.use(await AmqpTrap.catching(BASIC_DELIVER, 'down', scene.broker.port))
    scene.through(trap.port)
    const program = scene.execute()
    await during(program, trap.caught)
    await quiet()
    await attach(program.pid, {inject: `${call}:signal=KILL:when=1`, path: wal(scene)})
    trap.release()
    expect(await program.ended).toMatchObject({signal: 'SIGKILL'})
  }
}

/** Killed in the first system call of this kind on the ledger after the target has answered. */
function inRecord(call: 'pwrite64' | 'fsync'): Kill {
  return async (scene) => {
    const {program, answer} = await scene.holding()
    await attach(program.pid, {inject: `${call}:signal=KILL:when=1`, path: wal(scene)})
    answer()
    expect(await program.ended).toMatchObject({signal: 'SIGKILL'})
  }
}

/** Killed while the first request is on its way there, or its answer on the way back. */
function inRequest(when: 'before' | 'after'): Kill {
  return async (scene) => {
    let killed: Promise<void> | undefined
    scene.sqs.rule = ({action}) => {
      if (action !== 'SendMessageBatch') return undefined
      killed ??= dead(program)
      return {do: 'cut', when}
    }
    const program = scene.execute()
    expect(await program.ended).toMatchObject({signal: 'SIGKILL'})
    await killed
  }
}

/** Killed with the ack on the way, which then never arrives, or arrives after all. */
function inAck(arrives: boolean): Kill {
  return async (scene) => {
    const trap = scene.use(await AmqpTrap.catching(BASIC_ACK, 'up', scene.broker.port))
    scene.through(trap.port)
    const program = scene.execute()
    await during(program, trap.caught)
    await quiet()
    program.kill('SIGSTOP')
    if (arrives) {
      trap.release()
      expect(await until(() => acked(scene), 15_000)).toBe(true)
    }
    await dead(program)
  }
}

/** The first frame holds as many acks as there were: the others would follow its answer. */
async function acked({broker, path}: Scene): Promise<boolean> {
  const queue = await broker.api('GET', path)
  return (
    typeof queue === 'object' && queue !== null && 'messages' in queue && Number(queue.messages) < MESSAGES
  )
}

interface Point {
  readonly id: string
  readonly kill: Kill
  readonly at: (moment: Moment) => void
}

const POINTS: readonly Point[] = [
  {
    id: 'K1 after a delivery, before its claim',
    kill: inClaim('pwrite64'),
    at: (moment) => expect(moment).toEqual({claimed: 0, sent: 0, settled: 0, atTarget: 0}),
  },
  {
    id: 'K2 after the claim, before the request',
    kill: inClaim('fsync'),
    at: ({claimed, ...others}) => {
      expect(claimed).toBeGreaterThan(0)
      expect(others).toEqual({sent: 0, settled: 0, atTarget: 0})
    },
  },
  {
    id: 'K3 request written, not arrived',
    kill: inRequest('before'),
    at: ({claimed, ...others}) => {
      expect(claimed).toBeGreaterThan(0)
      expect(others).toEqual({sent: 0, settled: 0, atTarget: 0})
    },
  },
  {
    id: 'K4 accepted, answer not arrived',
    kill: inRequest('after'),
    at: ({claimed, atTarget, ...others}) => {
      expect(atTarget).toBeGreaterThan(0)
      expect(claimed).toBeGreaterThanOrEqual(atTarget)
      expect(others).toEqual({sent: 0, settled: 0})
    },
  },
  {
    id: 'K5 answer read, before the record',
    kill: inRecord('pwrite64'),
    at: ({claimed, atTarget, ...others}) => {
      expect(atTarget).toBeGreaterThan(0)
      expect(claimed).toBeGreaterThanOrEqual(atTarget)
      expect(others).toEqual({sent: 0, settled: 0})
    },
  },
  {
    id: 'K6 recorded, before the ack',
    kill: inRecord('fsync'),
    at: ({sent, atTarget, settled}) => {
      expect(sent).toBeGreaterThan(0)
      expect(atTarget).toBeGreaterThanOrEqual(sent)
      expect(settled).toBe(0)
    },
  },
  {
    id: 'K7 ack written, not arrived',
    kill: inAck(false),
    at: (moment) => expect(moment).toEqual({claimed: 0, sent: MESSAGES, settled: 0, atTarget: MESSAGES}),
  },
  {
    id: 'K8 ack applied, before it is settled',
    kill: inAck(true),
    at: (moment) => expect(moment).toEqual({claimed: 0, sent: MESSAGES, settled: 0, atTarget: MESSAGES}),
  },
]

describe.skipIf(withoutBrokers()).concurrent('killed', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  const cases = POINTS.flatMap((point) => [
    {...point, type: 'classic' as const, major: 3 as const},
    {...point, type: 'quorum' as const, major: 4 as const},
  ])

  test.each(cases)('$id: $type queue, RabbitMQ $major', async ({kill, at, type, major}) => {
    await using scene = await planned(type, major)
    await kill(scene)
    at(await momentOf(scene))
    expect(await afterwards(scene)).toEqual([])
  })

  // From K6 on the entry is recorded as sent: a copy that comes back may be a twin, and is sent (reliability.md 2.4).
  test.each(cases.filter(({id}) => /^K[45]/.test(id)))(
    '$id, FIFO: the order is kept and nothing is repeated, $type queue',
    async ({kill, type, major}) => {
      await using scene = await planned(type, major, 'sqs-fifo')
      await kill(scene)
      expect(await afterwards(scene, () => 'all')).toEqual([])
    },
  )

  test.each(cases.filter(({id}) => id.startsWith('K4')))(
    'K9 and again while it recovers: $type queue',
    async ({kill, type, major}) => {
      await using scene = await planned(type, major)
      await kill(scene)
      scene.sqs.rule = () => undefined
      for (const call of ['fsync', 'pwrite64']) {
        const wrapped = under({inject: `${call}:signal=KILL:when=1`, path: wal(scene)})
        expect(await scene.execute([], {under: wrapped}).ended).toMatchObject({signal: 'SIGKILL'})
      }
      expect(await afterwards(scene)).toEqual([])
    },
  )

  async function planned(type: QueueType, major: 3 | 4, platform?: 'sqs-fifo'): Promise<Scene> {
    const scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(major), endpoint, type})
    await scene.plan(platform)
    return scene
  }
})

/** Copies at the target, without taking them. */
async function momentOf(scene: Scene): Promise<Moment> {
  const account = await scene.account()
  const {open, settled} = account ?? {open: {claimed: 0, sent: 0}, settled: 0}
  return {...open, settled, atTarget: await scene.count()}
}

/** A second run takes up what is left; the checker compares. */
async function afterwards(scene: Scene, group?: () => string): Promise<string[]> {
  scene.sqs.rule = () => undefined
  scene.through(scene.broker.port)
  await scene.finish()
  if (group && (await scene.count()) !== MESSAGES) return ['repeated']
  return scene.verdict(group)
}
