import {describe, expect, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import type {SourceEvent} from '../../src/sources/source.ts'
import {numbered, publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

const {signal} = new AbortController()

describe.skipIf(withoutBrokers()).each(MAJORS)('reading of RabbitMQ %i that keeps nobody out', (major) => {
  test('a consumer may come, is told of, and nothing is gone when the reading is closed', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using publish = await publisher(vhost.amqp)
    await publish.declare('orders')
    await publish.send('orders', numbered(20))
    await using source = await open(`amqp://127.0.0.1:${broker.port}/${vhost.name}`, {
      management: broker.management,
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    })
    const events: SourceEvent[] = []
    const reading = source.read?.(
      destinationId('queue', vhost.name, 'orders'),
      {
        until: 'mark',
        shared: true,
        window: {messages: 5, bytes: 1000},
        onEvent: (event) => void events.push(event),
      },
      signal,
    )
    for (let read = 0; read < 5; read++) expect((await reading?.next())?.done).toBe(false)
    // Of the 20, five are held, and no more were asked for.
    expect(await publish.depth('orders')).toBe(15)
    const consumer = await publish.channel.consume('orders', () => undefined)
    await expect.poll(() => events.map(({type}) => type), {timeout: 20_000}).toContain('foreign-consumers')
    await publish.channel.cancel(consumer.consumerTag)
    await publish.channel.recover()
    await reading?.return?.()
    await expect.poll(() => publish.depth('orders'), {timeout: 20_000}).toBe(20)
  })
})
