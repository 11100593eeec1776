import {setTimeout as sleep} from 'node:timers/promises'

import {describe, expect, test} from 'vitest'

import {until} from '../brokers/lab.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'
import {BrokerMove, type BrokerMoveOptions, finished, slowly} from './broker-move.ts'

const MESSAGES = 2500
const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

const inOrder = (): string => 'all'

describe.skipIf(withoutBrokers()).concurrent.each(cases)(
  'a target of RabbitMQ $major, $type queue',
  ({major, type}) => {
    async function scene(messages = MESSAGES, more: Partial<BrokerMoveOptions> = {}): Promise<BrokerMove> {
      const [from, to] = [await sharedRabbitmq(major === 3 ? 4 : 3), await sharedRabbitmq(major)]
      return BrokerMove.of(messages, {from, to, type, ...more})
    }

    test('takes everything, in order, confirmed one by one', async () => {
      await using move = await scene()
      expect(await move.run()).toMatchObject({outcome: 'complete'})
      expect(move.account).toMatchObject({settled: MESSAGES, possibleDuplicates: 0, withTargetId: MESSAGES})
      expect(await move.verdict(inOrder)).toEqual([])
    })

    test('B1: the queue is deleted while messages go into it: they come back, nothing is acked, it stops', async () => {
      await using move = await scene()
      const running = slowly(move, {})
      expect(await until(async () => (await move.count()) > 50, 20_000)).toBe(true)
      await move.to.api('DELETE', move.path)
      const {outcome, error} = await finished(move, running)
      expect(outcome).toBe('incomplete')
      expect(error).toMatchObject({kind: 'refused', reason: 'target-missing'})
      expect(JSON.stringify(move.account.reasons)).toContain('it does not exist')
      const left = await move.left()
      expect(left).toBeGreaterThan(0)
      expect(move.account.settled).toBe(MESSAGES - left)
      await move.declareTarget()
      expect(await move.run()).toMatchObject({outcome: 'complete'})
      // What was on its way into the queue when it went is neither confirmed nor given back.
      expect(move.account.settled).toBe(MESSAGES)
    })

    test('B3: a full queue that rejects: refused messages are tried again, then stay at the source', async () => {
      const limit = {'x-max-length': 100, 'x-overflow': 'reject-publish'}
      await using move = await scene(MESSAGES, {arguments: limit})
      expect(await move.run()).toMatchObject({outcome: 'incomplete'})
      const {settled, failed} = move.account
      expect(settled).toBeGreaterThanOrEqual(100)
      // A lane stops when it holds back a quarter of its window: the others were never sent.
      expect(failed).toBeGreaterThan(375)
      expect(failed).toBeLessThanOrEqual(MESSAGES - settled)
      expect(JSON.stringify(move.account.reasons)).toContain('basic.nack')
      expect(await move.count()).toBe(settled)
      expect(await move.left()).toBe(MESSAGES - settled)
      expect(await move.verdict()).toEqual([])
    })

    test('B5: confirms that never come: the connection is given up, and everything outstanding is in doubt', async () => {
      await using move = await scene()
      const proxy = move.use(await TcpProxy.to(move.to.port))
      const running = slowly(move, {address: through(proxy), confirmMs: 1500})
      expect(await until(async () => (await move.count()) > 50, 20_000)).toBe(true)
      proxy.drop('down')
      await sleep(2500)
      proxy.pass()
      expect(await finished(move, running)).toMatchObject({outcome: 'complete'})
      expect(move.account.settled).toBe(MESSAGES)
      expect(move.account.possibleDuplicates).toBeGreaterThan(0)
      expect(await move.verdict()).toEqual([])
    })

    test('connections that are reset again and again', async () => {
      await using move = await scene()
      const proxy = move.use(await TcpProxy.to(move.to.port))
      const running = slowly(move, {address: through(proxy)})
      for (let cut = 0; cut < 4; cut++) {
        await sleep(400)
        proxy.reset()
      }
      // A message that was under way at every reset may have used up its attempts: the next run takes it.
      const first = await finished(move, running)
      const {outcome} = first.outcome === 'complete' ? first : await move.run()
      expect(outcome).toBe('complete')
      expect(await move.verdict()).toEqual([])
    })

    test('the right to write is taken away: it stops at once and says so', async () => {
      await using move = await scene()
      const proxy = move.use(await TcpProxy.to(move.to.port))
      const running = slowly(move, {address: through(proxy)})
      expect(await until(async () => (await move.count()) > 50, 20_000)).toBe(true)
      await permit(move, '')
      proxy.reset()
      const {error} = await finished(move, running)
      // Whichever comes first: the refusal, or too many messages that were under way when it came.
      expect(['access-denied', 'held-back']).toContain(error?.reason)
      expect(JSON.stringify(move.account.reasons)).toMatch(/403|access/i)
      await permit(move, '.*')
      expect(await move.run()).toMatchObject({outcome: 'complete'})
      expect(await move.verdict()).toEqual([])
    })

    test('Ctrl-C: what is under way is finished, and the next run takes the rest', async () => {
      await using move = await scene()
      const stop = new AbortController()
      const running = slowly(move, {}, stop.signal)
      expect(await until(async () => (await move.count()) > 50, 20_000)).toBe(true)
      stop.abort()
      expect(await finished(move, running)).toMatchObject({outcome: 'interrupted'})
      expect(await move.run()).toMatchObject({outcome: 'complete'})
      expect(await move.verdict()).toEqual([])
    })
  },
)

const through = (proxy: TcpProxy): string => `amqp://guest:guest@127.0.0.1:${proxy.port}/`

const permit = (move: BrokerMove, write: string): Promise<unknown> =>
  move.to.api('PUT', `/api/permissions/${move.vhost}/guest`, {configure: '.*', write, read: '.*'})
