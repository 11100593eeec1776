import {MqliftError} from '../errors.ts'
import {Secret} from '../model/secret.ts'
import type {BrokerOptions} from './broker-options.ts'

export interface Host {
  readonly host: string
  readonly port: number
}

/** A broker as the operator wrote it. Secrets leave the text here, so nothing printed later can hold one. */
export interface BrokerAddress {
  readonly scheme: 'amqp' | 'amqps'
  readonly tls: boolean
  /** In the order given; the next one is tried when one does not answer. Never empty. */
  readonly hosts: readonly Host[]
  /** Undefined = the address names none: every virtual host. */
  readonly vhost: string | undefined
  readonly user: string | undefined
  readonly password: Secret | undefined
  /** Without user, password and query. */
  readonly display: string
}

const PORTS = {amqp: 5672, amqps: 5671} as const
const SUPPORTED = 'Addresses look like amqps://user@host/ or amqps://user@host1,host2:5671/vhost'

/** Wires that other brokers speak. Known by name, so that the answer can say what to do instead. */
const OTHER_SCHEMES: Readonly<Record<string, string>> = {
  'activemq+amqp': 'ActiveMQ Classic is not supported by this version',
  'activemq+stomp': 'ActiveMQ Classic is not supported by this version',
  'artemis+amqp': 'ActiveMQ Artemis is not supported by this version',
  http: 'This is a management address: give it with --management and the broker as amqp://',
  https: 'This is a management address: give it with --management and the broker as amqps://',
  mqtt: 'MQTT brokers are not supported by this version; RabbitMQ with the MQTT plugin is, through amqp(s)://',
  stomp:
    'STOMP brokers are not supported by this version; RabbitMQ with the STOMP plugin is, through amqp(s)://',
  tcp: 'OpenWire is not a wire mqlift speaks',
  ws: 'WebSocket brokers are not supported by this version',
}

export function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
}

/** Parses `amqp(s)://user@host[:port][,host[:port]…][/vhost]`. Throws MqliftError `usage`. */
export function parseAddress(text: string): BrokerAddress {
  const scheme = schemeOf(text)
  if (scheme !== 'amqp' && scheme !== 'amqps') throw wrongScheme(text, scheme)
  const parts = /^[a-z+]+:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:[?#].*)?$/is.exec(text)
  if (!parts?.[2]) throw malformed(text, 'it names no host')
  const hosts = parts[2].split(',').map((host) => parseHost(text, host, PORTS[scheme]))
  const [user, password] = splitUserInfo(text, parts[1])
  if (password !== undefined && !hosts.every(({host}) => isLoopback(host))) throw passwordInAddress(text)
  const vhost = parts[3] === undefined || parts[3] === '' ? undefined : decode(text, parts[3])
  return {
    scheme,
    tls: scheme === 'amqps',
    hosts,
    vhost,
    user,
    password: password === undefined ? undefined : new Secret(password),
    display: redactUrl(text),
  }
}

/** The name and password to sign in with. Throws `usage` when the operator must say one. */
export function credentials(
  address: BrokerAddress,
  options: Pick<BrokerOptions, 'password'>,
): {user: string; password: Secret} {
  const password = options.password ?? address.password
  const local = address.hosts.every(({host}) => isLoopback(host))
  // Every RabbitMQ accepts guest/guest from the machine itself, and only from there.
  const user = address.user ?? (local ? 'guest' : undefined)
  if (user === undefined)
    throw new MqliftError('usage', `${address.display} does not say which user to sign in as`, {
      suggestions: [`${address.scheme}://USER@${hostList(address)}/`],
    })
  if (password) return {user, password}
  if (local && user === 'guest') return {user, password: new Secret('guest')}
  throw new MqliftError('usage', `The password of ${user} at ${address.display} is missing`, {
    suggestions: ['Set MQLIFT_SOURCE_PASSWORD', 'Use --password-file <file> (mode 0600)'],
  })
}

/** SEC-15: passwords and messages do not cross a network in the clear unless somebody said so. */
export function refusePlaintext(address: BrokerAddress, allowed: boolean): void {
  if (address.tls || allowed || address.hosts.every(({host}) => isLoopback(host))) return
  throw new MqliftError('refused', `${address.display} is not encrypted and not on this machine`, {
    reason: 'plaintext',
    suggestions: [
      `Use amqps://${hostList(address).replaceAll(':5672', ':5671')}/`,
      'Or accept it with --allow-plaintext',
    ],
  })
}

/**
 * Base URLs of the management API, one per host: as given, or derived from the address, which the caller must say.
 * 15672 and 15671 are the plugin's defaults (rabbitmq.com/docs/management, read 2026-11-24).
 */
export function managementUrls(
  address: BrokerAddress,
  options: Pick<BrokerOptions, 'management' | 'allowPlaintext' | 'onNotice'>,
): readonly URL[] {
  if (options.management !== undefined) return [parseManagement(options.management, options.allowPlaintext)]
  const [scheme, port] = address.tls ? ['https', 15671] : ['http', 15672]
  const urls = address.hosts.map(({host}) => new URL(`${scheme}://${bracketed(host)}:${port}/`))
  options.onNotice?.(`management API taken to be ${urls.map((url) => url.origin).join(', ')} (--management)`)
  return urls
}

function parseManagement(text: string, allowPlaintext: boolean): URL {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new MqliftError('usage', `--management ${redactUrl(text)} is not an http(s) address`, {
      suggestions: ['--management https://host:15671/'],
    })
  const url = new URL(text)
  if (url.username || url.password)
    throw new MqliftError('usage', `Leave user and password out of --management ${redactUrl(text)}`, {
      suggestions: ['The user is the one of the broker address', 'Set MQLIFT_MANAGEMENT_PASSWORD'],
    })
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  refuseMetadataAddress(host, text)
  if (url.protocol === 'http:' && !allowPlaintext && !isLoopback(host))
    throw new MqliftError('refused', `${url.origin} is not encrypted and not on this machine`, {
      reason: 'plaintext',
      suggestions: ['Use https:// (usually port 15671)', 'Or accept it with --allow-plaintext'],
    })
  url.search = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function parseHost(text: string, host: string, defaultPort: number): Host {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(host)
  const name = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  if (name === undefined || port < 1 || port > 65_535) throw malformed(text, 'a host or port is wrong')
  refuseMetadataAddress(name, text)
  return {host: name, port}
}

function splitUserInfo(text: string, info: string | undefined): [string | undefined, string | undefined] {
  if (info === undefined || info === '') return [undefined, undefined]
  const colon = info.indexOf(':')
  if (colon === -1) return [decode(text, info), undefined]
  return [decode(text, info.slice(0, colon)), decode(text, info.slice(colon + 1))]
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw malformed(text, 'a % is not followed by two hexadecimal digits')
  }
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host)
}

