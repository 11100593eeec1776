import {describe, expect, test} from 'vitest'

import type {CheckResult} from '../../src/model/doctor.ts'
import {Secret} from '../../src/model/secret.ts'
import {parseAddress} from '../../src/protocols/broker-address.ts'
import {rabbitmqProbes} from '../../src/sources/rabbitmq/probes.ts'
import {doctor} from '../../src/stages/doctor.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

interface Rights {
  readonly tags: string
  readonly read: string
}

/** A user of one test, with these rights on one vhost. */
async function userWith(
  broker: Rabbitmq,
  vhost: string,
  {tags, read}: Rights,
): Promise<AsyncDisposable & {name: string}> {
  const name = `doctor-${vhost}`
  await broker.api('PUT', `/api/users/${name}`, {password: 'pw', tags})
  await broker.api('PUT', `/api/permissions/${vhost}/${name}`, {configure: '^$', write: '^$', read})
  return {
    name,
    async [Symbol.asyncDispose]() {
      await broker.api('DELETE', `/api/users/${name}`)
    },
  }
}

async function ask(broker: Rabbitmq, user: string, vhost: string): Promise<Record<string, CheckResult>> {
  const probes = await rabbitmqProbes(
    parseAddress(`amqp://${user}@127.0.0.1:${broker.port}/${vhost}`),
    {
      management: broker.management,
      password: new Secret('pw'),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    },
    Date.now,
  )
  const {checks} = await doctor(probes, {timeoutMs: 15_000}, new AbortController().signal)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

const outcomes = (found: Record<string, CheckResult>): Record<string, string> =>
  Object.fromEntries(Object.values(found).map(({id, outcome}) => [id, outcome]))

describe.skipIf(withoutBrokers()).each(MAJORS)('doctor on RabbitMQ %i', (major) => {
  test('a user for the whole job passes everything but users and permissions', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using user = await userWith(broker, vhost.name, {tags: 'monitoring', read: '.*'})
    const {'rights.access': access, ...others} = outcomes(await ask(broker, user.name, vhost.name))
    expect(access).toBe('warning')
    expect(new Set(Object.values(others))).toEqual(new Set(['ok']))
  })

  test('a user that may read some queues only: whether those suffice is not known, the command is', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using user = await userWith(broker, vhost.name, {tags: 'management', read: '^orders$'})
    const found = await ask(broker, user.name, vhost.name)
    expect(found['rights.move']).toMatchObject({
      outcome: 'unknown',
      fix: expect.stringContaining('set_permissions'),
    })
    expect(found['rights.inspect']).toMatchObject({
      outcome: 'warning',
      fix: expect.stringContaining('monitoring'),
    })
    expect(found['management.alarms']).toMatchObject({outcome: 'unknown'})
  })

  test('asking takes nothing and leaves no connection', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using user = await userWith(broker, vhost.name, {tags: 'monitoring', read: '.*'})
    await broker.api('PUT', `/api/queues/${vhost.name}/orders`, {
      durable: true,
      auto_delete: false,
      arguments: {},
    })
    await broker.api('POST', `/api/exchanges/${vhost.name}/amq.default/publish`, {
      properties: {},
      routing_key: 'orders',
      payload: 'x',
      payload_encoding: 'string',
    })
    await ask(broker, user.name, vhost.name)
    const [message] = (await broker.api('POST', `/api/queues/${vhost.name}/orders/get`, {
      count: 1,
      ackmode: 'ack_requeue_true',
      encoding: 'auto',
    })) as {redelivered: boolean}[]
    expect(message).toMatchObject({redelivered: false})
    await expect
      .poll(() => broker.ctl('list_connections', 'user'), {timeout: 40_000})
      .not.toContain(user.name)
  })
})
