import {MqliftError} from '../errors.ts'
import {Secret} from '../model/secret.ts'
import type {BrokerOptions} from './broker-options.ts'
import {advice, OF_SOURCE, type Words} from './words.ts'

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
  'activemq+amqp': 'This version moves to ActiveMQ Classic, not from it',
  'activemq+stomp': 'This version moves to ActiveMQ Classic, not from it',
  'artemis+amqp': 'ActiveMQ Artemis is not supported by this version',
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
export function parseAddress(text: string, words = OF_SOURCE): BrokerAddress {
  const scheme = schemeOf(text)
  if (scheme !== 'amqp' && scheme !== 'amqps') throw wrongScheme(text, scheme, words)
  const parts = /^[a-z+]+:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:[?#].*)?$/is.exec(text)
  if (!parts?.[2]) throw malformed(text, 'it names no host')
  const hosts = parts[2].split(',').map((host) => parseHost(text, host, PORTS[scheme]))
  const [user, password] = splitUserInfo(text, parts[1])
  if (password !== undefined && !hosts.every(({host}) => isLoopback(host)))
    throw passwordInAddress(text, words)
  const vhost = parts[3] ? decode(text, parts[3]) : undefined
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

/**
 * The name and password to sign in with. Throws `usage` when the operator must say one. `login` is a user that a broker
 * of this kind has from the start, with its name for a password: taken on this machine only.
 */
export function credentials(
  address: BrokerAddress,
  {words = OF_SOURCE, ...options}: Pick<BrokerOptions, 'password' | 'words'>,
  login = 'guest',
): {user: string; password: Secret} {
  const password = options.password ?? address.password
  const local = address.hosts.every(({host}) => isLoopback(host))
  // Every RabbitMQ accepts guest/guest from the machine itself, and only from there.
  const user = address.user ?? (local ? login : undefined)
  if (user === undefined)
    throw new MqliftError('usage', `${address.display} does not say which user to sign in as`, {
      suggestions: [`${address.scheme}://USER@${hostList(address)}/`],
    })
  if (password) return {user, password}
  if (local && user === login) return {user, password: new Secret(login)}
  throw new MqliftError('usage', `The password of ${user} at ${address.display} is missing`, {
    suggestions: [`Set ${words.password}`],
  })
}

/** SEC-15: passwords and messages do not cross a network in the clear unless somebody said so. */
export function refusePlaintext(address: BrokerAddress, allowed: boolean, words = OF_SOURCE): void {
  if (address.tls || allowed || address.hosts.every(({host}) => isLoopback(host))) return
  throw new MqliftError('refused', `${address.display} is not encrypted and not on this machine`, {
    reason: 'plaintext',
    suggestions: advice(`Use amqps://${hostList(address).replaceAll(':5672', ':5671')}/`, orAccept(words)),
  })
}

const orAccept = ({plaintext}: Words): string | null =>
  plaintext === null ? null : `Or accept it with ${plaintext}`

/**
 * Base URLs of the management API, one per host: as given, or derived from the address, which the caller must say.
 * 15672 and 15671 are the plugin's defaults (rabbitmq.com/docs/management, read 2026-11-24).
 */
export function managementUrls(
  address: BrokerAddress,
  options: Pick<BrokerOptions, 'management' | 'allowPlaintext' | 'words' | 'onNotice'>,
): readonly URL[] {
  const {management, allowPlaintext, words = OF_SOURCE} = options
  if (management !== undefined) return [parseManagement(management, allowPlaintext, words)]
  const [scheme, port] = address.tls ? ['https', 15671] : ['http', 15672]
  const urls = address.hosts.map(({host}) => new URL(`${scheme}://${bracketed(host)}:${port}/`))
  const taken = urls.map((url) => url.origin).join(', ')
  options.onNotice?.(`management API taken to be ${taken} (${words.management})`)
  return urls
}

function parseManagement(text: string, allowPlaintext: boolean, words: Words): URL {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new MqliftError('usage', `${redactUrl(text)} is not an http(s) address (${words.management})`, {
      suggestions: ['Management addresses look like https://host:15671/'],
    })
  const url = new URL(text)
  if (url.username || url.password)
    throw new MqliftError(
      'usage',
      `Leave user and password out of ${redactUrl(text)} (${words.management})`,
      {suggestions: ['The user is the one of the broker address', `Set ${words.managementPassword}`]},
    )
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  refuseMetadataAddress(host, text)
  if (url.protocol === 'http:' && !allowPlaintext && !isLoopback(host))
    throw new MqliftError('refused', `${url.origin} is not encrypted and not on this machine`, {
      reason: 'plaintext',
      suggestions: advice('Use https:// (usually port 15671)', orAccept(words)),
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

function wrongScheme(text: string, scheme: string | undefined, words: Words): MqliftError {
  const isFileToo = words.otherwise !== null
  const message =
    scheme === undefined
      ? `${redactUrl(text)} is ${isFileToo ? 'neither a file nor' : 'not'} a broker address`
      : `${scheme}:// is not an address mqlift can open. ${otherScheme(scheme, words)}`.trim()
  return new MqliftError('usage', message, {suggestions: advice(SUPPORTED, words.otherwise)})
}

function otherScheme(scheme: string, {management}: Words): string {
  if (scheme === 'http' || scheme === 'https')
    return `This is a management address: give it with ${management} and the broker as amqp${scheme.slice(4)}://`
  return OTHER_SCHEMES[scheme.replace(/(?<=amqp|stomp|mqtt|ws)s$/, '')] ?? ''
}

const malformed = (text: string, why: string): MqliftError =>
  new MqliftError('usage', `${redactUrl(text)} is not a broker address: ${why}`, {suggestions: [SUPPORTED]})

const passwordInAddress = (text: string, {password, prompt}: Words): MqliftError =>
  new MqliftError('usage', `Leave the password out of ${redactUrl(text)}: others can read it there`, {
    reason: 'password-in-address',
    suggestions: advice(`Set ${password}`, prompt),
  })