/** SEC-40: link-local addresses serve cloud credentials, never a broker. */
function refuseMetadataAddress(host: string, text: string): void {
  if (/^(169\.254\.|::ffff:169\.254\.|fe[89ab][0-9a-f]:|fd00:ec2::254$)/i.test(host))
    throw malformed(text, 'link-local addresses are not brokers')
}

/**
 * A URL without user, password, query and fragment (SEC-6). Works on what is not a valid URL too: broker
 * parameters hold lists of hosts and placeholders.
 */
export function redactUrl(text: string): string {
  // The last @ before the first slash ends the userinfo, even when an unescaped password holds one.
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)([^/?#\s]*@)/gi, '$1').replaceAll(/[?#][^\s]*/g, '')
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** `host:port,[::1]:port`, in the order given. */
export const hostList = ({hosts}: Pick<BrokerAddress, 'hosts'>): string =>
  hosts.map(({host, port}) => `${bracketed(host)}:${port}`).join(',')

function wrongScheme(text: string, scheme: string | undefined): MqliftError {
  const known =
    scheme === undefined ? undefined : OTHER_SCHEMES[scheme.replace(/(?<=amqp|stomp|mqtt|ws)s$/, '')]
  const message =
    scheme === undefined
      ? `${redactUrl(text)} is neither a file nor a broker address`
      : `${scheme}:// is not an address mqlift can open. ${known ?? ''}`.trim()
  return new MqliftError('usage', message, {suggestions: [SUPPORTED, 'Or give an exported definitions file']})
}

const malformed = (text: string, why: string): MqliftError =>
  new MqliftError('usage', `${redactUrl(text)} is not a broker address: ${why}`, {suggestions: [SUPPORTED]})

const passwordInAddress = (text: string): MqliftError =>
  new MqliftError(
    'usage',
    `Leave the password out of ${redactUrl(text)}: other users can read command lines`,
    {
      reason: 'password-in-address',
      suggestions: [
        'Set MQLIFT_SOURCE_PASSWORD',
        'Use --password-file <file> (mode 0600)',
        'Let mqlift ask for it on the terminal',
      ],
    },
  )
