import {describe, expect, onTestFinished, test} from 'vitest'

import type {Resource} from '../../src/model/deployment.ts'
import {decodeActivemq} from '../../src/targets/amazon-mq-activemq/decode.ts'
import type {ActivemqConnection} from '../../src/targets/amazon-mq-activemq/platform.ts'
import type {Encoded, Entry} from '../../src/targets/target.ts'
import {startActivemq} from '../brokers/activemq.ts'
import {readJms} from '../brokers/jms.ts'
import {sharedActivemq, withoutBrokers} from '../brokers/shared.ts'
import {envelope} from '../fakes/plan.ts'
import {connected, moveTo, never, queueStep} from '../targets/amazon-mq-activemq/activemq-kit.ts'

const EXECUTE = {execute: true, cutover: false, resolved: new Map()}
let queues = 0
let seq = 0

const fresh = () => queueStep(`target-${process.pid}-${queues++}`)

async function platformAt(amqp: string, say?: (text: string) => void): Promise<ActivemqConnection> {
  const platform = await connected(amqp, say ? {say} : {})
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
    const platform = await platformAt(broker.amqp, (text) => void said.push(text))
    const step = fresh()
    const resource = made(await platform.provision(step, EXECUTE, never))
    expect(resource.origin).toBe('adopted')
    expect(await platform.count(resource, never)).toBeNull()
    expect(await platform.count(resource, never)).toBeNull()
    expect(said).toEqual([expect.stringContaining('counts are left out')])
    expect(await broker.read('QueueSize', step.name)).toBe(0)
  })
})
