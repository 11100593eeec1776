import {readFileSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {createServer} from 'node:tls'
import {fileURLToPath} from 'node:url'

import {CreateQueueCommand, DeleteQueueCommand} from '@aws-sdk/client-sqs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {freePorts, until} from '../brokers/lab.ts'
import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {during, expectExit, failureOf} from './program.ts'
import {Scene} from './scene.ts'

const MESSAGES = 20
/** Below those that anybody but root can listen on; one that is free now another test may take. */
const NOBODY = 1
const GONE = 'http://sqs.us-east-1.localhost/000000000000/gone'
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url))

/** Everything here is refused before a message moves, or stops at once: nothing is lost, and a good run follows. */
describe.skipIf(withoutBrokers()).concurrent('refused with one clear message', () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  async function planned(major: 3 | 4 = 4): Promise<Scene> {
    const scene = await Scene.of(MESSAGES, {broker: await sharedRabbitmq(major), endpoint})
    await scene.plan()
    return scene
  }

  test.each([3, 4] as const)('a wrong password, RabbitMQ %i', async (major) => {
    await using scene = await planned(major)
    const good = scene.address
    scene.address = good.replace('guest:guest', 'guest:not-it')
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 4, kind: 'unreachable', reason: 'login-failed'})
    expect(failure.message).not.toContain('not-it')
    scene.address = good
    await untouchedAndThenMoved(scene)
  })

  test.each([3, 4] as const)('no right to read the queue, RabbitMQ %i', async (major) => {
    await using scene = await planned(major)
    const good = scene.address
    scene.address = good.replace(
      'guest:guest',
      await userWith(scene, {configure: '^$', write: '^$', read: '^$'}),
    )
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 4, kind: 'unreachable', reason: 'not-permitted'})
    expect(failure.message).toContain(scene.queue)
    scene.address = good
    await untouchedAndThenMoved(scene)
  })

  test('no right to the virtual host', async () => {
    await using scene = await planned()
    const good = scene.address
    scene.address = good.replace('guest:guest', await userWith(scene, null))
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 4, kind: 'unreachable'})
    expect(failure.message).toContain(scene.vhost)
    scene.address = good
    await untouchedAndThenMoved(scene)
  })

  test('a host where nothing listens', async () => {
    await using scene = await planned()
    scene.through(NOBODY)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 4, kind: 'unreachable', reason: 'no-answer'})
    scene.through(scene.broker.port)
    await untouchedAndThenMoved(scene)
  })

  test('an expired certificate; with a valid one the same command moves everything', async () => {
    await using scene = await planned()
    const trusting = ['--ca-file', fixture('ca.pem')]
    scene.address = `amqps://guest:guest@localhost:${await tls(scene, 'expired')}/${scene.vhost}`
    const failure = failureOf(await scene.execute(trusting).ended)
    expect(failure).toMatchObject({exit: 4, kind: 'unreachable', reason: 'tls'})
    expect(failure.message).toMatch(/expired/)
    expect(scene.sqs.count('SendMessageBatch')).toBe(0)
    scene.address = `amqps://guest:guest@localhost:${await tls(scene, 'good')}/${scene.vhost}`
    await scene.finish(...trusting)
    expect(await scene.verdict()).toEqual([])
  })

  test('a plan that was edited after it was applied', async () => {
    await using scene = await planned()
    await expectExit(scene.run(['apply', '--execute', '--endpoint', scene.sqs.endpoint]), 0)
    const file = join(scene.work, 'plan.json')
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, before.replace('"1209600"', '"1209599"').replace('1209600', '1209599'))
    expect(readFileSync(file, 'utf8')).not.toBe(before)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'plan-edited'})
    writeFileSync(file, before)
    await untouchedAndThenMoved(scene)
  })

  test('another account', async () => {
    await using scene = await planned()
    scene.sqs.rule = ({action}) =>
      action === 'GetCallerIdentity'
        ? {do: 'pass', response: (body) => body.replaceAll('000000000000', '999988887777')}
        : undefined
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'wrong-account'})
    expect(failure.message).toMatch(/000000000000.*999988887777/)
    expect(scene.sqs.count('CreateQueue')).toBe(0)
    scene.sqs.rule = () => undefined
    await untouchedAndThenMoved(scene)
  })

  test('another Region', async () => {
    await using scene = await planned()
    await expectExit(scene.run(['apply', '--execute', '--endpoint', scene.sqs.endpoint]), 0)
    const created = scene.sqs.count('CreateQueue')
    const elsewhere = [
      'apply',
      '--execute',
      '--json',
      '--region',
      'eu-west-1',
      '--endpoint',
      scene.sqs.endpoint,
    ]
    const failure = failureOf(await scene.run(elsewhere).ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'wrong-account'})
    expect(failure.message).toMatch(/us-east-1.*eu-west-1/)
    expect(scene.sqs.count('CreateQueue')).toBe(created)
    // Where the environment points is no reason to go there.
    await expectExit(scene.execute([], {env: {AWS_REGION: 'eu-west-1'}}), 0)
    expect(await scene.verdict()).toEqual([])
  })

  test('a second mover on the same folder, and one on another folder', async () => {
    await using scene = await planned()
    const answers = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    scene.sqs.rule = ({action}) => {
      if (action !== 'SendMessageBatch') return undefined
      asked.resolve()
      return {do: 'pass', held: answers.promise}
    }
    const first = scene.execute()
    await during(first, asked.promise)
    const second = failureOf(await scene.execute().ended)
    expect(second).toMatchObject({exit: 5, kind: 'refused', reason: 'ledger-locked'})
    expect(second.message).toContain(`pid ${first.pid}`)

    const sent = scene.sqs.count('SendMessageBatch')
    // It took nothing, and says that somebody else did.
    await using other = await scene.twin()
    const third = other.execute()
    // Until it has read the queue: from before the first one's acknowledgements.
    const begun = (): Promise<boolean> =>
      other.account().then(
        (account) => account !== undefined,
        () => false,
      )
    expect(await during(third, until(begun, 60_000))).toBe(true)
    expect(other.sqs.count('SendMessageBatch')).toBe(0)
    expect(scene.sqs.count('SendMessageBatch')).toBe(sent)
    answers.resolve()
    expect(failureOf(await third.ended)).toMatchObject({exit: 6, kind: 'incomplete', reason: 'unexplained'})

    await expectExit(first, 0)
    expect(await scene.verdict()).toEqual([])
  })

  test('a target queue that is gone when the first message is sent', async () => {
    await using scene = await planned()
    scene.sqs.rule = ({action}) =>
      action === 'SendMessageBatch'
        ? {
            do: 'pass',
            request: (body) =>
              Buffer.from(body.toString().replace(/"QueueUrl":"[^"]*"/, `"QueueUrl":"${GONE}"`)),
          }
        : undefined
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'target-missing'})
    expect(await scene.waits(MESSAGES)).toBe(true)
    scene.sqs.rule = () => undefined
    await scene.finish()
    expect(await scene.verdict()).toEqual([])
  })

  test('a target queue that was deleted and made again after messages went into it', async () => {
    await using scene = await planned()
    await scene.finish()
    const [QueueUrl = ''] = scene.targets()
    const sqs = scene.target
    await sqs.send(new DeleteQueueCommand({QueueUrl}))
    // Creation is told in seconds.
    await sleep(1100)
    await sqs.send(new CreateQueueCommand({QueueName: QueueUrl.split('/').at(-1)}))
    await scene.publish(5)
    const failure = failureOf(await scene.execute().ended)
    expect(failure).toMatchObject({exit: 5, kind: 'refused', reason: 'target-recreated'})
    expect(await scene.waits(5)).toBe(true)
  })
})

