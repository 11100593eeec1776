import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import type {Deployment, Drift} from '../../src/model/deployment.ts'
import type {Plan, Step} from '../../src/model/plan.ts'
import {apply, type ApplyEvent, type ApplyOptions} from '../../src/stages/apply.ts'
import type {ConnectedPlatform} from '../../src/targets/target.ts'

const ACCOUNT = '111122223333'
const HERE = {region: 'eu-central-1', endpoint: null}
const signal = new AbortController().signal

function step(name: string, needs: readonly string[] = []): Step {
  const id = `sqs-queue:${name}`
  return {
    id,
    platform: 'sqs-standard',
    do: 'sqs-queue',
    name,
    when: 'before',
    settings: {},
    needs: needs.map((need) => `sqs-queue:${need}`),
    for: [],
    because: [],
  }
}

function planOf(steps: Step[], parts: Partial<Body<Plan>> = {}): Body<Plan> {
  return {
    account: ACCOUNT,
    region: HERE.region,
    source: {kind: 'rabbitmq', address: 'amqp://broker/', clusterName: null},
    steps,
    moves: [],
    changes: [],
    losses: [],
    open: [],
    notMoved: [],
    names: {},
    routing: {},
    fingerprint: {},
    ...parts,
  }
}

/** Queues that have a creation time, a retention, and nothing else. */
class Cloud implements ConnectedPlatform {
  readonly queues = new Map<string, {createdAt: string; retention: string}>()
  readonly calls: string[] = []
  clock = 0

  async provision(one: Step, {execute, cutover}: Parameters<ConnectedPlatform['provision']>[1]) {
    this.calls.push(`${execute ? 'write' : 'read'} ${one.name}`)
    const wanted = cutover ? 'short' : '14 days'
    const found = this.queues.get(one.name)
    const exists = {step: one.id, attribute: 'exists', wanted: one.name, found: null}
    if (!found && !execute) return {resource: null, drift: [exists], writes: 0 as const}
    const queue = found ?? {createdAt: `t${++this.clock}`, retention: wanted}
    const drift: Drift[] =
      queue.retention === wanted
        ? []
        : [{step: one.id, attribute: 'retention', wanted, found: queue.retention}]
    if (execute) this.queues.set(one.name, {...queue, retention: wanted})
    const writes = execute && (!found || drift.length > 0) ? 1 : 0
    return {
      resource: {
        step: one.id,
        platform: one.platform,
        arn: `arn:${one.name}`,
        address: `https://${one.name}`,
        createdAt: queue.createdAt,
        readyAt: `ready${this.clock}`,
        origin: found ? ('found' as const) : ('created' as const),
      },
      drift,
      writes,
    }
  }

  count(): Promise<null> {
    return Promise.resolve(null)
  }

