import {describe, expect, test} from 'vitest'

import type {Step} from '../../src/model/plan.ts'
import {RabbitmqPlatform} from '../../src/targets/amazon-mq-rabbitmq/platform.ts'
import {queueStep, type RabbitmqDefinitionsSettings} from '../../src/targets/amazon-mq-rabbitmq/steps.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

const never = new AbortController().signal
const OPTIONS = {cutover: false, resolved: new Map()}

function definitionsStep(vhost: string, major: 3 | 4): Step {
  const effective = {messageTtl: null, maxLength: null, deadLetterExchange: 'orders.dead'}
  const policy = {vhost, name: 'orders', pattern: '^orders', 'apply-to': 'queues', priority: 2}
  const settings: RabbitmqDefinitionsSettings = {
    version: major === 3 ? '3.13' : '4.2',
    instance: 'mq.m7g.large',
    deployment: 'single',
    definitions: {
      vhosts: [{name: vhost}],
      users: [{name: `shop-${vhost}`, tags: ['management']}],
      permissions: [{user: `shop-${vhost}`, vhost, configure: '', write: '.*', read: '^orders'}],
      parameters: [],
      exchanges: [
        {
          vhost,
          name: 'shop',
          type: 'topic',
          durable: true,
          auto_delete: false,
          internal: false,
          arguments: {},
        },
        {
          vhost,
          name: 'inner',
          type: 'fanout',
          durable: true,
          auto_delete: false,
          internal: true,
          arguments: {},
        },
      ],
      queues: [
        {vhost, name: 'orders', durable: true, auto_delete: false, arguments: {'x-queue-type': 'quorum'}},
        {
          vhost,
          name: 'späne / 1',
          durable: true,
          auto_delete: false,
          arguments: {'x-queue-type': 'classic', 'x-max-priority': 5},
        },
      ],
      bindings: [
        {
          vhost,
          source: 'shop',
          destination: 'orders',
          destination_type: 'queue',
          routing_key: 'order.#',
          arguments: {},
        },
        {
          vhost,
          source: 'shop',
          destination: 'inner',
          destination_type: 'exchange',
          routing_key: '#',
          arguments: {},
        },
        {
          vhost,
          source: 'inner',
          destination: 'späne / 1',
          destination_type: 'queue',
          routing_key: '',
          arguments: {a: 1},
        },
      ],
    },
    policies: {
      now: [{...policy, definition: {'dead-letter-exchange': 'orders.dead'}}],
      cutover: [
        {...policy, definition: {'dead-letter-exchange': 'orders.dead', 'message-ttl': 60_000}},
        {...policy, name: 'later', pattern: '^späne', definition: {'max-length': 10}},
      ],
    },
    expected: [
      {
        vhost,
        queue: 'orders',
        now: effective,
        cutover: {...effective, messageTtl: 60_000},
      },
      {
        vhost,
        queue: 'späne / 1',
        now: {maxPriority: 5, maxLength: null},
        cutover: {maxLength: 10},
      },
    ],
  }
  return {
    id: 'rabbitmq-definitions:test',
    platform: 'amazon-mq-rabbitmq',
    do: 'rabbitmq-definitions',
    name: 'test',
    when: 'before',
    settings: structuredClone(settings),
    needs: [],
    for: [],
    because: [],
  }
}

function queueStepOf(vhost: string, queue: string, type: 'classic' | 'quorum'): Step {
  const settings = {vhost, queue, type, maxMessageBytes: 1_000_000}
  const base = definitionsStep(vhost, 4)
  return {...base, id: queueStep(vhost, queue), do: 'rabbitmq-queue', name: queue, settings}
}

const connected = (broker: Rabbitmq): Promise<RabbitmqPlatform> =>
  RabbitmqPlatform.connect({
    region: '',
    env: {},
    brokers: {
      'amazon-mq-rabbitmq': {
        address: broker.amqp,
        options: {
          management: broker.management,
          tls: {caOnly: false, insecure: false},
          allowPlaintext: false,
          connectionName: 'mqlift:test',
        },
      },
    },
  })

