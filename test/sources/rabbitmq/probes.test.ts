import {createServer, type IncomingMessage} from 'node:http'
import type {AddressInfo} from 'node:net'

import {afterEach, expect, test} from 'vitest'

import type {Checkup} from '../../../src/model/doctor.ts'
import {parseAddress} from '../../../src/protocols/broker-address.ts'
import {rabbitmqProbes} from '../../../src/sources/rabbitmq/probes.ts'
import {doctor} from '../../../src/stages/doctor.ts'

type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

const seen: string[] = []

async function ask(answers: Answers, vhost = ''): Promise<Record<string, Checkup['checks'][number]>> {
  const server = createServer((request: IncomingMessage, response) => {
    seen.push(request.method ?? '')
    const path = (request.url ?? '').replace(/^\/api\//, '').replace(/\?.*/, '')
    const [status, body] = answers[path] ?? [401, {error: 'not_authorised', reason: 'Not administrator user'}]
    response.writeHead(status, {'content-type': 'application/json', date: 'Tue, 24 Nov 2026 08:00:00 GMT'})
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const management = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const probes = await rabbitmqProbes(
    parseAddress(`amqp://ops:pw@127.0.0.1:9/${vhost}`),
    {management, tls: {caOnly: false, insecure: false}, allowPlaintext: false, connectionName: 'test'},
    () => Date.parse('2026-11-24T08:00:10Z'),
    [],
  )
  const {checks} = await doctor(probes, {timeoutMs: 5000}, new AbortController().signal)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

const healthy: Answers = {
  whoami: [200, {name: 'ops', tags: ['monitoring']}],
  overview: [200, {rabbitmq_version: '3.13.7'}],
  nodes: [
    200,
    [{name: 'rabbit@one', running: true, mem_alarm: false, disk_free_alarm: false, partitions: []}],
  ],
  vhosts: [200, [{name: '/'}, {name: 'r_eu/α'}]],
  'queues/%2F': [200, {items: []}],
  'queues/r_eu%2F%CE%B1': [200, {items: []}],
}

test('a monitoring user of a healthy broker: what is missing is users and permissions', async () => {
  const found = await ask(healthy)
  expect(found['source.protocol']).toMatchObject({
    outcome: 'failed',
    evidence: '127.0.0.1:9: nothing listens there',
  })
  expect(found['rights.move']).toMatchObject({outcome: 'skipped'})
  const others = ['login', 'statistics', 'alarms', 'clock'].map(
    (name) => found[`management.${name}`]?.outcome,
  )
  expect(others).toEqual(['ok', 'ok', 'ok', 'ok'])
  expect(found['management.clock']?.evidence).toBe('10 s ahead of the broker')
  expect(found['rights.inspect']).toMatchObject({outcome: 'ok'})
  expect(found['rights.vhosts']).toMatchObject({outcome: 'ok', evidence: '2 of 2 vhosts'})
  expect(found['rights.access']).toMatchObject({
    outcome: 'warning',
    evidence: expect.stringContaining('administrator'),
  })
})

test('a vhost without permissions is named, with the command that opens it', async () => {
  const {'queues/r_eu%2F%CE%B1': _, ...rest} = healthy
  expect((await ask(rest))['rights.vhosts']).toMatchObject({
    outcome: 'failed',
    evidence: expect.stringContaining('r_eu/α'),
    fix: `rabbitmqctl set_permissions -p 'r_eu/α' ops '^$' '^$' '^$'`,
  })
})

test('a user of tag management misses monitoring', async () => {
  const found = await ask({
    ...healthy,
    whoami: [200, {name: 'ops', tags: 'management'}],
    nodes: [401, {error: 'not_authorised', reason: 'x'}],
  })
  expect(found['rights.inspect']).toMatchObject({
    outcome: 'warning',
    fix: `rabbitmqctl set_user_tags ops monitoring`,
  })
  expect(found['management.alarms']).toMatchObject({
    outcome: 'unknown',
    evidence: expect.stringContaining('tag monitoring'),
  })
})

test('alarms, downed nodes and partitions stop everything', async () => {
  const nodes = [
    {name: 'rabbit@one', running: true, mem_alarm: true, partitions: ['rabbit@two']},
    {name: 'rabbit@two', running: false},
  ]
  expect((await ask({...healthy, nodes: [200, nodes]}))['management.alarms']).toMatchObject({
    outcome: 'failed',
    evidence:
      'rabbit@one is out of memory: publishers are blocked; rabbit@one is cut off from other nodes; rabbit@two is down',
  })
})

test('a wrong password says where it comes from', async () => {
  const found = await ask({whoami: [401, {error: 'not_authorized', reason: 'Login failed'}]})
  expect(found['management.login']).toMatchObject({
    outcome: 'failed',
    fix: expect.stringContaining('MQLIFT_'),
  })
  expect(found['rights.inspect']).toMatchObject({outcome: 'skipped'})
})

test('only the named vhost is asked for', async () => {
  expect((await ask(healthy, '%2F'))['rights.vhosts']).toMatchObject({evidence: '1 of 1 vhosts'})
  const missing = await ask(
    {...healthy, 'queues/nope': [404, {error: 'Object Not Found', reason: 'Not Found'}]},
    'nope',
  )
  expect(missing['rights.vhosts']).toMatchObject({outcome: 'failed', evidence: 'there is no vhost nope'})
})

test('nothing but GET was sent', () => {
  expect(new Set(seen)).toEqual(new Set(['GET']))
})
