import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {targetBrokers} from '../../src/session/target-brokers.ts'
import {ActivemqEndpoint} from '../../src/targets/amazon-mq-activemq/endpoint.ts'
import {RabbitmqEndpoint} from '../../src/targets/amazon-mq-rabbitmq/endpoint.ts'
import type {BrokerEndpoint} from '../../src/targets/target.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'

async function brokers(address: string, file?: string): ReturnType<typeof targetBrokers> {
  const dir = await tempFolder()
  const broker = JSON.stringify({address})
  await writeFile(
    join(dir, 'mqlift.yaml'),
    `brokers: {amazon-mq-rabbitmq: ${broker}, amazon-mq-activemq: ${broker}}`,
  )
  return targetBrokers(aSession(dir), {'target-password-file': file})
}

async function refusal(work: Promise<unknown> | undefined): Promise<string> {
  const error: unknown = await work?.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (error instanceof MqliftError) return error.suggestions.join('\n')
  throw new Error('it was not refused')
}

const opened = (endpoint: BrokerEndpoint | undefined, open: (broker: BrokerEndpoint) => Promise<unknown>) =>
  endpoint && open(endpoint)

test.each([
  ['amazon-mq-rabbitmq', (broker: BrokerEndpoint) => RabbitmqEndpoint.open(broker)],
  ['amazon-mq-activemq', (broker: BrokerEndpoint) => ActivemqEndpoint.open(broker)],
] as const)('%s: what is wrong with its address is put right where that is written', async (name, open) => {
  const plain = await refusal(opened((await brokers('amqp://u@mq.corp'))[name], open))
  expect(plain).toBe('Use amqps://mq.corp:5671/')
  const secret = await refusal(opened((await brokers('amqps://u@mq.corp'))[name], open))
  expect(secret).toBe('Set MQLIFT_TARGET_PASSWORD, or --target-password-file <file> (mode 0600)')
})

test('a password file that cannot be read is replaced by what a target takes', async () => {
  const told = await refusal(brokers('amqps://u@mq.corp', '/nowhere/at/all'))
  expect(told).toContain('MQLIFT_TARGET_PASSWORD')
  expect(told).not.toContain('MQLIFT_SOURCE_PASSWORD')
})
