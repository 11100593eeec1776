import {setTimeout as sleep} from 'node:timers/promises'

import {connect} from 'amqplib'
import {describe, expect, test} from 'vitest'

import {Shovels} from '../../src/model/shovels.ts'
import {Verification} from '../../src/model/verification.ts'
import {until} from '../brokers/lab.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {expectExit, failureOf} from './program.ts'
import {RabbitmqScene} from './rabbitmq-scene.ts'

const MESSAGES = 2000
const SHOVEL = ['--engine', 'shovel']

const between = async (major: 3 | 4) => ({
  from: await sharedRabbitmq(major),
  to: await sharedRabbitmq(major === 3 ? 4 : 3),
})

/** Nothing of ours is left behind at the broker that ran them. */
async function shovelsAt(broker: Rabbitmq, vhost: string): Promise<readonly unknown[]> {
  const found: unknown = await broker.api('GET', `/api/parameters/shovel/${vhost}`)
  return Array.isArray(found) ? found : []
}

describe.skipIf(withoutBrokers()).concurrent('moved by shovels', () => {
  test.each([
    {major: 3, at: 'source'},
    {major: 4, at: 'source'},
    {major: 4, at: 'target'},
  ] as const)(
    'from RabbitMQ $major, run by the $at: all there, consistent, no shovel left',
    async ({major, at}) => {
      const brokers = await between(major)
      await using scene = await RabbitmqScene.of(MESSAGES, {
        ...brokers,
        accept: ['setting-differs'],
        shovel: {at},
      })
      const report = await scene.finish(...SHOVEL)
      expect(report.proof?.total).toMatchObject({
        received: 2 * MESSAGES,
        settled: 2 * MESSAGES,
        unexplained: 0,
        possibleDuplicates: 0,
      })
      const {proof, destinations} = scene.read(Verification, 'verification.json')
      expect(proof).toBe('consistent')
      expect(destinations.map(({levels}) => levels.map(({outcome}) => outcome).join(' '))).toEqual([
        'not-checked not-checked passed passed',
        'not-checked not-checked passed passed',
      ])
      expect(await shovelsAt(at === 'source' ? brokers.from : brokers.to, scene.vhost)).toEqual([])
      // Counted once: verify restates it, whatever consumers do at the target since.
      await expectExit(scene.run('verify'), 0)
      expect(scene.read(Verification, 'verification.json').total).toEqual(report.proof?.total)
      expect(await scene.verdict()).toEqual([])
    },
  )

  test('mqlift is killed while shovels work: the next run watches them to their end, and tells what may be repeated', async () => {
    await using scene = await RabbitmqScene.of(MESSAGES, {...(await between(3)), accept: ['setting-differs']})
    for (let kills = 0; kills < 3; kills++) {
      const program = scene.execute(...SHOVEL)
      expect(await until(async () => program.stderr().includes('is at work'), 60_000)).toBe(true)
      await scene.publish('orders', 200)
      await sleep(100 * kills)
      program.kill('SIGKILL')
      await program.ended
    }
    const {proof} = await scene.finish(...SHOVEL)
    expect(proof?.total).toMatchObject({received: 2 * MESSAGES + 600, unexplained: 0})
    // What was found behind a shovel, by the run that found it: no more than was published behind one, or came back.
    expect(proof?.total.possibleDuplicates).toBeLessThanOrEqual(2 * MESSAGES)
    expect(await scene.verdict()).toEqual([])
  })

  test('Ctrl-C leaves them at work and says so', async () => {
    await using scene = await RabbitmqScene.of(MESSAGES, {...(await between(4)), accept: ['setting-differs']})
    const program = scene.execute(...SHOVEL)
    expect(await until(async () => program.stderr().includes('is at work'), 60_000)).toBe(true)
    program.kill('SIGINT')
    const ended = await program.ended
    expect(ended.exit).toBe(130)
    expect(ended.stdout).toContain('shovels go on without mqlift')
    expect((await scene.finish(...SHOVEL)).proof?.total).toMatchObject({
      received: 2 * MESSAGES,
      unexplained: 0,
    })
  })

  test('a message that a shovel cannot publish: it is given up, removed, and the broker is quoted', async () => {
    await using scene = await RabbitmqScene.of(10, {...(await between(4)), accept: ['setting-differs']})
    const {from} = await between(4)
    await publishAs(from, scene.vhost, `of-${scene.vhost}`)
    const failed = failureOf(await scene.execute(...SHOVEL).ended)
    expect(failed).toMatchObject({exit: 6, kind: 'incomplete', reason: 'not-drained'})
    expect(failed.message).toContain('moved nothing')
    expect(await shovelsAt(from, scene.vhost)).toEqual([])
    const {moves} = scene.read(Shovels, 'shovels.json')
    expect(moves).toContainEqual(
      expect.objectContaining({state: 'stopped', reason: expect.stringContaining('moved nothing')}),
    )
    // It may have published the others again at every attempt: counted, and the checker agrees.
    expect(await scene.verdict()).toEqual([])
  })

  test('consumers on the queue: no shovel is put, because counts would tell nothing', async () => {
    const brokers = await between(3)
    await using scene = await RabbitmqScene.of(10, {...brokers, accept: ['setting-differs']})
    const connection = await connect(`${brokers.from.amqp}/${scene.vhost}`)
    const channel = await connection.createChannel()
    await channel.prefetch(1)
    await channel.consume('orders', () => undefined)
    const failed = failureOf(await scene.execute(...SHOVEL, '--only', '*orders').ended)
    expect(failed).toMatchObject({exit: 6, reason: 'not-drained'})
    expect(failed.message).toContain('1 consumers take part')
    await connection.close()
  })
})

/** A message with the user_id of its publisher, as every broker takes it: nobody else may publish it again. */
async function publishAs(broker: Rabbitmq, vhost: string, user: string): Promise<void> {
  await broker.api('PUT', `/api/users/${user}`, {password: 'poison', tags: ''})
  await broker.api('PUT', `/api/permissions/${vhost}/${user}`, {configure: '', write: '.*', read: ''})
  const connection = await connect(`amqp://${user}:poison@127.0.0.1:${broker.port}/${vhost}`)
  const channel = await connection.createConfirmChannel()
  channel.sendToQueue('orders', Buffer.from('poison'), {userId: user, persistent: true})
  await channel.waitForConfirms()
  await connection.close()
  await broker.api('DELETE', `/api/users/${user}`)
}
