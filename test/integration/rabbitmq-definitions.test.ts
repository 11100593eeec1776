import amqplib from 'amqplib'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import {valueOf} from '../../src/model/facts.ts'
import {parseId} from '../../src/model/id.ts'
import type {Inventory} from '../../src/model/inventory.ts'
import {openFiles} from '../../src/sources/rabbitmq/offline.ts'
import {DEFINITIONS_FILE, files} from '../../src/targets/amazon-mq-rabbitmq/files.ts'
import {platform} from '../../src/targets/amazon-mq-rabbitmq/index.ts'
import type {ConnectedPlatform, ProvisionOptions} from '../../src/targets/target.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {fixture} from '../sources/rabbitmq/recorded-broker.ts'
import {planned, settingsOf} from '../targets/amazon-mq-rabbitmq/estate.ts'

const signal = AbortSignal.timeout(110_000)

async function recorded(): Promise<Body<Inventory>> {
  await using source = await openFiles([fixture('recorded-3.10.8/definitions.json')], {
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'test',
  })
  return (await source.inspect(signal)).inventory
}

const asked = (values: Partial<ProvisionOptions>): ProvisionOptions => ({
  execute: false,
  cutover: false,
  resolved: new Map(),
  ...values,
})

/** The recorded estate of 3.10.8 on a real RabbitMQ 4, which stands for Amazon MQ. */
describe.skipIf(withoutBrokers())('definitions of a recorded estate', () => {
  let broker: Rabbitmq
  let inventory: Body<Inventory>
  beforeAll(async () => {
    broker = await sharedRabbitmq(4)
    inventory = await recorded()
    await clear(broker)
  })
  afterAll(() => clear(broker))

  async function clear(from: Rabbitmq): Promise<void> {
    const {definitions} = settingsOf(planned(inventory))
    for (const {name} of definitions.vhosts)
      await from.api('DELETE', `/api/vhosts/${encodeURIComponent(name)}`).catch(() => null)
    for (const {name} of definitions.users) await from.api('DELETE', `/api/users/${name}`).catch(() => null)
  }

  async function connected(): Promise<ConnectedPlatform> {
    const options = {
      management: broker.management,
      tls: {caOnly: false, insecure: false},
      allowPlaintext: true,
      connectionName: 'mqlift:test',
    }
    const brokers = {'amazon-mq-rabbitmq': {address: broker.amqp, options}}
    return platform.connect({region: '', env: {}, brokers})
  }

  test('the file is imported without an error, and every queue obeys what the plan says', async () => {
    const plan = planned(inventory)
    const file: unknown = JSON.parse(files(plan)[DEFINITIONS_FILE] ?? '')
    await broker.api('POST', '/api/definitions', file)
    const step = plan.steps.find(({do: kind}) => kind === 'rabbitmq-definitions')
    if (step === undefined) throw new Error('no definitions')
    await using target = await connected()
    const after = await target.provision(step, asked({cutover: true}), signal)
    expect(after.drift).toEqual([])
    const before = await target.provision(step, asked({execute: true}), signal)
    // Only what the cut-over changes: limits.
    expect(before.drift.every(({attribute}) => /policy|effective/.test(attribute))).toBe(true)
    expect((await target.provision(step, asked({}), signal)).drift).toEqual([])
  })

  test('until the cut-over nothing expires and nothing is dropped', async () => {
    const {expected} = settingsOf(planned(inventory))
    const limits = ['messageTtl', 'expires', 'maxLengthBytes']
    expect(
      expected.flatMap(({now}) => limits.map((limit) => now[limit])).every((value) => value === null),
    ).toBe(true)
    expect(expected.every(({now}) => now['maxLength'] === null || Number(now['maxLength']) >= 2e9)).toBe(true)
  })

  test('applications go on declaring what they declare today, but for what the plan says', async () => {
    const connection = await amqplib.connect(`${broker.amqp}/r_shop`)
    const refused: string[] = []
    for (const {kind, vhost, name, facts} of inventory.destinations) {
      if (kind !== 'queue' || vhost !== 'r_shop') continue
      const channel = await connection.createChannel()
      channel.on('error', () => undefined)
      const declared = {
        durable: valueOf(facts.durable) ?? true,
        autoDelete: valueOf(facts.autoDelete) ?? false,
        arguments: valueOf(facts.arguments) ?? {},
      }
      await channel.assertQueue(name, declared).then(
        () => channel.close(),
        () => refused.push(name),
      )
    }
    await connection.close()
    // Their limits are a policy now, or they stay classic though the default is quorum: each is said in the plan.
    const said = planned(inventory).changes.filter(
      ({field, undo}) =>
        (field === 'limits' || field === 'type') &&
        /applications that/.test(undo) &&
        !/none needed/.test(undo),
    )
    const names = said.flatMap(({subject}) =>
      subject.startsWith('queue:r_shop/') ? [parseId(subject).name] : [],
    )
    expect(refused.toSorted()).toEqual([...new Set(names)].toSorted())
    expect(refused.toSorted()).toMatchInlineSnapshot(`
      [
        "bounded.drophead",
        "bounded.rejdlx",
        "bounded.reject",
        "orders.priority",
        "orders.quorum",
        "retry.5s",
        "session.cache",
      ]
    `)
  })

  test('the file for 3.13 is imported by RabbitMQ 3 without an error, too', async () => {
    const three = await sharedRabbitmq(3)
    await clear(three)
    const plan = planned(inventory, {broker: {version: '3.13'}})
    await three.api('POST', '/api/definitions', JSON.parse(files(plan)[DEFINITIONS_FILE] ?? ''))
    const {queues, bindings} = settingsOf(plan).definitions
    const there = await three.api('GET', '/api/queues/r_shop')
    expect(there).toHaveLength(queues.filter(({vhost}) => vhost === 'r_shop').length)
    expect(bindings.length).toBeGreaterThan(20)
    await clear(three)
  })
})
