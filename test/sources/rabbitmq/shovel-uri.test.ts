import {expect, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import type {BrokerOptions} from '../../../src/protocols/broker-options.ts'
import {farUris, ownUri} from '../../../src/sources/rabbitmq/shovel-uri.ts'

const options: BrokerOptions = {
  password: new Secret('p@ss/w:rd'),
  tls: {caOnly: false, insecure: false},
  allowPlaintext: false,
  connectionName: 'mqlift:test',
}

test('its own virtual host is reached without host and password', () => {
  expect([ownUri('/'), ownUri('a b')]).toEqual(['amqp:///%2F', 'amqp:///a%20b'])
})

test('one address per host of the other end, with what was escaped escaped again', () => {
  const address = 'amqps://me%40corp@one,[::1]:5673/ignored'
  expect(farUris({address, options}, 'eu/α', '4.0.5')).toEqual([
    'amqps://me%40corp:p%40ss%2Fw%3Ard@one:5671/eu%2F%CE%B1',
    'amqps://me%40corp:p%40ss%2Fw%3Ard@[::1]:5673/eu%2F%CE%B1',
  ])
})

test('as the broker that runs the shovel reaches it, with its own TLS options and our user', () => {
  const uri = 'amqps://inside:5671?cacertfile=/etc/ca.pem&verify=verify_peer'
  expect(farUris({address: 'amqps://admin@outside', options, uri}, 'v', '3.10.8')).toEqual([
    'amqps://admin:p%40ss%2Fw%3Ard@inside:5671/v?cacertfile=/etc/ca.pem&verify=verify_peer',
  ])
})

test('before 4.0 nobody would look at the certificate unless told to: refused, with what to write', () => {
  expect(() => farUris({address: 'amqps://admin@outside', options}, 'v', '3.13.7')).toThrow(
    expect.objectContaining({
      reason: 'shovel-unverified',
      suggestions: [expect.stringContaining('verify=verify_peer&server_name_indication=outside')],
    }),
  )
})

test.each([
  ['in the clear', 'amqp://inside', 'plaintext', '4.0.5'],
  ['without looking at the certificate', 'amqps://inside?verify=verify_none', 'shovel-unverified', '4.0.5'],
])('an address of its own is no way to send a password %s', (_, uri, reason, version) => {
  const far = {address: 'amqps://admin@outside', options, uri}
  expect(() => farUris(far, 'v', version)).toThrow(expect.objectContaining({kind: 'refused', reason}))
})
