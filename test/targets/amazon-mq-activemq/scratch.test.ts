import {createSecretKey} from 'node:crypto'

import rhea from 'rhea'
import {describe, expect, test} from 'vitest'

import {digest} from '../../../src/model/canonical.ts'
import type {Envelope} from '../../../src/model/envelope.ts'
import {scratchPrefix} from '../../../src/model/scratch.ts'
import {jmsMessageOf} from '../../../src/targets/amazon-mq-activemq/amqp-message.ts'
import {decodedOrNull} from '../../../src/targets/amazon-mq-activemq/decode.ts'
import {activemqEncoder} from '../../../src/targets/amazon-mq-activemq/encode.ts'
import {platform as folder} from '../../../src/targets/amazon-mq-activemq/index.ts'
import {AmqpWire} from '../../../src/targets/amazon-mq-activemq/wire.ts'
import {envelope} from '../../fakes/plan.ts'
import {CASES} from '../../fidelity/corpus.ts'
import {connected, moveTo, never, queueStep} from './activemq-kit.ts'
import {fakeActivemq} from './fake-activemq.ts'

const KEY = createSecretKey(Buffer.alloc(32, 5))
const PREFIX = scratchPrefix('11223344')
const EXECUTE = {execute: true, cutover: false, resolved: new Map()}

function scratchOf(name: string) {
  const step = folder.scratch?.({...queueStep(name), needs: ['activemq-configuration:broker']}, PREFIX)
  if (!step) throw new Error('there is no scratch queue')
  return step
}

function wireOf(message: Envelope, expires?: boolean): Buffer {
  const {wire, refused} = activemqEncoder(expires === undefined ? {} : {expires})(message, Date.now())
  if (!(wire instanceof AmqpWire)) throw new Error(refused ?? 'nothing was made')
  return wire.bytes
}

const readBack = (bytes: Buffer): Envelope | null => {
  const message = jmsMessageOf(bytes)
  return message && decodedOrNull(message)
}

describe('a scratch queue', () => {
  test('is the planned one under another name, and the broker is asked the same as before a move', () => {
    expect(scratchOf('eu/orders.new')).toMatchObject({
      platform: 'amazon-mq-activemq',
      do: 'activemq-scratch',
      name: `${PREFIX}eu/orders.new`,
      needs: ['activemq-configuration:broker'],
    })
    expect(scratchOf('orders').id).not.toBe(queueStep(`${PREFIX}orders`).id)
  })

  test('nothing else is made, emptied or removed as one', async () => {
    const broker = await fakeActivemq()
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    const scratch = scratchOf('orders')
    const {resource} = await platform.provision(scratch, EXECUTE, never)
    if (!resource) throw new Error('it was not made')
    expect(resource).toMatchObject({step: scratch.id, origin: 'created'})
    const other = {...resource, arn: resource.arn.replace(PREFIX, '')}
    const draining = platform.drain(other, never)
    await expect(draining.next()).rejects.toMatchObject({kind: 'refused', reason: 'not-scratch'})
    const named = {...scratch, name: 'orders'}
    await expect(platform.provision(named, EXECUTE, never)).rejects.toMatchObject({reason: 'not-scratch'})
    await expect(platform.remove(named, never)).rejects.toMatchObject({reason: 'not-scratch'})
    expect(await platform.remove(queueStep(scratch.name), never)).toBe(false)
  })

  test('without --execute is only missing', async () => {
    const broker = await fakeActivemq()
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    const looked = await platform.provision(scratchOf('orders'), {...EXECUTE, execute: false}, never)
    expect(looked).toMatchObject({resource: null, writes: 0})
    expect(broker.connections).toEqual([])
  })

  test('that the user may not make: says which line of the authorization map lets it', async () => {
    const broker = await fakeActivemq()
    broker.container.on('receiver_open', ({receiver}) =>
      receiver?.close({condition: 'amqp:unauthorized-access', description: 'no'}),
    )
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    await expect(platform.provision(scratchOf('orders'), EXECUTE, never)).rejects.toMatchObject({
      reason: 'access-denied',
      suggestions: [
        expect.stringContaining(
          '<authorizationEntry queue=">" read="mqlift" write="mqlift" admin="mqlift"/>',
        ),
      ],
    })
  })
})

describe('what comes out of a scratch queue is what went in', () => {
  test.each(CASES.filter(({body}) => body.length < 300_000))('$group: $row', (one) => {
    const message = envelope(one.body, {properties: one.properties, headers: one.headers})
    const back = readBack(wireOf(message))
    expect(back && digest(KEY, back)).toEqual(digest(KEY, message))
  })

  test('groups, sequence, place and times, too', () => {
    const message = {
      ...envelope('x', {
        headers: [
          ['JMSXGroupID', {t: 'S', v: 'g'}],
          ['JMSXGroupSeq', {t: 'I', v: 300}],
        ],
      }),
      source: {id: 'queue:%2F/orders', exchange: 'shop', routingKey: 'a.b'},
      group: 'g',
      seq: 7,
      notBefore: 5,
      expiresAt: Date.now() + 60_000,
    }
    const back = readBack(wireOf(message))
    expect(back && digest(KEY, back)).toEqual(digest(KEY, message))
  })

  test.each([
    ['another body', {body: 'y'}],
    ['a header of another type', {application_properties: {mqlift: '{}', h: 1}}],
    ['not ours', {application_properties: {}}],
    ['a body that we never send', {body: 5}],
  ])('and %s is not', (_, changed) => {
    const message = envelope('x', {headers: [['h', {t: 'S', v: 'v'}]]})
    const altered = {...rhea.message.decode(wireOf(message)), ...changed}
    const back = readBack(rhea.message.encode(altered))
    expect(back && digest(KEY, back)).not.toEqual(digest(KEY, message))
  })

  test('bytes that are no message are nobody’s', () => {
    expect(jmsMessageOf(Buffer.from('hello'))).toBeNull()
  })
})

test('nothing expires in a scratch queue; that it would is said, and read back', async () => {
  const message = envelope('x', {properties: {expiration: '1000'}})
  expect(rhea.message.decode(wireOf(message))['ttl']).toBe(1000)
  const bytes = wireOf(message, false)
  expect(rhea.message.decode(bytes)['ttl']).toBeUndefined()
  expect(readBack(bytes)?.properties.expiration).toBe('1000')
  expect(activemqEncoder({expires: false})(message, 0).losses).toHaveLength(1)

  const broker = await fakeActivemq()
  await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
  const ttlInto = async (step: ReturnType<typeof scratchOf>): Promise<unknown> => {
    const {resource} = await platform.provision(step, EXECUTE, never)
    if (!resource) throw new Error('it was not made')
    await using target = await platform.open(moveTo(step), resource, never)
    const {wire} = target.encode(message, 0)
    return wire instanceof AmqpWire ? rhea.message.decode(wire.bytes)['ttl'] : null
  }
  expect(await ttlInto(scratchOf('orders'))).toBeUndefined()
})
