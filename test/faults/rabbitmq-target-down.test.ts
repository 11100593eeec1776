import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {until} from '../brokers/lab.ts'
import {publisher} from '../brokers/messages.ts'
import {type Rabbitmq, startRabbitmq} from '../brokers/rabbitmq.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'
import {TlsFront} from '../brokers/tls-front.ts'
import {BrokerMove, finished, slowly} from './broker-move.ts'

const MESSAGES = 2500
const MINUTES = 60_000
const LIMIT = 400_000
const CA = new URL('../../fixtures/tls/ca.pem', import.meta.url).pathname
const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

describe.skipIf(withoutBrokers()).each(cases)(
  'a target of RabbitMQ $major that is unwell, $type queue',
  ({major, type}) => {
    let to: Rabbitmq
    beforeAll(async () => {
      to = await startRabbitmq({major, conf: [`max_message_size = ${LIMIT}`]})
    })
    afterAll(() => to[Symbol.asyncDispose]())

    async function scene(messages = MESSAGES): Promise<BrokerMove> {
      const from = await sharedRabbitmq(major === 3 ? 4 : 3)
      return BrokerMove.of(messages, {from, to, type})
    }

    test(
      'B4: an alarm blocks it: it waits past every deadline, and goes on',
      async () => {
        await using move = await scene()
        const running = slowly(move, {confirmMs: 1000})
        await underWay(move)
        // rabbitmqctl may take its time to say it, and something must be left to be published then.
        move.rate = 50
        try {
          await to.ctl('set_vm_memory_high_watermark', '0.00001')
          const blocked = (): boolean => move.said.some((line) => line.includes('takes no messages'))
          expect(await until(blocked, 30_000)).toBe(true)
          await sleep(3000)
        } finally {
          // The next test has the same broker.
          await to.ctl('set_vm_memory_high_watermark', 'absolute', '1GB')
        }
        expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
        expect(move.said.some((line) => line.includes('takes messages again'))).toBe(true)
        expect(move.account).toMatchObject({settled: MESSAGES, possibleDuplicates: 0})
        expect(await move.verdict()).toEqual([])
      },
      2 * MINUTES,
    )

    test(
      'B5: frozen: what was outstanding is in doubt, the rest goes on when it thaws',
      async () => {
        await using move = await scene()
        const running = slowly(move, {confirmMs: 1500})
        await underWay(move)
        to.kill('SIGSTOP')
        await sleep(4000)
        to.kill('SIGCONT')
        expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
        expect(move.account.settled).toBe(MESSAGES)
        expect(await move.verdict()).toEqual([])
      },
      2 * MINUTES,
    )

    test(
      'B6: one message above max_message_size closes the channel: it alone is refused, and nothing loops',
      async () => {
        await using move = await scene(100)
        const [one] = move.published
        if (!one) throw new Error('nothing was published')
        await move.send([{...one, body: Buffer.alloc(LIMIT + 1, 'x')}])
        await move.publish(100)
        // The plan believed in more than the broker takes.
        expect(await move.run({maxMessageBytes: 2 * LIMIT})).toMatchObject({outcome: 'incomplete'})
        expect(move.account).toMatchObject({settled: 200, doubt: 1})
        expect(Object.keys(move.account.reasons).join()).toContain('406')
        expect(await move.left()).toBe(1)
        expect(await move.verdict()).toEqual([])
      },
      2 * MINUTES,
    )

    test(
      'B7: kill -9 and restart: nothing that was confirmed is missing',
      async () => {
        await using move = await scene()
        const running = slowly(move, {})
        for (let kills = 0; kills < 2; kills++) {
          await underWay(move)
          to.kill('SIGKILL')
          await to.restart()
        }
        expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
        expect(move.account.settled).toBe(MESSAGES)
        expect(await move.verdict()).toEqual([])
      },
      4 * MINUTES,
    )

    test(
      'B10: no connection is free when it comes back: it waits for one',
      async () => {
        await using move = await scene()
        const proxy = move.use(await TcpProxy.to(to.port))
        const limit = `/api/vhost-limits/${move.vhost}/max-connections`
        const running = slowly(move, {address: `amqp://guest:guest@127.0.0.1:${proxy.port}/`})
        await underWay(move)
        await to.api('PUT', limit, {value: 0})
        proxy.reset()
        await sleep(3000)
        await to.api('DELETE', limit)
        expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
        expect(move.account.settled).toBe(MESSAGES)
        expect(await move.verdict()).toEqual([])
      },
      2 * MINUTES,
    )
  },
)

