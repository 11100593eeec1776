import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import type {Envelope, Headers} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Report} from '../../src/model/report.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {failureOf} from './program.ts'
import {Scene} from './scene.ts'

const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

describe.skipIf(withoutBrokers()).concurrent.each(cases)('RabbitMQ $major, $type queue', ({major, type}) => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  /** Good messages before, the given ones, good messages after. */
  async function around(...odd: Partial<Envelope>[]): Promise<Scene> {
    const scene = await Scene.of(0, {broker: await sharedRabbitmq(major), endpoint, type})
    const id = destinationId('queue', scene.vhost, scene.queue)
    await scene.publish(10)
    await scene.send(odd.map((more) => ({...message(id, scene.queue), ...more})))
    await scene.publish(10)
    await scene.plan()
    return scene
  }

  test('a message too large stays at the source, the others move', async () => {
    await using scene = await around({body: Buffer.alloc(1_048_577, 'x')})
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'left-behind'})
    expect(failure.message).toMatch(/^1 message/)
    const {proof} = scene.read(Report, 'report.json')
    expect(proof?.total).toMatchObject({received: 21, settled: 20, failed: 1, possibleDuplicates: 0})
    expect(Object.keys(proof?.destinations[0]?.reasons ?? {}).join()).toMatch(/1,?048,?576/)
    expect(await scene.waits(1)).toBe(true)
    // Nothing about it changes by trying again.
    expect(failureOf(await scene.execute().ended)).toMatchObject({exit: 6, reason: 'left-behind'})
    expect(await scene.verdict()).toEqual([])
  })

  test('characters that SQS refuses, empty and binary bodies arrive byte for byte', async () => {
    const bodies = [
      'nul \u0000',
      'vt \u000B',
      'noncharacter \uFFFE \uFFFF',
      '',
      '(empty)',
      '\t\r\n',
      '\uFEFFbom',
    ]
    const bytes = [Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0xff, 0xfe, 0), Buffer.alloc(3000, 0x1f)]
    await using scene = await around(
      ...[...bodies.map((text) => Buffer.from(text)), ...bytes].map((body) => ({body})),
    )
    const {proof} = await scene.finish()
    expect(proof?.total).toMatchObject({received: 30, settled: 30, failed: 0, possibleDuplicates: 0})
    expect(await scene.verdict()).toEqual([])
  })

  test('eleven headers and more, and names that SQS refuses, arrive with their types', async () => {
    const eleven = Array.from({length: 11}, (_, i): Headers[number] => [`h${i}`, {t: 'S', v: `value ${i}`}])
    const names = [
      'AWS.x',
      '.dot',
      'two..dots',
      'ä',
      'with space',
      '__proto__',
      'constructor',
      '',
      'x'.repeat(255),
    ]
    const odd = names.map((name): Headers[number] => [name, {t: 'S', v: 'v'}])
    await using scene = await around(
      {headers: eleven},
      {headers: odd},
      {headers: [...eleven, ['n', {t: 'l', v: 2n ** 62n}]]},
    )
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  /** Tables that cannot be read at all close the publisher's channel on both versions (3.10.8, 4.0.5). */
  test('headers that kill other clients are moved: the tag L of py-amqp, names that are not text', async () => {
    await using scene = await around(
      {headers: [['count', {t: 'L', v: 2n ** 60n}]]},
      {headers: [['\udcff', {t: 't', v: true}]]},
    )
    // RabbitMQ 4 hands it out with the tag l.
    if (major === 4)
      scene.published[10] = {...publishedAt(scene, 10), headers: [['count', {t: 'l', v: 2n ** 60n}]]}
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })
})

function publishedAt({published}: Scene, index: number): Envelope {
  const envelope = published[index]
  if (!envelope) throw new Error(`only ${published.length} were published`)
  return envelope
}

function message(id: string, queue: string): Envelope {
  return {
    v: 1,
    source: {id, exchange: '', routingKey: queue},
    properties: {deliveryMode: 2},
    headers: [],
    body: Buffer.from('odd'),
    delivery: {redelivered: false},
  }
}
