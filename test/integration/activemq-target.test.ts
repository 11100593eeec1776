import {createSecretKey} from 'node:crypto'

import {describe, expect, onTestFinished, test} from 'vitest'

import {digest} from '../../src/model/canonical.ts'
import type {Resource} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {scratchPrefix} from '../../src/model/scratch.ts'
import {decodeActivemq} from '../../src/targets/amazon-mq-activemq/decode.ts'
import {platform as folder} from '../../src/targets/amazon-mq-activemq/index.ts'
import type {ActivemqConnection} from '../../src/targets/amazon-mq-activemq/platform.ts'
import type {Encoded, Entry} from '../../src/targets/target.ts'
import {type Activemq, startActivemq} from '../brokers/activemq.ts'
import {readJms} from '../brokers/jms.ts'
import {freePorts} from '../brokers/lab.ts'
import {sharedActivemq, withoutBrokers} from '../brokers/shared.ts'
import {envelope} from '../fakes/plan.ts'
import {CASES} from '../fidelity/corpus.ts'
import {connected, moveTo, never, queueStep} from '../targets/amazon-mq-activemq/activemq-kit.ts'

const EXECUTE = {execute: true, cutover: false, resolved: new Map()}
let queues = 0
let seq = 0

const fresh = () => queueStep(`target-${process.pid}-${queues++}`)

async function platformAt(
  amqp: string,
  more: Parameters<typeof connected>[1] = {},
): Promise<ActivemqConnection> {
  const platform = await connected(amqp, more)
  onTestFinished(() => platform[Symbol.asyncDispose]())
  return platform
}

function made(found: {readonly resource: Resource | null}): Resource {
  if (!found.resource) throw new Error('it was not made')
  return found.resource
}

describe.skipIf(withoutBrokers())('a queue of ActiveMQ', () => {
  test('is missing, is made, and is found; none of it is written twice', async () => {
    const platform = await platformAt((await sharedActivemq()).amqp)
    const step = fresh()
    const looked = await platform.provision(step, {...EXECUTE, execute: false}, never)
    expect(looked).toEqual({
      resource: null,
      drift: [{step: step.id, attribute: 'exists', wanted: step.name, found: null}],
      writes: 0,
    })
    expect(await platform.provision(step, EXECUTE, never)).toMatchObject({
      resource: {origin: 'created', evidence: 'confirm'},
      writes: 1,
    })
    expect(await platform.provision(step, EXECUTE, never)).toMatchObject({
      resource: {origin: 'found'},
      drift: [],
      writes: 0,
    })
  })

  test('is counted over messaging, and keeps the order of what is sent, whatever overlaps', async () => {
    const broker = await sharedActivemq()
    const platform = await platformAt(broker.amqp)
    const step = fresh()
    const resource = made(await platform.provision(step, EXECUTE, never))
    const target = await platform.open(moveTo(step), resource, never)
    const bodies = Array.from({length: 600}, (_, index) => String(index))
    const batches = Array.from({length: 60}, (_, index) => bodies.slice(index * 10, index * 10 + 10))
    const sent = await Promise.all(
      batches.map((some) =>
        target.send(
          new Map<Entry, Encoded>(some.map((body) => [{seq: ++seq}, target.encode(envelope(body), 0)])),
          never,
        ),
      ),
    )
    await target[Symbol.asyncDispose]()
    expect(new Set(sent.flat().map(({outcome}) => outcome))).toEqual(new Set(['accepted']))
    expect(await platform.count(resource, never)).toEqual({
      visible: 600,
      inFlight: 0,
      delayed: 0,
      approximate: false,
    })
    const read = await readJms(broker, step.name, {messages: 600})
    expect(read.map((one) => Buffer.from(decodeActivemq(one)?.body ?? []).toString())).toEqual(bodies)
  })

  test('of a broker that says nothing about itself is made all the same; counts are left out, and that is said once', async () => {
    await using broker = await startActivemq({inside: ''})
    const said: string[] = []
    const platform = await platformAt(broker.amqp, {say: (text) => void said.push(text)})
    const step = fresh()
    const resource = made(await platform.provision(step, EXECUTE, never))
    expect(resource.origin).toBe('adopted')
    expect(await platform.count(resource, never)).toBeNull()
    expect(await platform.count(resource, never)).toBeNull()
    expect(said).toEqual([expect.stringContaining('counts are left out')])
    expect(await broker.read('QueueSize', step.name)).toBe(0)
  })
})

