import {existsSync} from 'node:fs'
import net from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {Rollback} from '../../src/model/rollback.ts'
import {MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'
import {accountsBack, broughtBack, rollback} from './way-back.ts'

describe.skipIf(withoutBrokers()).concurrent('the way back', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  describe.each(MAJORS)('RabbitMQ %i', (major) => {
    test.each(['classic', 'quorum'] as const)(
      'forward and back: a %s queue holds what it held, in order; run twice, nothing is done',
      async (type) => {
        await using scene = await Scene.of(400, {broker: await sharedRabbitmq(major), endpoint, type})
        await scene.plan()
        await scene.finish()
        expect(await scene.rest()).toBe(0)

        const rehearsal = await expectExit(rollback(scene), 0)
        expect(JSON.parse(rehearsal.stdout)).toMatchObject({executed: false, wouldRefuse: 0})
        expect(JSON.parse(rehearsal.stdout).destinations).toMatchObject([{waiting: 400, back: 0}])
        expect(existsSync(join(scene.work, 'rollback'))).toBe(false)
        expect(await scene.rest()).toBe(0)

        await expectExit(rollback(scene, '--execute'), 0)
        const done = scene.read(Rollback, 'rollback/rollback.json')
        expect(done).toMatchObject({executed: true, proof: 'proved', total: {settled: 400, unexplained: 0}})
        expect(done.destinations).toMatchObject([{waiting: 0, back: 400}])
        expect(await scene.rest()).toBe(400)

        await expectExit(rollback(scene, '--execute'), 0)
        expect(await scene.rest()).toBe(400)
        expect(await broughtBack(scene, scene.published, {ordered: true})).toEqual([])
      },
    )
  })

  test('refuses while the forward move runs, and the other way round', async () => {
    await using scene = await Scene.of(200, {broker: await sharedRabbitmq(4), endpoint})
    await scene.plan()
    await scene.finish()
    await scene.publish(50)
    const {program, answer} = await scene.holding()
    const refused = failureOf(await rollback(scene, '--execute').ended)
    expect(refused).toMatchObject({exit: 5, kind: 'refused', reason: 'ledger-locked'})
    expect(refused.message).toContain(`pid ${program.pid}`)
    answer()
    await expectExit(program, 0)
    await expectExit(rollback(scene, '--execute'), 0)
    expect(await broughtBack(scene, scene.published)).toEqual([])
  })

  test('refuses a broker of another name', async () => {
    await using scene = await Scene.of(30, {broker: await sharedRabbitmq(4), endpoint})
    await scene.plan()
    await scene.finish()
    const port = await renamed(scene)
    scene.through(port)
    const refused = failureOf(await rollback(scene, '--execute').ended)
    expect(refused).toMatchObject({exit: 5, kind: 'refused', reason: 'other-broker'})
    expect(existsSync(join(scene.work, 'rollback'))).toBe(false)
    expect(await scene.rest()).toBe(0)
  })

  test('Ctrl-C: what is under way ends, nothing is repeated, and the next run goes on', async () => {
    await using scene = await Scene.of(300, {broker: await sharedRabbitmq(4), endpoint})
    await scene.plan()
    await scene.finish()
    const program = rollback(scene, '--execute', '--window', '20', '--rate', '60')
    while ((await accountsBack(scene).catch(() => [])).every(({accepted}) => accepted === 0)) await sleep(20)
    program.kill('SIGINT')
    expect((await program.ended).exit).toBe(130)
    expect(await scene.rest()).toBeLessThan(300)
    await expectExit(rollback(scene, '--execute'), 0)
    expect(scene.read(Rollback, 'rollback/rollback.json').total).toMatchObject({
      settled: 300,
      possibleDuplicates: 0,
    })
    expect(await broughtBack(scene, scene.published, {ordered: true})).toEqual([])
  })

  test('by time, by state and by queue; what was not selected can follow', async () => {
    await using scene = await Scene.of(60, {broker: await sharedRabbitmq(3), endpoint})
    await scene.plan()
    await scene.finish()
    await sleep(1100)
    const since = new Date().toISOString()
    await scene.publish(30)
    await scene.finish()
    const said = async (...flags: string[]): Promise<number> => {
      const {stdout} = await expectExit(rollback(scene, ...flags), 0)
      return JSON.parse(stdout).destinations[0].waiting
    }
    expect(await said('--until-time', since)).toBe(60)
    expect(await said('--state', 'quarantined')).toBe(0)
    expect(failureOf(await rollback(scene, '--only', 'nothing*').ended)).toMatchObject({exit: 2})
    expect(failureOf(await rollback(scene, '--since', 'yesterday').ended)).toMatchObject({exit: 2})
    await expectExit(rollback(scene, '--since', since, '--execute'), 0)
    expect(await scene.rest()).toBe(30)
    await expectExit(rollback(scene, '--only', scene.queue, '--execute'), 0)
    expect(await broughtBack(scene, scene.published)).toEqual([])
  })

  test('without an archive there is nothing to bring back, and it says so', async () => {
    await using scene = await Scene.of(20, {broker: await sharedRabbitmq(4), endpoint})
    await scene.plan()
    await scene.finish('--archive', 'off')
    expect(failureOf(await rollback(scene).ended)).toMatchObject({exit: 3, reason: 'no-archive'})
    expect(failureOf(await rollback(scene, '--execute').ended)).toMatchObject({exit: 3, reason: 'no-archive'})
  })
})

/** The same broker, which greets with another name of its cluster: `a@…` is said as `z@…`. */
async function renamed(scene: Scene): Promise<number> {
  const server = net.createServer((socket) => {
    const broker = net.connect(scene.broker.port, '127.0.0.1')
    for (const one of [socket, broker]) one.on('error', () => undefined)
    socket.pipe(broker)
    broker.once('data', (greeting: Buffer) => {
      socket.write(Buffer.from(greeting.toString('latin1').replace('a@', 'z@'), 'latin1'))
      broker.pipe(socket)
    })
  })
  scene.defer(() => server.close())
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}