/** Some messages are at the target, which may have come up only now. */
async function underWay(move: BrokerMove): Promise<void> {
  expect(await until(async () => (await move.count().catch(() => 0)) > 20, 30_000)).toBe(true)
}

async function behind(certificate: string): Promise<{move: BrokerMove; front: TlsFront; address: string}> {
  const [from, to] = [await sharedRabbitmq(3), await sharedRabbitmq(4)]
  const move = await BrokerMove.of(MESSAGES, {from, to})
  const front = move.use(await TlsFront.to(to.port, certificate))
  return {move, front, address: `amqps://guest:guest@localhost:${front.port}/`}
}

describe.skipIf(withoutBrokers()).concurrent('certificates of a target', () => {
  test.each([
    ['expired', {caFile: CA}, 'expired'],
    ['wrong-name', {caFile: CA}, 'another host name'],
    ['good', {}, 'CA this machine does not trust'],
  ])('B8: %s: refused before anything is sent, and it says which', async (certificate, tls, says) => {
    const {move, address} = await behind(certificate)
    await using _ = move
    const {outcome, error} = await move.run({address, tls})
    expect(outcome).toBe('incomplete')
    expect(error).toMatchObject({kind: 'unreachable', reason: 'tls', message: expect.stringContaining(says)})
    expect(await move.count()).toBe(0)
    expect(await move.left()).toBe(MESSAGES)
  })

  test('B9: it expires while messages move: the open connection goes on, a new one waits for a better certificate', async () => {
    const {move, front, address} = await behind('good')
    await using _ = move
    const running = slowly(move, {address, tls: {caFile: CA}})
    expect(await until(async () => (await move.count()) > 10, 30_000)).toBe(true)
    front.present('expired')
    const before = await move.count()
    expect(await until(async () => (await move.count()) > before, 20_000)).toBe(true)
    front.reset()
    const held = move.events.length
    const waits = () =>
      move.events.slice(held).some((event) => event.type === 'throttled' && event.reason.includes('expired'))
    expect(await until(waits, 20_000)).toBe(true)
    front.present('good')
    expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
    expect(move.account.settled).toBe(MESSAGES)
    expect(await move.verdict()).toEqual([])
  })
})

describe.skipIf(withoutBrokers())(
  'S14: a list of two brokers, and the active one is killed ten times',
  () => {
    test(
      'nothing is lost, and what may be there twice is counted',
      async () => {
        const messages = 10_000
        const from = await sharedRabbitmq(4)
        await using first = await startRabbitmq({major: 3})
        await using second = await startRabbitmq({major: 3})
        await using move = await BrokerMove.of(messages, {from, to: first})
        await twinOf(second, move)
        const both = [first, second] as const
        const address = `amqp://guest:guest@127.0.0.1:${first.port},127.0.0.1:${second.port}/`
        const running = slowly(move, {address})
        for (let kills = 0; kills < 10; kills++) {
          const active = both[kills % 2] ?? first
          await sleep(1500)
          active.kill('SIGKILL')
          await active.restart()
        }
        expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
        expect(move.account.settled).toBe(messages)
        expect(await move.verdict(undefined, `${second.amqp}/${move.vhost}`)).toEqual([])
      },
      8 * MINUTES,
    )
  },
)

/** The same virtual host and queue at another broker. */
async function twinOf(broker: Rabbitmq, move: BrokerMove): Promise<void> {
  await broker.api('PUT', `/api/vhosts/${move.vhost}`)
  await broker.api('PUT', `/api/permissions/${move.vhost}/guest`, {configure: '.*', write: '.*', read: '.*'})
  await using to = await publisher(`${broker.amqp}/${move.vhost}`)
  await to.declare(move.queue)
}