const KEY = createSecretKey(Buffer.alloc(32, 7))

/** A scratch queue with these in it. */
async function scratchWith(broker: Activemq, envelopes: readonly Envelope[]) {
  const platform = await platformAt(broker.amqp, {management: broker.openwire})
  const step = folder.scratch?.(fresh(), scratchPrefix('44556677'))
  if (!step) throw new Error('there is no scratch queue')
  const resource = made(await platform.provision(step, EXECUTE, never))
  const target = await platform.open(moveTo(step), resource, never)
  const batch = new Map<Entry, Encoded>(envelopes.map((one) => [{seq: ++seq}, target.encode(one, 0)]))
  const receipts = await target.send(batch, never)
  await target[Symbol.asyncDispose]()
  expect(receipts.filter(({outcome}) => outcome !== 'accepted')).toEqual([])
  return {platform, step, resource, size: () => broker.read('QueueSize', step.name)}
}

async function drained(found: AsyncIterable<{readonly envelope: Envelope | null}>): Promise<Buffer[]> {
  const digests: Buffer[] = []
  for await (const {envelope: one} of found) if (one !== null) digests.push(digest(KEY, one))
  return digests
}

describe.skipIf(withoutBrokers())('a scratch queue of ActiveMQ', () => {
  test('gives back every message of the corpus, equal and in order, and is deleted over OpenWire', async () => {
    const envelopes = CASES.map(({body, properties, headers}) => envelope(body, {properties, headers}))
    const {platform, step, resource, size} = await scratchWith(await sharedActivemq(), envelopes)
    const found = await drained(platform.drain(resource, never))
    expect(found).toEqual(envelopes.map((one) => digest(KEY, one)))
    expect(await size()).toBe(0)
    expect(await drained(platform.drain(resource, never))).toEqual([])
    expect(await platform.remove(step, never)).toBe(true)
    expect(await size()).toBeNull()
    // One that is gone already is no failure.
    expect(await platform.remove(step, never)).toBe(true)
  })

  test('is compared in the same way at a broker that keeps messages as AMQP', async () => {
    await using native = await startActivemq({transformer: 'native'})
    const envelopes = CASES.map(({body, properties, headers}) => envelope(body, {properties, headers}))
    const {platform, resource} = await scratchWith(native, envelopes)
    const found = await drained(platform.drain(resource, never))
    expect(found).toEqual(envelopes.map((one) => digest(KEY, one)))
  })

  test('deleted by hand because OpenWire does not answer is gone; one that is still there is not', async () => {
    const broker = await sharedActivemq()
    const {platform, step, size} = await scratchWith(broker, [envelope('a copy')])
    const dead = await platformAt(broker.amqp, {management: `tcp://127.0.0.1:${await freePorts(1)}`})
    await expect(dead.remove(step, never)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'no-answer',
      message: expect.stringContaining('over OpenWire and not over AMQP'),
      suggestions: [
        expect.stringContaining('management: under brokers: in mqlift.yaml'),
        expect.stringContaining(`Queues, ${step.name}, Delete`),
      ],
    })
    // What stays holds nothing.
    expect(await size()).toBe(0)
    await platform.remove(step, never)
    expect(await dead.remove(step, never)).toBe(false)
    expect(await size()).toBeNull()
  })

  test('what would expire does not, and leaves no dead-letter queue', async () => {
    const broker = await sharedActivemq()
    const message = envelope('x', {properties: {expiration: '1'}})
    const {platform, step, resource} = await scratchWith(broker, [message])
    expect(await drained(platform.drain(resource, never))).toEqual([digest(KEY, message)])
    expect(await platform.remove(step, never)).toBe(true)
    expect(await broker.read('QueueSize', `DLQ.${step.name}`)).toBeNull()
  })

  test('that somebody reads from is not deleted, and the broker’s own words say why', async () => {
    const {platform, step, resource, size} = await scratchWith(await sharedActivemq(), [envelope('x')])
    const reading = platform.drain(resource, never)
    await reading.next()
    await expect(platform.remove(step, never)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'not-deleted',
      message: expect.stringContaining('active subscription'),
    })
    expect(await size()).toBe(0)
    await reading.return(undefined)
    expect(await platform.remove(step, never)).toBe(true)
    expect(await size()).toBeNull()
  })
})
