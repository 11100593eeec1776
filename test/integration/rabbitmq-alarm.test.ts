import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'

import {destinationId, parseId} from '../../src/model/id.ts'
import {parseAddress} from '../../src/protocols/broker-address.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import {rabbitmqProbes} from '../../src/sources/rabbitmq/probes.ts'
import type {SourceEvent} from '../../src/sources/source.ts'
import {doctor} from '../../src/stages/doctor.ts'
import {until} from '../brokers/lab.ts'
import {publisher} from '../brokers/messages.ts'
import {type Rabbitmq, startRabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, withoutBrokers} from '../brokers/shared.ts'

const PATIENCE = {timeout: 120_000}

const isWrite = (id: string): boolean => ['rights.sentinel', 'rights.taps'].includes(id)

describe.skipIf(withoutBrokers()).each(MAJORS)('a source of RabbitMQ %i in alarm', (major) => {
  let broker: Rabbitmq
  beforeAll(async () => {
    broker = await startRabbitmq({major})
  }, PATIENCE.timeout)
  afterAll(() => broker[Symbol.asyncDispose]())

  /** A queue with a message, in a broker that takes no more. */
  async function scene() {
    const vhost = await freshVhost(broker)
    const publish = await publisher(vhost.amqp)
    await publish.channel.assertQueue('q')
    publish.channel.sendToQueue('q', Buffer.from('a'))
    await publish.channel.waitForConfirms()
    await publish[Symbol.asyncDispose]()
    await broker.ctl('set_vm_memory_high_watermark', '0.00001')
    onTestFinished(async () => {
      await broker.ctl('set_vm_memory_high_watermark', 'absolute', '1GB')
      await vhost[Symbol.asyncDispose]()
    })
    // It measures now and then. The call fails while there is an alarm: 503.
    const inAlarm = () =>
      broker.api('GET', '/api/health/checks/local-alarms').then(
        () => false,
        () => true,
      )
    expect(await until(inAlarm, 20_000)).toBe(true)
    const source = await open(`amqp://guest:guest@127.0.0.1:${broker.port}/${vhost.name}`, {
      tls: {caOnly: false, insecure: false},
      management: broker.management,
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    })
    onTestFinished(() => source[Symbol.asyncDispose]())
    const id = destinationId('queue', vhost.name, 'q')
    return {source, id}
  }

  test(
    'the first message of a connection is taken all the same, and so a sentinel is',
    PATIENCE,
    async () => {
      const {source, id} = await scene()
      const events: SourceEvent[] = []
      const options = {
        until: 'sentinel',
        window: {messages: 10, bytes: 1e6},
        onEvent: (event: SourceEvent) => void events.push(event),
      } as const
      const reading = source.read?.(id, options, new AbortController().signal)
      const first = await reading?.next()
      expect(first).toMatchObject({done: false, value: {envelope: {body: Buffer.from('a')}}})
      await Promise.all([first?.value?.ack(), reading?.next().then(() => reading.return?.())])
      expect(events).toEqual([{type: 'sentinel', id: expect.stringContaining('mqlift:test')}])
    },
  )

  test('doctor hears all the same which rights there are', PATIENCE, async () => {
    const {id} = await scene()
    const {vhost} = parseId(id)
    const probes = await rabbitmqProbes(
      parseAddress(`amqp://guest:guest@127.0.0.1:${broker.port}/${vhost}`),
      {
        tls: {caOnly: false, insecure: false},
        management: broker.management,
        allowPlaintext: false,
        connectionName: 'mqlift:test',
      },
      Date.now,
      [],
    )
    const {checks} = await doctor(
      probes,
      {selected: isWrite, timeoutMs: 15_000},
      new AbortController().signal,
    )
    expect(checks.map(({outcome}) => outcome)).toEqual(['ok', 'ok'])
  })
})
