import {expect, test} from 'vitest'

import {openwireHosts} from '../../../src/targets/amazon-mq-activemq/openwire-hosts.ts'

const AMAZON = {
  tls: true,
  hosts: [
    {host: 'b-1.mq.eu-central-1.amazonaws.com', port: 5671},
    {host: 'b-2.mq.eu-central-1.amazonaws.com', port: 5671},
  ],
}
const where = (management?: string, allowPlaintext = false) =>
  openwireHosts(AMAZON, {allowPlaintext, ...(management !== undefined && {management})})

test('OpenWire is at its usual port of the same hosts', () => {
  expect(where()).toEqual({
    tls: true,
    hosts: [
      {host: 'b-1.mq.eu-central-1.amazonaws.com', port: 61_617},
      {host: 'b-2.mq.eu-central-1.amazonaws.com', port: 61_617},
    ],
  })
  const here = {tls: false, hosts: [{host: 'localhost', port: 5672}]}
  expect(openwireHosts(here, {allowPlaintext: false})).toEqual({
    tls: false,
    hosts: [{host: 'localhost', port: 61_616}],
  })
})

test.each([
  ['ssl://one', true, [{host: 'one', port: 61_617}]],
  [
    'ssl://one:7,[::1]',
    true,
    [
      {host: 'one', port: 7},
      {host: '::1', port: 61_617},
    ],
  ],
  ['TCP://127.0.0.1:61000/', false, [{host: '127.0.0.1', port: 61_000}]],
])('%s', (management, tls, hosts) => {
  expect(where(management)).toEqual({tls, hosts})
})

test('a password does not cross a network in the clear unless somebody said so', () => {
  expect(() => where('tcp://one.corp:61616')).toThrow(
    expect.objectContaining({kind: 'refused', reason: 'plaintext'}),
  )
  expect(where('tcp://one.corp:61616', true).tls).toBe(false)
})

test.each(['https://one:8162', 'ssl://user:secret@one', 'ssl://', 'one:61617', 'ssl://169.254.169.254'])(
  '%s is no OpenWire address, and its secrets are not repeated',
  (management) => {
    expect(() => where(management)).toThrow(
      expect.objectContaining({kind: 'usage', message: expect.not.stringContaining('secret')}),
    )
  },
)
