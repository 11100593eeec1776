import {expect, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {RabbitmqEndpoint} from '../../../src/targets/amazon-mq-rabbitmq/endpoint.ts'
import type {BrokerPorts} from '../../../src/targets/amazon-mq-rabbitmq/provision-definitions.ts'
import {provisionQueue} from '../../../src/targets/amazon-mq-rabbitmq/provision-queue.ts'

async function addressAt(hosts: string): Promise<string | undefined> {
  await using endpoint = await RabbitmqEndpoint.open({
    address: `amqps://admin@${hosts}`,
    options: {
      password: new Secret('x'),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
    },
  })
  const api = {get: () => Promise.resolve({ok: true, body: {type: 'quorum'}})}
  const answers = {clusterName: () => Promise.resolve('rabbit@one')}
  const {display, first, host} = endpoint
  const ports = {api, answers, display, first, identity: () => host, now: () => 0} as unknown as BrokerPorts
  const step = {
    id: 'rabbitmq-queue:%2F/orders',
    platform: 'amazon-mq-rabbitmq' as const,
    do: 'rabbitmq-queue',
    name: '/orders',
    when: 'before' as const,
    settings: {vhost: '/', queue: 'orders', type: 'quorum', maxMessageBytes: 1000},
    needs: [],
    for: [],
    because: [],
  }
  const {resource} = await provisionQueue(ports, step, {execute: true}, new AbortController().signal)
  return resource?.address
}

test('the ledger knows a queue by the first host: another may be added', async () => {
  expect(await addressAt('one.corp')).toBe('amqps://one.corp:5671/%2F/orders')
  expect(await addressAt('one.corp,two.corp:5670')).toBe('amqps://one.corp:5671/%2F/orders')
  expect(await addressAt('[::1],two.corp')).toBe('amqps://[::1]:5671/%2F/orders')
})
