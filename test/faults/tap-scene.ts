import {setTimeout as sleep} from 'node:timers/promises'

import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Plan} from '../../src/model/plan.ts'
import {tapQueueOf} from '../../src/model/tap.ts'
import type {BridgeScene} from './bridge-scene.ts'
import {during, expectExit} from './program.ts'

const EXCHANGE = 'shop'

/** Keys that nobody is bound to among them. */
export const KEYS = ['order.paid', 'order.paid.eu', 'stock.low', 'order.late', 'test'] as const

/** What a subscriber gets at the old broker, and must get from the topic. */
export const SUBSCRIBERS = {
  billing: {bound: ['order.*'], gets: (key: string) => /^order\.\w+$/.test(key)},
  audit: {bound: ['order.#', 'stock.*'], gets: (key: string) => /^(order|stock)\./.test(key)},
} as const

/** An exchange with two queues of the old side, and the topic that a tap is to feed, which nobody subscribes to yet. */
export class Tap {
  readonly exchange = EXCHANGE
  /** Of the queue that the bridge reads. */
  readonly id: string
  readonly #scene: BridgeScene
  readonly #topic: string
  readonly #plan: Plan

  private constructor(scene: BridgeScene, id: string, plan: Plan) {
    this.#scene = scene
    this.#plan = plan
    this.#topic = plan.names[id] ?? ''
    this.id = tapQueueOf(id)
  }

  static async of(scene: BridgeScene): Promise<Tap> {
    const {channel} = scene.publisher
    await channel.assertExchange(EXCHANGE, 'topic')
    for (const [queue, {bound}] of Object.entries(SUBSCRIBERS)) {
      await channel.assertQueue(queue)
      for (const key of bound) await channel.bindQueue(queue, EXCHANGE, key)
    }
    const id = destinationId('exchange', scene.vhost, EXCHANGE)
    const plan = await scene.plan(
      `platforms:\n  '*': stay\n  '${id}': sns-sqs\nnames:\n  '${id}': ${EXCHANGE}-${scene.vhost}\ntaps: ['${id}']\n`,
    )
    await expectExit(scene.run('apply', '--execute', '--endpoint', scene.endpoint.url), 0)
    return new Tap(scene, id, plan)
  }

  /** A queue with the filter that plan.md tells the owner of a subscriber: its address. */
  subscribe(queue: keyof typeof SUBSCRIBERS): Promise<string> {
    const field = this.#plan.changes.find(
      (change) => change.field.startsWith('subscriber ') && change.field.endsWith(`/${queue}`),
    )
    const policy = /filter policy (\{.*\})/.exec(field?.to ?? '')?.[1]
    if (policy === undefined) throw new Error(`no filter for ${queue}`)
    return this.#scene.subscribe(this.#topic, `${this.#topic}-${queue}`, JSON.parse(policy))
  }

  /** Of what was published to the exchange. */
  wanted(queue: keyof typeof SUBSCRIBERS, published: readonly Envelope[]): Envelope[] {
    return published.filter(({source}) => SUBSCRIBERS[queue].gets(source.routingKey ?? ''))
  }

  /** A first bridge that binds the tap: from then on it gets what is published, whether a bridge runs or not. */
  async bind(): Promise<void> {
    const bridge = this.#scene.bridge()
    await during(bridge, this.#scene.reads())
    bridge.kill('SIGINT')
    await expectExit(bridge, 130)
  }

  /** A bridge that is killed some time after it has sent so many. */
  async killed(sent: number, laterMs: number): Promise<boolean> {
    const bridge = this.#scene.bridge()
    await during(bridge, this.#scene.sent(sent))
    await sleep(laterMs)
    bridge.kill('SIGKILL')
    return (await bridge.ended).signal === 'SIGKILL'
  }

  /** A bridge that goes on until everything is published, and is stopped for good. */
  async finish(published: () => Promise<void>): Promise<void> {
    const last = this.#scene.bridge()
    await during(last, this.#scene.sent(50))
    await published()
    await this.#scene.control('stop')
    await expectExit(last, 0)
  }
}
