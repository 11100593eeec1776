import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import Apply from '../../src/commands/apply.ts'
import Assess from '../../src/commands/assess.ts'
import Migrate from '../../src/commands/migrate.ts'
import PlanCommand from '../../src/commands/plan.ts'
import {numbered, publisher} from '../brokers/messages.ts'
import {freshVhost, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

/** A queue that keeps ten messages, by argument, and dead-letters under a policy that mirrors, too. */
async function place() {
  const stack = new AsyncDisposableStack()
  const [old, next] = [await sharedRabbitmq(3), await sharedRabbitmq(4)]
  const vhost = stack.use(await freshVhost(old))
  stack.defer(() => next.api('DELETE', `/api/vhosts/${vhost.name}`).then(() => undefined))
  const publish = stack.use(await publisher(vhost.amqp))
  await publish.declare('bounded', {arguments: {'x-max-length': 10}})
  await old.api('PUT', `/api/policies/${vhost.name}/ha`, {
    pattern: '.*',
    definition: {'ha-mode': 'all', 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead'},
    'apply-to': 'queues',
  })
  // Which policy applies, the API knows with the first numbers of the queue.
  const told = `/api/queues/${vhost.name}/bounded?columns=policy,messages`
  await expect.poll(() => old.api('GET', told), {timeout: 20_000}).toMatchObject({policy: 'ha', messages: 0})
  const dir = join(await tempFolder(), 'move')
  await mkdir(dir)
  await writeFile(
    join(dir, 'mqlift.yaml'),
    `platforms: {'*': amazon-mq-rabbitmq}
brokers:
  amazon-mq-rabbitmq: {address: 'amqp://127.0.0.1:${next.port}', management: '${next.management}', version: '4.2'}
`,
  )
  const from = [`amqp://127.0.0.1:${old.port}/${vhost.name}`, '--management', old.management]
  return {vhost: vhost.name, next, publish, dir, from, [Symbol.asyncDispose]: () => stack.disposeAsync()}
}

describe.skipIf(withoutBrokers())('limits of a queue wait for the cut-over', () => {
  test('moved past its limit before, cut to it after; dead letters go where they went', async () => {
    await using here = await place()
    const {dir, from, publish, next, vhost} = here
    await publish.send('bounded', numbered(10))
    const at = ['--dir', dir, '--json']
    expect((await runCommand(Assess, [...from, ...at])).exit).toBe(0)
    const plan = await runCommand(PlanCommand, at)
    expect(plan.exit).toBe(0)
    expect(plan.json()).toMatchObject({account: null, losses: []})
    await expect.poll(() => publish.depth('bounded'), {timeout: 20_000}).toBe(10)

    expect((await runCommand(Migrate, [...at, '--execute'])).json()).toMatchObject({
      proof: {total: {received: 10, settled: 10, unexplained: 0}},
    })
    await using there = await publisher(`${next.amqp}/${vhost}`)
    await there.send('bounded', numbered(5))
    expect(await there.depth('bounded')).toBe(15)

    const looked = await runCommand(Apply, [...at, '--cutover'])
    expect(looked.json()).toMatchObject({drift: [], writes: 0})
    expect((await runCommand(Apply, [...at, '--cutover', '--execute'])).exit).toBe(0)
    await expect.poll(() => there.depth('bounded'), {timeout: 20_000}).toBe(10)
    expect(await next.api('GET', `/api/policies/${vhost}`)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'mqlift bounded',
          definition: {
            'dead-letter-exchange': '',
            'dead-letter-routing-key': 'dead',
            'max-length': 10,
            'delivery-limit': -1,
          },
        }),
      ]),
    )
    expect((await runCommand(Apply, [...at, '--execute'])).json()).toMatchObject({drift: [], writes: 0})
  })
})
