import rhea from 'rhea'
import type {Connection, EventContext} from 'rhea'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {scratchPrefix} from '../../src/model/scratch.ts'
import {Secret} from '../../src/model/secret.ts'
import {connectAmqp1} from '../../src/protocols/amqp1/connect.ts'
import {SendingLink} from '../../src/protocols/amqp1/link.ts'
import {configurationXml} from '../../src/targets/amazon-mq-activemq/files.ts'
import {type Activemq, startActivemq} from '../brokers/activemq.ts'
import {withoutBrokers} from '../brokers/shared.ts'
import {connected, never, queueStep} from '../targets/amazon-mq-activemq/activemq-kit.ts'
import {settingsOf} from '../targets/amazon-mq-activemq/plan-kit.ts'
import {shop} from '../targets/amazon-mq-activemq/shop.ts'

/** fixtures/activemq/shop.xml without its root, which the kit writes. */
const inside = (): string => configurationXml(settingsOf(shop())).split('\n').slice(2, -2).join('\n')

let broker: Activemq | undefined

beforeAll(async () => {
  if (withoutBrokers()) return
  broker = await startActivemq({inside: inside(), users: {shop: 'shop', eu: 'eu', mqlift: 'mqlift'}})
})
afterAll(() => broker?.[Symbol.asyncDispose]())

const running = (): Activemq => {
  if (!broker) throw new Error('no broker')
  return broker
}

const signIn = (user: string) =>
  connectAmqp1(
    {
      tls: false,
      hosts: [{host: '127.0.0.1', port: running().port}],
      user,
      password: new Secret(`${user}-secret`),
    },
    {
      tls: {minVersion: 'TLSv1.2', rejectUnauthorized: true},
      connectionName: `test-${user}`,
    },
    never,
  )

const platformAs = (user: string): ReturnType<typeof connected> =>
  connected(`amqp://${user}@127.0.0.1:${running().port}`, {
    password: `${user}-secret`,
    management: running().openwire,
  })

const depth = (queue: string): Promise<unknown> => running().read('QueueSize', queue)

async function send(user: string, to: string, properties: Record<string, string | number>): Promise<string> {
  const opened = await signIn(user)
  try {
    const link = await SendingLink.open(opened, to, never)
    const typed = Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'number' ? rhea.types.wrap_int(value) : value,
    ])
    const message = {durable: true, body: 'x', application_properties: Object.fromEntries(typed)}
    return (await link.send(rhea.message.encode(message))).type
  } finally {
    opened.close()
  }
}

/** A consumer that gives up what it gets. */
async function rejectOne(connection: Connection, queue: string): Promise<void> {
  const receiver = connection.open_receiver({source: {address: queue}, credit_window: 0, autoaccept: false})
  receiver.add_credit(1)
  await new Promise<void>((resolve) => {
    receiver.once('message', ({delivery}: EventContext) => {
      delivery?.reject()
      resolve()
    })
  })
}

describe.skipIf(withoutBrokers())('a broker that runs the planned configuration', () => {
  test('has the queues, with their policies', async () => {
    expect(await running().read('PrioritizedMessages', 'urgent')).toBe(true)
    expect(await running().read('PrioritizedMessages', 'orders')).toBe(false)
    expect(await depth('a%2Cb%20%3E%20c%3F')).toBe(0)
    expect(await depth('eu/orders')).toBe(0)
  })

  test('forwards what is published to a topic as the exchange routed it', async () => {
    const before = await Promise.all(['orders', 'mail', 'urgent'].map(depth))
    expect(before).toEqual([0, 0, 0])
    await send('shop', 'topic://events', {rk: 'order.eu.created', n: 3})
    await send('shop', 'topic://events', {rk: 'order', n: 1})
    await send('shop', 'topic://events', {rk: "it's.urgent", n: 2})
    await send('shop', 'topic://events', {rk: 'nobody', n: 1})
    expect(await Promise.all(['orders', 'mail', 'urgent'].map(depth))).toEqual([1, 2, 1])
  })

  test('lets users do what they might before, and nothing else', async () => {
    expect(await send('eu', 'queue://eu/orders', {})).toBe('accepted')
    await expect(send('eu', 'queue://orders', {})).rejects.toMatchObject({
      kind: 'refused',
      reason: 'access-denied',
    })
    expect(await send('mqlift', 'queue://orders', {})).toBe('accepted')
  })

  test('sends what a consumer gives up where the dead letters went', async () => {
    const opened = await signIn('mqlift')
    const failed = Number(await depth('orders.failed'))
    await rejectOne(opened.connection, 'orders')
    await expect.poll(() => depth('orders.failed')).toBe(failed + 1)
    opened.close()
  })

  test('sends dead letters to several queues, where they went to several', async () => {
    // Alone in the queue: a copy of a message that is in orders.failed already would not come there a second time.
    while (Number(await depth('mail')) > 0) await rejectFrom('mail')
    const before = await Promise.all(['orders.failed', 'urgent'].map(depth))
    await send('mqlift', 'queue://mail', {})
    await rejectFrom('mail')
    await expect
      .poll(() => Promise.all(['orders.failed', 'urgent'].map(depth)))
      .toEqual(before.map((count) => Number(count) + 1))
  })

  test('lets the user of the move make, empty and delete a scratch queue; applications neither make nor read one', async () => {
    const step = {...queueStep('orders'), do: 'activemq-scratch', name: `${scratchPrefix('55667788')}orders`}
    const options = {execute: true, cutover: false, resolved: new Map()}
    const line = '<authorizationEntry queue=">" read="mqlift" write="mqlift" admin="mqlift"/>'
    const noRight = {
      kind: 'refused',
      reason: 'access-denied',
      suggestions: [expect.stringContaining(line)],
    }
    await using application = await platformAs('shop')
    await expect(application.provision(step, options, never)).rejects.toMatchObject(noRight)
    await using mover = await platformAs('mqlift')
    const {resource} = await mover.provision(step, options, never)
    if (!resource) throw new Error('it was not made')
    await expect(application.drain(resource, never).next()).rejects.toMatchObject(noRight)
    expect(await mover.drain(resource, never).next()).toEqual({done: true, value: undefined})
    expect(await mover.remove(step, never)).toBe(true)
    expect(await depth(step.name)).toBeNull()

    // 5.18.3 asks for the admin right on what it is to make, and for none on what is there: only the name protects a queue.
    await mover.provision(step, options, never)
    expect(await application.remove(step, never)).toBe(true)
    await expect(mover.remove({...step, name: 'orders'}, never)).rejects.toMatchObject({
      reason: 'not-scratch',
    })
    expect(await depth(step.name)).toBeNull()
    expect(await depth('orders')).not.toBeNull()
  })
})

async function rejectFrom(queue: string): Promise<void> {
  const opened = await signIn('mqlift')
  const before = Number(await depth(queue))
  await rejectOne(opened.connection, queue)
  await expect.poll(() => depth(queue)).toBe(before - 1)
  opened.close()
}
