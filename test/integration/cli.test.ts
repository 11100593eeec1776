import {readFile} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import Assess from '../../src/commands/assess.ts'
import Inspect from '../../src/commands/inspect.ts'
import LedgerCheck from '../../src/commands/ledger/check.ts'
import Migrate from '../../src/commands/migrate.ts'
import PlanCommand from '../../src/commands/plan.ts'
import Verify from '../../src/commands/verify.ts'
import {numbered, publisher} from '../brokers/messages.ts'
import {freshVhost, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {startAws} from '../helpers/aws.ts'
import {startBinary} from '../helpers/binary.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const MESSAGES = 3000

/** A vhost with a classic and a quorum queue, an emulator, an empty folder, and how to name them. */
async function place() {
  const stack = new AsyncDisposableStack()
  const broker = await sharedRabbitmq(4)
  const vhost = stack.use(await freshVhost(broker))
  const publish = stack.use(await publisher(vhost.amqp))
  await publish.declare('orders')
  await publish.declare('payments', {arguments: {'x-queue-type': 'quorum'}})
  const {env} = await startAws()
  const dir = join(await tempFolder(), 'move')
  const address = `amqp://127.0.0.1:${broker.port}/${vhost.name}`
  const from = [address, '--management', broker.management]
  return {
    publish,
    broker,
    dir,
    env,
    address,
    from,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe.skipIf(withoutBrokers())('the commands on a real broker', () => {
  test('assess, migrate, be interrupted, resume, verify, check', async () => {
    await using here = await place()
    const {dir, env, from, publish} = here
    await publish.send('orders', numbered(MESSAGES))
    await publish.send('payments', numbered(MESSAGES))
    const at = ['--dir', dir]

    const assessment = await runCommand(Assess, [...from, ...at, '--json'], env)
    expect(assessment.json()).toMatchObject({summary: {queues: 2, vhosts: 1}})
    // The address and the management API are known from here on.
    expect((await runCommand(PlanCommand, [...at], env)).exit).toBe(0)
    expect(await publish.depth('orders')).toBe(MESSAGES)

    const argv = ['migrate', ...at, '--execute', '--rate', '400', '--json']
    const first = startBinary(argv, env)
    await first.says('resources in place')
    await expect.poll(() => publish.depth('orders'), {timeout: 60_000}).toBeLessThan(MESSAGES)

    const second = await startBinary(argv, env).exited
    expect(second.exit).toBe(5)
    expect(JSON.parse(second.stdout)).toMatchObject({error: {kind: 'refused', reason: 'ledger-locked'}})

    first.kill('SIGINT')
    const interrupted = await first.exited
    expect(interrupted.exit).toBe(130)
    expect(JSON.parse(interrupted.stdout)).toMatchObject({error: {kind: 'interrupted'}})

    const events = join(dir, 'events.jsonl')
    const resumed = await runCommand(Migrate, [...at, '--execute', '--events', events, '--json'], env)
    expect(resumed.exit).toBe(0)
    expect(resumed.json()).toMatchObject({
      kind: 'mqlift/report',
      proof: {total: {received: 2 * MESSAGES, settled: 2 * MESSAGES, failed: 0, open: 0}},
    })
    const lines = (await readFile(events, 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).toContain('lane-ended')

    const verified = await runCommand(Verify, [...at, '--json'], env)
    expect(verified.exit).toBe(0)
    expect(verified.json()).toMatchObject({proof: 'proved', total: {settled: 2 * MESSAGES}})
    const checked = await runCommand(LedgerCheck, [...at, '--json'])
    expect(checked.json()).toMatchObject({sound: true, archive: {matching: 2 * MESSAGES, missing: 0}})
  })

  test('a second run has nothing to do, and new messages are a new generation', async () => {
    await using here = await place()
    const {dir, env, from, publish} = here
    const argv = ['--dir', dir, '--execute', '--archive', 'off', '--json']
    await publish.send('orders', numbered(10))
    expect((await runCommand(Migrate, [...from, ...argv], env)).exit).toBe(5)
    expect((await runCommand(Migrate, argv, env)).json()).toMatchObject({proof: {total: {received: 10}}})
    expect((await runCommand(Migrate, argv, env)).json()).toMatchObject({proof: {total: {received: 10}}})
    await publish.send('orders', numbered(5))
    expect((await runCommand(Migrate, argv, env)).json()).toMatchObject({
      proof: {total: {received: 15, settled: 15}},
    })
  })

  test('exit 4 for a wrong password and for a host that does not answer; no secret is printed', async () => {
    await using here = await place()
    const {dir, address, broker} = here
    const wrong = await runCommand(
      Inspect,
      [address.replace('//', '//guest@'), '--management', broker.management, '--dir', dir, '--json'],
      {MQLIFT_SOURCE_PASSWORD: 'canary'},
    )
    expect(wrong.exit).toBe(4)
    expect(wrong.json()).toMatchObject({error: {kind: 'unreachable'}})
    expect(wrong.stdout + wrong.stderr).not.toContain('canary')
    const nobody = await runCommand(Inspect, ['amqp://127.0.0.1:9', '--dir', dir, '--json'])
    expect(nobody.exit).toBe(4)
  })

  test('refuses a queue that consumers still read', async () => {
    await using here = await place()
    const {dir, env, from, publish} = here
    await publish.send('orders', numbered(10))
    await runCommand(Migrate, [...from, '--dir', dir, '--execute'], env)
    await publish.channel.prefetch(1)
    const {consumerTag} = await publish.channel.consume('orders', () => {})
    const ran = await runCommand(Migrate, ['--dir', dir, '--execute', '--only', 'orders', '--json'], env)
    await publish.channel.cancel(consumerTag)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({
      kind: 'mqlift/report',
      error: {kind: 'refused', message: expect.stringContaining('consumers')},
    })
  })
})