/** Nothing has left the source and nothing was sent; with what was wrong put right, all of it moves. */
async function untouchedAndThenMoved(scene: Scene): Promise<void> {
  expect(await scene.waits(MESSAGES)).toBe(true)
  expect(scene.sqs.count('SendMessageBatch')).toBe(0)
  await scene.finish()
  expect(await scene.verdict()).toEqual([])
}

/** `user:password` with these rights on the scene's virtual host, and the management API; null = none there. */
async function userWith(scene: Scene, rights: object | null): Promise<string> {
  const name = `u-${scene.queue}`
  await scene.broker.api('PUT', `/api/users/${name}`, {password: 'secret', tags: 'monitoring'})
  if (rights) await scene.broker.api('PUT', `/api/permissions/${scene.vhost}/${name}`, rights)
  scene.defer(() => scene.broker.api('DELETE', `/api/users/${name}`))
  return `${name}:secret`
}

/** A TLS listener in front of the broker, with one of the certificates. */
async function tls(scene: Scene, name: 'good' | 'expired'): Promise<number> {
  const pem = {cert: readFileSync(fixture(`${name}.pem`)), key: readFileSync(fixture(`${name}.key`))}
  const server = createServer(pem, (socket) => {
    const behind = connect(scene.broker.port, '127.0.0.1')
    socket.on('error', () => behind.destroy())
    behind.on('error', () => socket.destroy())
    socket.pipe(behind).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  const port = await freePorts(1)
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  scene.defer(() => void server.close())
  return port
}