describe.skipIf(withoutBrokers())('definitions at a RabbitMQ target', () => {
  for (const major of MAJORS) {
    test(`RabbitMQ ${major}: missing, imported, read back; a second run writes nothing; drift is named and mended`, async () => {
      const broker = await sharedRabbitmq(major)
      await using vhost = await freshVhost(broker)
      await using platform = await connected(broker)
      const step = definitionsStep(vhost.name, major)
      const run = (execute: boolean, cutover = false) =>
        platform.provision(step, {...OPTIONS, execute, cutover}, never)

      expect(await run(false)).toMatchObject({resource: null, writes: 0})
      const made = await run(true)
      expect(made).toMatchObject({resource: {origin: 'created', createdAt: null}, writes: 1})
      expect(await run(true)).toMatchObject({resource: {origin: 'found'}, drift: [], writes: 0})

      await broker.api('DELETE', `/api/policies/${vhost.name}/orders`)
      const drifted = await run(false)
      const policy = `policy ${vhost.name}/orders`
      expect(drifted.drift).toMatchObject([
        {attribute: policy, wanted: 'exists', found: null},
        {
          attribute: `queue ${vhost.name}/orders effective deadLetterExchange`,
          wanted: '"orders.dead"',
          found: 'null',
        },
      ])
      expect(await run(true)).toMatchObject({writes: 1})

      // The limits of the estate come with the cut-over, and what was there before it goes.
      const cutOver = await run(true, true)
      expect(cutOver.writes).toBe(1)
      expect(await run(true, true)).toMatchObject({drift: [], writes: 0})
      expect((await run(false)).drift.map(({attribute}) => attribute)).toContain(`policy ${vhost.name}/later`)
      await broker.api('DELETE', `/api/users/shop-${vhost.name}`)
    })

    test(`RabbitMQ ${major}: somebody else’s policy that wins, and a queue of another type, fail with their names`, async () => {
      const broker = await sharedRabbitmq(major)
      await using vhost = await freshVhost(broker)
      await using platform = await connected(broker)
      const step = definitionsStep(vhost.name, major)
      await broker.api('PUT', `/api/policies/${vhost.name}/theirs`, {
        pattern: '.*',
        priority: 9,
        definition: {'max-length': 5},
      })
      await expect(platform.provision(step, {...OPTIONS, execute: true}, never)).rejects.toMatchObject({
        kind: 'incomplete',
        reason: 'not-as-planned',
        message: expect.stringContaining('theirs'),
      })
      await broker.api('DELETE', `/api/policies/${vhost.name}/theirs`)
      expect((await platform.provision(step, {...OPTIONS, execute: true}, never)).resource).not.toBeNull()

      const wrong = queueStepOf(vhost.name, 'orders', 'classic')
      expect((await platform.provision(wrong, {...OPTIONS, execute: false}, never)).drift).toMatchObject([
        {attribute: 'type', wanted: 'classic', found: 'quorum'},
      ])
      await expect(platform.provision(wrong, {...OPTIONS, execute: true}, never)).rejects.toMatchObject({
        reason: 'not-as-planned',
      })
      await broker.api('DELETE', `/api/users/shop-${vhost.name}`)
    })

    test(`RabbitMQ ${major}: a queue is found, counted exactly and opened`, async () => {
      const broker = await sharedRabbitmq(major)
      await using vhost = await freshVhost(broker)
      await using platform = await connected(broker)
      const step = queueStepOf(vhost.name, 'späne / 1', 'classic')
      const options = {...OPTIONS, execute: true}
      expect(await platform.provision(step, options, never)).toMatchObject({resource: null})
      await broker.api('PUT', `/api/queues/${vhost.name}/${encodeURIComponent('späne / 1')}`, {durable: true})
      const {resource} = await platform.provision(step, options, never)
      if (!resource) throw new Error('not found')
      expect(resource.arn).toMatch(/^rabbitmq:a@[^/]+\/t[^/]+\/sp%C3%A4ne%20%2F%201$/)
      expect(await platform.count(resource, never)).toEqual({
        visible: 0,
        inFlight: 0,
        delayed: 0,
        approximate: false,
      })
      expect(await platform.count({...resource, step: queueStep(vhost.name, 'gone')}, never)).toBeNull()
    })
  }
})
