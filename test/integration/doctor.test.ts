import {describe, expect, test} from 'vitest'

import type {CheckResult} from '../../src/model/doctor.ts'
import {destinationId} from '../../src/model/id.ts'
import {Secret} from '../../src/model/secret.ts'
import {parseAddress} from '../../src/protocols/broker-address.ts'
import {rabbitmqProbes} from '../../src/sources/rabbitmq/probes.ts'
import {doctor} from '../../src/stages/doctor.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

interface Rights {
  readonly tags: string
  readonly configure?: string
  readonly write?: string
  readonly read: string
}

/** A user of one test, with these rights on one vhost. */
async function userWith(
  broker: Rabbitmq,
  vhost: string,
  {tags, configure = '^$', write = '^$', read}: Rights,
): Promise<AsyncDisposable & {name: string}> {
  const name = `doctor-${vhost}`
  await broker.api('PUT', `/api/users/${name}`, {password: 'pw', tags})
  await broker.api('PUT', `/api/permissions/${vhost}/${name}`, {configure, write, read})
  return {
    name,
    async [Symbol.asyncDispose]() {
      await broker.api('DELETE', `/api/users/${name}`)
    },
  }
}

async function ask(
  broker: Rabbitmq,
  user: string,
  vhost: string,
  tapped: readonly string[] = [],
): Promise<Record<string, CheckResult>> {
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
    tapped.map((name) => ({exchange: destinationId('exchange', vhost, name), keys: ['#'], most: 10})),
  )
  const {checks} = await doctor(probes, {timeoutMs: 15_000}, new AbortController().signal)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

const outcomes = (found: Record<string, CheckResult>): Record<string, string> =>
  Object.fromEntries(Object.values(found).map(({id, outcome}) => [id, outcome]))

/** What docs/security.md says that taps need. */
const TAPS = {
  configure: String.raw`^mqlift\.tap\.`,
  write: String.raw`^(mqlift\.tap\..*|amq\.default)$`,
  read: String.raw`^(mqlift\.tap\..*|shop\.orders)$`,
}

describe.skipIf(withoutBrokers()).each(MAJORS)('doctor on RabbitMQ %i', (major) => {
  test('a user for the whole job passes everything but users and permissions', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    const rights = {...TAPS, tags: 'monitoring', read: '.*'}
    await using user = await userWith(broker, vhost.name, rights)
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

  test('a user that may only read hears what sentinels and taps need, and how to get it', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using user = await userWith(broker, vhost.name, {tags: 'monitoring', read: '^orders$'})
    const found = await ask(broker, user.name, vhost.name)
    const command = `rabbitmqctl set_permissions -p ${vhost.name} ${user.name}`
    expect(found['rights.sentinel']).toMatchObject({
      outcome: 'warning',
      evidence: expect.stringContaining('missing: write on the default exchange (amq.default)'),
      fix: `${command} '^$' '^amq\\.default$' '<regex of the queues>'`,
    })
    expect(found['rights.taps']).toMatchObject({
      outcome: 'warning',
      evidence: expect.stringContaining(
        `missing in vhost ${vhost.name}: configure on mqlift.tap.*, write on mqlift.tap.*, write on the default exchange (amq.default), read on mqlift.tap.*.`,
      ),
      fix: expect.stringContaining(`${command} '${TAPS.configure}' '${TAPS.write}'`),
    })
  })

  test.each([
    ['configure', '^$', 'configure on mqlift.tap.*'],
    ['write', String.raw`^amq\.default$`, 'write on mqlift.tap.*'],
    ['write', String.raw`^mqlift\.tap\.`, 'write on the default exchange (amq.default)'],
    ['read', String.raw`^shop\.orders$`, 'read on mqlift.tap.*'],
    ['read', String.raw`^mqlift\.tap\.`, 'read on exchange shop.orders'],
  ])('a planned tap fails for want of one right: %s %s', async (right, pattern, missing) => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    const rights = {...TAPS, tags: 'monitoring', [right]: pattern}
    await using user = await userWith(broker, vhost.name, rights)
    await broker.api('PUT', `/api/exchanges/${vhost.name}/shop.orders`, {type: 'topic', durable: true})
    const {'rights.taps': taps, 'rights.sentinel': sentinel} = await ask(broker, user.name, vhost.name, [
      'shop.orders',
    ])
    expect(taps).toMatchObject({
      outcome: 'failed',
      evidence: `missing in vhost ${vhost.name}: ${missing}`,
      fix: expect.stringContaining(String.raw`|shop\.orders|<regex of the queues>)$'`),
    })
    expect(sentinel?.outcome).toBe(missing.includes('default') ? 'warning' : 'ok')
  })

  test('the rights that the documentation names suffice for taps, and asking makes and binds nothing', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using user = await userWith(broker, vhost.name, {...TAPS, tags: 'monitoring'})
    await broker.api('PUT', `/api/exchanges/${vhost.name}/shop.orders`, {type: 'topic', durable: true})
    const found = await ask(broker, user.name, vhost.name, ['shop.orders'])
    expect(found['rights.taps']).toMatchObject({
      outcome: 'ok',
      evidence: 'all that the tap needs',
    })
    expect(await broker.api('GET', `/api/queues/${vhost.name}`)).toEqual([])
    expect(await broker.api('GET', `/api/bindings/${vhost.name}`)).toEqual([])
  })
})
