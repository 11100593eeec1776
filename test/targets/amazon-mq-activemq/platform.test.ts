import {describe, expect, test} from 'vitest'

import type {Resource} from '../../../src/model/deployment.ts'
import type {Step} from '../../../src/model/plan.ts'
import {Secret} from '../../../src/model/secret.ts'
import {ActivemqEndpoint} from '../../../src/targets/amazon-mq-activemq/endpoint.ts'
import {queue} from '../../routing/estate.ts'
import {connected, moveTo, never, queueStep} from './activemq-kit.ts'
import {fakeActivemq} from './fake-activemq.ts'
import {planOf, settingsOf} from './plan-kit.ts'

const OPTIONS = {execute: true, cutover: false, resolved: new Map()}

function configurationStep(consumers: 'openwire' | 'amqp'): Step {
  return {
    id: 'activemq-configuration:broker',
    platform: 'amazon-mq-activemq',
    do: 'activemq-configuration',
    name: 'broker',
    when: 'before',
    settings: {...settingsOf(planOf([queue('q')])), consumers},
    needs: [],
    for: [],
    because: [],
  }
}

describe('whether the broker makes JMS messages of AMQP ones', () => {
  test('is asked three times; no answer is no yes, and says what to do', async () => {
    const broker = await fakeActivemq()
    let asked = 0
    broker.container.on('receiver_open', ({receiver}) => {
      asked++
      receiver?.close({condition: 'amqp:internal-error', description: 'not today'})
    })
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    await expect(platform.provision(configurationStep('openwire'), OPTIONS, never)).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'no-answer',
      suggestions: [expect.stringContaining('run the same command again'), expect.stringContaining('=amqp')],
    })
    expect(asked).toBe(3)
  })

  test('is asked on a new connection when the broker ended the session of the first', async () => {
    const broker = await fakeActivemq()
    let asked = 0
    broker.container.on('receiver_open', ({session, receiver}) => {
      asked++
      if (asked === 1) session?.close()
      else receiver?.close()
    })
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    await expect(platform.provision(configurationStep('openwire'), OPTIONS, never)).rejects.toMatchObject({
      reason: 'no-answer',
    })
    expect(asked).toBe(3)
    expect(broker.connections).toHaveLength(2)
  })
})

test('moves that begin together ask on one connection, and leave none behind', async () => {
  const broker = await fakeActivemq()
  const names = ['a', 'b', 'c']
  {
    await using platform = await connected(`amqp://admin@127.0.0.1:${broker.port}`)
    await using targets = new AsyncDisposableStack()
    await Promise.all(
      names.map(async (name) => {
        const step = queueStep(name)
        targets.use(await platform.open(moveTo(step), resourceOf(step), never))
      }),
    )
    // Each move has a connection of its own beside it.
    expect(broker.connections).toHaveLength(1 + names.length)
  }
  await expect.poll(() => broker.connections.filter((one) => one.is_open())).toEqual([])
})

const resourceOf = ({id, name}: Step): Resource => ({
  step: id,
  platform: 'amazon-mq-activemq',
  arn: `activemq:broker/${name}`,
  address: name,
  createdAt: null,
  readyAt: '2026-11-24T00:00:00Z',
  origin: 'found',
})

async function identityOf(hosts: string): Promise<string> {
  const options = {
    password: new Secret('x'),
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'mqlift:test',
  }
  return (await ActivemqEndpoint.open({address: `amqps://admin@${hosts}`, options})).identity
}

describe('what a resource is known by', () => {
  const AMAZON = 'b-0a1b2c3d-4e5f-6789-abcd-ef0123456789'

  test.each([
    ['one.corp', 'one.corp:5671'],
    ['one.corp,two.corp:5672', 'one.corp:5671'],
    [`${AMAZON}-1.mq.eu-central-1.amazonaws.com`, AMAZON],
    [`${AMAZON}-2.mq.eu-central-1.amazonaws.com,${AMAZON}-1.mq.eu-central-1.amazonaws.com`, AMAZON],
  ])('%s: %s', async (hosts, identity) => {
    expect(await identityOf(hosts)).toBe(identity)
  })

  test('does not change when a standby is added to the list', async () => {
    const broker = await fakeActivemq()
    const alone = `amqp://admin@127.0.0.1:${broker.port}`
    const made = []
    for (const address of [alone, `${alone},127.0.0.1:1`]) {
      await using platform = await connected(address)
      const {resource} = await platform.provision(configurationStep('amqp'), OPTIONS, never)
      made.push([resource?.arn, resource?.address])
    }
    expect(made[1]).toEqual(made[0])
  })
})