  open(): Promise<never> {
    return Promise.reject(new Error('not here'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function runOn(cloud: Cloud, plan: Body<Plan>, account = ACCOUNT) {
  const events: ApplyEvent[] = []
  return {
    events,
    run: (previous: Body<Deployment> | null, options: Partial<ApplyOptions> = {}) =>
      apply(
        {plan, previous},
        {
          platform: () => Promise.resolve(cloud),
          identity: () => Promise.resolve({account, arn: `arn:aws:iam::${account}:user/me`}),
        },
        {
          execute: true,
          cutover: false,
          adopt: false,
          ...HERE,
          onEvent: (event) => events.push(event),
          ...options,
        },
        signal,
      ),
  }
}

describe('what is made', () => {
  test('what others need comes first, whatever the order of the plan', async () => {
    const cloud = new Cloud()
    const {run} = runOn(cloud, planOf([step('orders', ['dlq']), step('dlq', ['last']), step('last')]))
    const {writes, missing, drift, deployment} = await run(null)
    expect(writes).toBe(3)
    expect(missing).toEqual(['sqs-queue:orders', 'sqs-queue:dlq', 'sqs-queue:last'])
    expect(drift).toEqual([])
    expect(cloud.calls.filter((call) => call.startsWith('write'))).toEqual([
      'write last',
      'write dlq',
      'write orders',
    ])
    expect(deployment.resources.map(({step: id, origin}) => [id, origin])).toEqual([
      ['sqs-queue:orders', 'created'],
      ['sqs-queue:dlq', 'created'],
      ['sqs-queue:last', 'created'],
    ])
    expect(deployment).toMatchObject({
      account: ACCOUNT,
      ...HERE,
      caller: 'arn:aws:iam::111122223333:user/me',
      cutover: false,
    })
  })

  test('a second run writes nothing and remembers who made it and when it was ready', async () => {
    const cloud = new Cloud()
    const {run} = runOn(cloud, planOf([step('a'), step('b')]))
    const first = await run(null)
    const second = await run(first.deployment)
    expect(second.writes).toBe(0)
    expect(second.deployment).toEqual(first.deployment)
  })

  test('without execute nothing is written', async () => {
    const cloud = new Cloud()
    const {run, events} = runOn(cloud, planOf([step('a')]))
    const {writes, missing, deployment} = await run(null, {execute: false})
    expect({writes, missing, resources: deployment.resources}).toEqual({
      writes: 0,
      missing: ['sqs-queue:a'],
      resources: [],
    })
    expect(cloud.queues.size).toBe(0)
    expect(events).toEqual([{type: 'missing', step: 'sqs-queue:a'}])
  })

  test('steps for the cut-over wait for it, and it sticks', async () => {
    const cloud = new Cloud()
    const {run} = runOn(cloud, planOf([step('a'), {...step('late'), when: 'cutover'}]))
    const first = await run(null)
    expect([...cloud.queues.keys()]).toEqual(['a'])
    const announced = await run(first.deployment, {execute: false, cutover: true})
    expect(announced.planned).toEqual([
      {step: 'sqs-queue:a', attribute: 'retention', wanted: 'short', found: '14 days'},
    ])
    expect(announced.drift).toEqual([])
    expect(announced.deployment.cutover).toBe(false)
    const second = await run(first.deployment, {cutover: true})
    expect(second).toMatchObject({writes: 2, drift: [], deployment: {cutover: true}})
    expect(await run(second.deployment)).toMatchObject({writes: 0, drift: [], deployment: {cutover: true}})
  })
})

describe('drift', () => {
  test('is named first, repaired only with execute', async () => {
    const cloud = new Cloud()
    const {run, events} = runOn(cloud, planOf([step('a'), step('b')]))
    const {deployment} = await run(null)
    cloud.queues.set('a', {createdAt: 't1', retention: 'changed by hand'})
    events.length = 0
    const looked = await run(deployment, {execute: false})
    const drift = {step: 'sqs-queue:a', attribute: 'retention', wanted: '14 days', found: 'changed by hand'}
    expect(looked).toMatchObject({drift: [drift], writes: 0})
    expect(cloud.queues.get('a')?.retention).toBe('changed by hand')
    const repaired = await run(deployment)
    expect(repaired).toMatchObject({drift: [drift], writes: 1})
    expect(events).toEqual([
      {type: 'drift', drift},
      {type: 'drift', drift},
      {type: 'done', step: 'sqs-queue:a', origin: 'found', writes: 1},
    ])
    expect(await run(repaired.deployment)).toMatchObject({drift: [], writes: 0})
  })

  test('a queue that was deleted is drift and missing; one that was never made is only missing', async () => {
    const cloud = new Cloud()
    const {run} = runOn(cloud, planOf([step('a'), step('b')]))
    const {deployment} = await run(null)
    cloud.queues.delete('a')
    const {drift, missing} = await run(deployment, {execute: false})
    expect(drift).toEqual([{step: 'sqs-queue:a', attribute: 'exists', wanted: 'a', found: null}])
    expect(missing).toEqual(['sqs-queue:a'])
  })

  test('a queue that was deleted and made again by somebody is not the one we deployed', async () => {
    const cloud = new Cloud()
    const {run} = runOn(cloud, planOf([step('a')]))
    const {deployment} = await run(null)
    cloud.queues.set('a', {createdAt: 't9', retention: '14 days'})
    const {drift, deployment: after} = await run(deployment)
    expect(drift).toEqual([{step: 'sqs-queue:a', attribute: 'createdAt', wanted: 't1', found: 't9'}])
    expect(after.resources[0]?.createdAt).toBe('t9')
  })
})

test('adopt takes over what is there and reads only', async () => {
  const cloud = new Cloud()
  cloud.queues.set('a', {createdAt: 't0', retention: 'theirs'})
  const {run} = runOn(cloud, planOf([step('a'), step('b')]))
  const {deployment, missing, drift, writes} = await run(null, {adopt: true})
  expect(deployment.resources).toMatchObject([{step: 'sqs-queue:a', createdAt: 't0', origin: 'adopted'}])
  expect(missing).toEqual(['sqs-queue:b'])
  expect(drift).toHaveLength(1)
  expect(writes).toBe(0)
  expect(cloud.calls).toEqual(['read a', 'read b'])
})

describe('the wrong place is refused before anything is read', () => {
  const refused = {kind: 'refused', reason: 'wrong-account'}

  test('another account, Region or endpoint than the plan or the deployment', async () => {
    const cloud = new Cloud()
    await expect(runOn(cloud, planOf([step('a')]), '999999999999').run(null)).rejects.toMatchObject(refused)
    const {run} = runOn(cloud, planOf([step('a')]))
    await expect(run(null, {region: 'us-east-1'})).rejects.toMatchObject(refused)
    const {deployment} = await run(null)
    cloud.calls.length = 0
    await expect(run(deployment, {endpoint: 'http://127.0.0.1:4566'})).rejects.toMatchObject(refused)
    expect(cloud.calls).toEqual([])
  })

  test('a plan that is pinned to nothing can be looked at, not executed', async () => {
    const {run} = runOn(new Cloud(), planOf([step('a')], {account: null}))
    await expect(run(null)).rejects.toMatchObject({kind: 'refused', reason: 'place-unknown'})
    await expect(run(null, {execute: false})).resolves.toMatchObject({writes: 0})
  })
})
