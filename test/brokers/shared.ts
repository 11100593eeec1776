import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {basename, join} from 'node:path'

import {inject} from 'vitest'

import {type Activemq, attachActivemq, startActivemq} from './activemq.ts'
import {attachElasticmq, type Elasticmq, startElasticmq} from './elasticmq.ts'
import {locked} from './lab.ts'
import {attachRabbitmq, type Major, type Rabbitmq, startRabbitmq} from './rabbitmq.ts'
import type {BrokerRecord} from './registry.ts'

/** RabbitMQ majors that every integration test runs on. */
export const MAJORS: readonly Major[] = [3, 4]

/** Use as `describe.skipIf(withoutBrokers())`: only MQLIFT_SKIP_BROKERS skips, a missing broker fails. */
export function withoutBrokers(): boolean {
  return inject('sharedBrokers') === null
}

/**
 * The run's one broker of this major, started by the first who asks. Take a fresh vhost (`freshVhost`) and leave
 * the node itself alone; a test that kills or freezes uses `startRabbitmq`.
 */
export async function sharedRabbitmq(major: Major): Promise<Rabbitmq> {
  const shared = await share(`rabbitmq-${major}`, async () => {
    const {record} = await startRabbitmq({major})
    return {kind: 'rabbitmq', record}
  })
  if (shared.kind !== 'rabbitmq') throw new Error('not RabbitMQ')
  return attachRabbitmq(shared.record)
}

export async function sharedElasticmq(): Promise<Elasticmq> {
  const shared = await share('elasticmq', async () => ({
    kind: 'elasticmq',
    record: (await startElasticmq()).record,
  }))
  if (shared.kind !== 'elasticmq') throw new Error('not ElasticMQ')
  return attachElasticmq(shared.record)
}

/** The run's one ActiveMQ, with a TLS listener whose certificate is fixtures/tls/good.pem. Use queues of your own. */
export async function sharedActivemq(): Promise<Activemq> {
  const shared = await share('activemq', async () => {
    const {record} = await startActivemq({tls: {certFile: tlsFile('good.pem'), keyFile: tlsFile('good.key')}})
    return {kind: 'activemq', record}
  })
  if (shared.kind !== 'activemq') throw new Error('not ActiveMQ')
  return attachActivemq(shared.record)
}

/** A file of the test CA: fixtures/tls/ca.pem signed them. */
export const tlsFile = (name: string): string =>
  new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname

async function share(name: string, start: () => Promise<BrokerRecord>): Promise<BrokerRecord> {
  const directory = inject('sharedBrokers')
  if (directory === null) throw new Error('MQLIFT_SKIP_BROKERS is set: guard this test with withoutBrokers()')
  const file = join(directory, `${name}.json`)
  return locked(`${basename(directory)}-${name}`, async () => {
    const found: BrokerRecord | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
    if (found) return found
    const shared = await start()
    writeFileSync(file, JSON.stringify(shared))
    return shared
  })
}

let vhosts = 0

export interface FreshVhost extends AsyncDisposable {
  readonly name: string
  /** Address with this vhost as its path, credentials included. */
  readonly amqp: string
}

/** An empty vhost of one test, deleted with everything in it when disposed. */
export async function freshVhost(broker: Rabbitmq): Promise<FreshVhost> {
  const name = `t${process.pid}-${++vhosts}`
  await broker.api('PUT', `/api/vhosts/${name}`)
  await broker.api('PUT', `/api/permissions/${name}/${broker.user}`, {
    configure: '.*',
    write: '.*',
    read: '.*',
  })
  return {
    name,
    amqp: `${broker.amqp}/${name}`,
    async [Symbol.asyncDispose]() {
      await broker.api('DELETE', `/api/vhosts/${name}`).catch(() => null)
    },
  }
}
