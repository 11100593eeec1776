import {MqliftError} from '../../errors.ts'
import {type BrokerAddress, isLoopback, parseAddress, redactUrl} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {OF_TARGET} from '../../protocols/words.ts'

/** Of Amazon MQ (developer guide, read 2026-11-24), and what ActiveMQ ships without TLS (conf/activemq.xml of 5.18.3). */
const PORTS = {ssl: 61_617, tcp: 61_616} as const

type Place = Pick<BrokerAddress, 'tls' | 'hosts'>

/**
 * Where OpenWire is spoken: as given with `management`, or at its usual port of the broker's own hosts. Throws
 * MqliftError `usage`, or `refused` when a password would cross a network in the clear.
 */
export function openwireHosts(
  {tls, hosts}: Place,
  {management, allowPlaintext}: Pick<BrokerOptions, 'management' | 'allowPlaintext'>,
): Place {
  const port = tls ? PORTS.ssl : PORTS.tcp
  if (management === undefined) return {tls, hosts: hosts.map(({host}) => ({host, port}))}
  const place = parsed(management)
  if (place.tls || allowPlaintext || place.hosts.every(({host}) => isLoopback(host))) return place
  throw new MqliftError('refused', `${redactUrl(management)} is not encrypted and not on this machine`, {
    reason: 'plaintext',
    suggestions: [`Use ssl:// (usually port ${PORTS.ssl}): ${OF_TARGET.management}`],
  })
}

function parsed(management: string): Place {
  const [, scheme = '', list = ''] = /^(ssl|tcp):\/\/([^/?#@\s]+)\/?$/i.exec(management) ?? []
  if (list === '')
    throw new MqliftError(
      'usage',
      `${redactUrl(management)} is no OpenWire address (${OF_TARGET.management})`,
      {
        suggestions: ['ssl://HOST:61617: over it queues are deleted. The user is the one of address:'],
      },
    )
  const port = scheme.toLowerCase() === 'ssl' ? PORTS.ssl : PORTS.tcp
  const named = list.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`))
  const tls = port === PORTS.ssl
  // Hosts and ports are written and checked as everywhere.
  const {hosts} = parseAddress(`${tls ? 'amqps' : 'amqp'}://${named.join(',')}`, OF_TARGET)
  return {tls, hosts}
}
