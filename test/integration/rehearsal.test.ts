import {readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {ListQueuesCommand} from '@aws-sdk/client-sqs'
import {describe, expect, test} from 'vitest'

import Assess from '../../src/commands/assess.ts'
import Migrate from '../../src/commands/migrate.ts'
import PlanCommand from '../../src/commands/plan.ts'
import ReportCommand from '../../src/commands/report.ts'
import {Rehearsal} from '../../src/model/rehearsal.ts'
import {FaultProxy} from '../brokers/fault-proxy.ts'
import {freePorts} from '../brokers/lab.ts'
import {numbered, publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedActivemq, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {envelope} from '../fakes/plan.ts'
import {ActivemqScene} from '../faults/activemq-scene.ts'
import {during, expectExit} from '../faults/program.ts'
import {RabbitmqScene} from '../faults/rabbitmq-scene.ts'
import {sqsClient} from '../faults/target-queue.ts'
import {CASES} from '../fidelity/corpus.ts'
import {startAws} from '../helpers/aws.ts'
import {startBinary} from '../helpers/binary.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const MESSAGES = 1000

/** A vhost with queues of every kind that matters here, planned. */
async function place(queues: Readonly<Record<string, Record<string, unknown>>>, major: 3 | 4 = 4) {
  const stack = new AsyncDisposableStack()
  const broker = await sharedRabbitmq(major)
  const vhost = stack.use(await freshVhost(broker))
  const publish = stack.use(await publisher(vhost.amqp))
  for (const [name, args] of Object.entries(queues)) {
    await publish.declare(name, {arguments: args})
    await publish.send(name, numbered(MESSAGES, `${name}-`))
  }
  const {env: direct, endpoint} = await startAws()
  const aws = stack.use(await FaultProxy.to(endpoint))
  const env = {...direct, AWS_ENDPOINT_URL: aws.endpoint}
  const dir = join(await tempFolder(), 'move')
  const address = `amqp://127.0.0.1:${broker.port}/${vhost.name}`
  const sqs = sqsClient(endpoint)
  stack.defer(() => sqs.destroy())
  const from = [address, '--management', broker.management]
  const assessed = await runCommand(Assess, [...from, '--dir', dir, '--json'], env)
  expect(assessed.exit).toBe(0)
  return {
    publish,
    dir,
    env,
    aws,
    vhost: vhost.name,
    plan: (...flags: string[]) => runCommand(PlanCommand, ['--dir', dir, '--json', ...flags], env),
    argv: (...flags: string[]) => ['--dir', dir, '--rehearse', ...flags],
    rehearsal: async () => Rehearsal.parse(JSON.parse(await readFile(join(dir, 'rehearsal.json'), 'utf8'))),
    page: (name: string) => readFile(join(dir, name), 'utf8'),
    async scratch() {
      const {QueueUrls = []} = await sqs.send(new ListQueuesCommand({QueueNamePrefix: 'mqlift-rehearsal-'}))
      return QueueUrls
    },
    async inOrder(queue: string) {
      const {channel} = publish
      const found: {body: string; redelivered: boolean}[] = []
      for (;;) {
        const message = await channel.get(queue, {noAck: true})
        if (message === false) return found
        found.push({body: message.content.toString(), redelivered: message.fields.redelivered})
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const bodies = (queue: string): string[] => Array.from(numbered(MESSAGES, `${queue}-`), ([body]) => body)

/** Without a delivery limit only where that is the default. */
const ANOTHER = {3: {'x-queue-type': 'quorum'}, 4: {'x-queue-mode': 'lazy'}} as const

describe.skipIf(withoutBrokers())('a rehearsal on a real broker', () => {
  test.each(MAJORS)(
    'RabbitMQ %i: copies are moved, compared and measured; the broker keeps its messages',
    async (major) => {
      await using here = await place(
        {orders: ANOTHER[major], ledger: {'x-single-active-consumer': true}},
        major,
      )
      expect((await here.plan()).exit).toBe(0)
      expect(await here.page('plan.md')).not.toContain('measured at')

      const looked = await runCommand(Migrate, here.argv('--sample', '20%'), here.env)
      expect(looked.exit).toBe(0)
      expect(looked.stdout).toContain('would rehearse 2 queues (20%)')
      expect(await here.scratch()).toEqual([])

      const ran = await runCommand(Migrate, here.argv('--sample', '20%', '--execute', '--json'), here.env)
      expect(ran.json()).toMatchObject({
        kind: 'mqlift/rehearsal',
        moves: [
          {source: `queue:${here.vhost}/ledger`, platform: 'sqs-fifo', copies: 200, outcome: 'passed'},
          {source: `queue:${here.vhost}/orders`, platform: 'sqs-standard', copies: 200, outcome: 'passed'},
        ],
        leftBehind: [],
      })
      expect(ran.exit).toBe(0)

      expect(await here.scratch()).toEqual([])
      expect(await readdir(here.dir)).not.toContain('rehearsal')
      const [ordered] = (await here.rehearsal()).moves
      expect(ordered?.because).toBe('all 200 came out equal, in their order')
      expect(await here.page('plan.md')).toMatch(/measured at [\d,]+\/s/)
      expect(await here.page('plan.md')).toContain('V6 passed for 2 of 2 queues')
      await runCommand(ReportCommand, ['--dir', here.dir], here.env)
      expect(await here.page('report.md')).toContain('## Rehearsal')

      for (const queue of ['orders', 'ledger']) {
        const left = await here.inOrder(queue)
        expect(left.map(({body}) => body)).toEqual(bodies(queue))
        expect(left.filter(({redelivered}) => redelivered)).toHaveLength(200)
      }
    },
  )

  test('queues from which a copy cannot be read safely are refused, each with its reason', async () => {
    await using here = await place({
      limited: {'x-queue-type': 'quorum'},
      bounded: {'x-max-length': 10_000},
      orders: {},
    })
    expect((await here.plan('--accept', 'queue-max-length')).exit).toBe(0)
    await here.publish.channel.consume('orders', () => undefined, {noAck: false})
    const refused = await runCommand(Migrate, here.argv('--execute', '--json'), here.env)
    expect(refused.exit).toBe(5)
    expect(refused.json()).toMatchObject({error: {kind: 'refused', reason: 'nothing-to-rehearse'}})
    expect(refused.stdout).toContain('its delivery limit is 20, and every copy counts as a delivery')
    expect(refused.stdout).toContain('its length is bounded')
    expect(refused.stdout).toContain('1 consumers read from it')
    expect(await here.scratch()).toEqual([])
    expect(await readdir(here.dir)).not.toContain('rehearsal')
  })

  test('Ctrl-C removes the scratch targets and gives everything back', async () => {
    await using here = await place({orders: {}})
    await here.plan()
    const running = startBinary(
      ['migrate', ...here.argv('--sample', '100%', '--execute', '--json')],
      here.env,
    )
    await running.says('scratch resources in place')
    running.kill('SIGINT')
    const ended = await running.exited
    expect(ended.exit).toBe(130)
    expect(await here.scratch()).toEqual([])
    expect(await readdir(here.dir)).not.toContain('rehearsal.json')
    await expect.poll(() => here.publish.depth('orders'), {timeout: 20_000}).toBe(MESSAGES)
    expect((await here.inOrder('orders')).map(({body}) => body)).toEqual(bodies('orders'))
  })

  test('killed in the middle, nothing is lost, and the next rehearsal removes what it left', async () => {
    await using here = await place({orders: {}})
    await here.plan()
    const running = startBinary(
      ['migrate', ...here.argv('--sample', '100%', '--execute', '--json')],
      here.env,
    )
    await running.says('scratch resources in place')
    running.kill('SIGKILL')
    await running.exited
    const left = await here.scratch()
    expect(left).toHaveLength(1)
    await expect.poll(() => here.publish.depth('orders'), {timeout: 20_000}).toBe(MESSAGES)

    const again = await runCommand(Migrate, here.argv('--execute'), here.env)
    expect(again.exit).toBe(0)
    expect(again.stderr).toContain('removed what an earlier rehearsal left: 1 scratch resource')
    expect(await here.scratch()).toEqual([])
    expect((await here.inOrder('orders')).map(({body}) => body)).toEqual(bodies('orders'))
  })

  test('what cannot be removed is named, and removed by the next rehearsal', async () => {
    await using here = await place({orders: {}})
    await here.plan()
    here.aws.rule = ({action}) =>
      action === 'DeleteQueue'
        ? {
            do: 'answer',
            answer: {
              status: 403,
              headers: {'x-amzn-query-error': 'AccessDenied;Sender'},
              body: '{"__type":"AccessDeniedException","message":"no"}',
            },
          }
        : undefined
    const ran = await runCommand(Migrate, here.argv('--sample', '50', '--execute', '--json'), here.env)
    expect(ran.exit).toBe(6)
    const [left = ''] = await here.scratch()
    const name = left.slice(left.lastIndexOf('/') + 1)
    expect(ran.stderr).toContain(`scratch resource ${name} may still be there`)
    expect(ran.json()).toMatchObject({leftBehind: [name], error: {reason: 'scratch-left'}})
    here.aws.rule = () => undefined
    const again = await runCommand(Migrate, here.argv('--sample', '50', '--execute'), here.env)
    expect(again.exit).toBe(0)
    expect(await here.scratch()).toEqual([])
    expect((await here.rehearsal()).leftBehind).toEqual([])
  })

  test('into a RabbitMQ that stands for Amazon MQ: scratch queues beside nothing else, in order', async () => {
    const [from, to] = [await sharedRabbitmq(3), await sharedRabbitmq(4)]
    await using scene = await RabbitmqScene.of(400, {from, to})
    const dir = ['--dir', scene.work]
    const ran = await runCommand(Migrate, [...dir, '--rehearse', '--sample', '100%', '--execute', '--json'])
    expect(ran.json()).toMatchObject({
      moves: ['orders', 'payments'].map((name) => ({
        source: `queue:${scene.vhost}/${name}`,
        platform: 'amazon-mq-rabbitmq',
        copies: 400,
        outcome: 'passed',
      })),
    })
    const queues = await to.api('GET', '/api/queues/%2F?columns=name&disable_stats=true')
    expect(JSON.stringify(queues)).not.toContain('mqlift-rehearsal-')
    expect(JSON.stringify(await to.api('GET', '/api/vhosts'))).not.toContain(scene.vhost)
  })

  test('into an ActiveMQ that stands for Amazon MQ: equal to the type of every header, and deleted', async () => {
    const [broker, activemq] = [await sharedRabbitmq(3), await sharedActivemq()]
    const odd = CASES.filter(({dies, body}) => dies !== true && body.length < 100_000)
    const envelopes = odd.map(({body, properties, headers}) => envelope(body, {properties, headers}))
    const one = {'x-single-active-consumer': true}
    await using scene = await ActivemqScene.of(300, {broker, activemq, arguments: one}, envelopes)
    const ran = await scene.run('migrate', '--rehearse', '--sample', '100%', '--execute', '--json').ended
    const rehearsal = Rehearsal.parse(JSON.parse(ran.stdout))
    const copies = 300 + odd.length
    const because = `all ${copies} came out equal, in their order`
    expect(rehearsal.moves).toMatchObject([{platform: 'amazon-mq-activemq', copies, because}])
    expect(rehearsal).toMatchObject({leftBehind: [], removedBy: []})
    expect(ran.exit).toBe(0)
    const [, scratch = ''] = rehearsal.moves[0]?.scratch.split('/') ?? []
    expect(scratch).toMatch(/^mqlift-rehearsal-/)
    expect(await activemq.read('QueueSize', scratch)).toBeNull()
    expect(await activemq.read('QueueSize', scene.target)).toBeNull()
    expect(await scene.depth()).toBe(copies)
  })

  test('Ctrl-C deletes the scratch queue of ActiveMQ, with what is in it', async () => {
    const [broker, activemq] = [await sharedRabbitmq(4), await sharedActivemq()]
    await using scene = await ActivemqScene.of(2000, {broker, activemq})
    const program = scene.run('migrate', '--rehearse', '--sample', '100%', '--execute', '--json')
    const ours = `-${scene.target}`
    const scratch = async (): Promise<boolean> => JSON.stringify(await activemq.read('Queues')).includes(ours)
    await during(program, expect.poll(scratch, {timeout: 60_000}).toBe(true))
    program.kill('SIGINT')
    await expectExit(program, 130)
    expect(await scratch()).toBe(false)
    expect(await readdir(join(scene.work, 'rehearsal'))).not.toContain('scratch.json')
    await expect.poll(() => scene.depth(), {timeout: 20_000}).toBe(2000)
  })

  test('a scratch queue of ActiveMQ that cannot be deleted stays, empty, and is named with what deletes it', async () => {
    const [broker, activemq] = [await sharedRabbitmq(3), await sharedActivemq()]
    const dead = `tcp://127.0.0.1:${await freePorts(1)}`
    await using scene = await ActivemqScene.of(50, {broker, activemq, management: dead})
    const rehearse = () => scene.run('migrate', '--rehearse', '--execute', '--json').ended
    const ran = await rehearse()
    expect(ran.exit).toBe(6)
    const {error, ...said} = JSON.parse(ran.stdout)
    const {moves, leftBehind, removedBy} = Rehearsal.parse(said)
    expect(moves).toMatchObject([{copies: 50, outcome: 'passed'}])
    expect(error).toMatchObject({kind: 'incomplete', reason: 'scratch-left'})
    const [left = ''] = leftBehind
    expect(await activemq.read('QueueSize', left)).toBe(0)
    expect(removedBy).toEqual([
      expect.stringContaining('management: under brokers: in mqlift.yaml'),
      expect.stringContaining(`web console (port 8162 at Amazon MQ): Queues, ${left}, Delete`),
    ])

    const config = join(scene.work, 'mqlift.yaml')
    await writeFile(config, (await readFile(config, 'utf8')).replace(dead, activemq.openwire))
    const again = await rehearse()
    expect(again.stderr).toContain('removed what an earlier rehearsal left: 1 scratch resource')
    expect(again.exit).toBe(0)
    expect(await activemq.read('QueueSize', left)).toBeNull()
  })
})
