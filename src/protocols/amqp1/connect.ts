import type net from 'node:net'

import rhea from 'rhea'
import type {Connection} from 'rhea'

import {MqliftError} from '../../errors.ts'
import type {Secret} from '../../model/secret.ts'
import {visible} from '../../model/visible.ts'
import {firstHost} from '../first-host.ts'
import {openSocket} from '../open-socket.ts'
import {codeOf, SOCKET_WORDS} from '../socket-errors.ts'
import {explainTlsError, type NodeTlsOptions} from '../tls.ts'
import {OF_SOURCE, type Words} from '../words.ts'

export interface Amqp1Endpoint {
  readonly tls: boolean
  /** Tried in order: of an active/standby pair only the active one listens. Never empty. */
  readonly hosts: readonly {readonly host: string; readonly port: number}[]
  readonly user: string
  readonly password: Secret
}

export interface Amqp1Options {
  /** Used when the endpoint's `tls` is true. */
  readonly tls: NodeTlsOptions
  /** What operators see in the broker's list of connections. */
  readonly connectionName: string
  /** Milliseconds of silence allowed while connecting. */
  readonly timeout?: number
  /** How advice speaks of this broker; a source when undefined. */
  readonly words?: Words
}

/** An open connection, and what the broker says of itself. */
export interface Amqp1Connection {
  readonly connection: Connection
  readonly host: string
  readonly product: string | undefined
  readonly version: string | undefined
  /** Says goodbye; a broker that does not answer is left all the same. */
  close(): void
  /** Leaves without a word. */
  destroy(): void
}

const GOODBYE_MS = 2000
const TIMEOUT_MS = 10_000
let connections = 0

/** Opens a connection to the first host that answers. Throws MqliftError `unreachable`. */
export async function connectAmqp1(
  endpoint: Amqp1Endpoint,
  options: Amqp1Options,
  signal: AbortSignal,
): Promise<Amqp1Connection> {
  return firstHost(endpoint.hosts, (host) => open(endpoint, host, options, signal), {
    signal,
    isFinal: ({reason}) => reason === 'login-failed' || reason === 'tls',
  })
}

type Host = Amqp1Endpoint['hosts'][number]

async function open(
  endpoint: Amqp1Endpoint,
  {host, port}: Host,
  options: Amqp1Options,
  signal: AbortSignal,
): Promise<Amqp1Connection> {
  const display = `${endpoint.tls ? 'amqps' : 'amqp'}://${host}:${port}`
  const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeout ?? TIMEOUT_MS)])
  try {
    const socket = await openSocket({host, port, tls: endpoint.tls}, options.tls, limit)
    const connection = greet(socket, endpoint, {host, port}, options)
    await opened(connection, limit).catch((error: unknown) => {
      socket.destroy()
      throw error
    })
    return {connection, host: display, ...peerOf(connection), ...waysOut(connection, socket)}
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw explain(error, display, endpoint, options)
  }
}

function greet(
  socket: net.Socket,
  endpoint: Amqp1Endpoint,
  {host, port}: Host,
  options: Amqp1Options,
): Connection {
  const container = rhea.create_container()
  // Nobody listens to it before it is open; without a listener a failure would be a crash.
  for (const event of ['error', 'protocol_error', 'disconnected', 'connection_error', 'session_error'])
    container.on(event, () => {})
  return container.connect({
    host,
    port,
    username: endpoint.user,
    password: endpoint.password.reveal(),
    // Broker-wide unique: a second connection of the same name is refused.
    container_id: `${options.connectionName}:${process.pid}-${++connections}`,
    reconnect: false,
    // No idle_time_out: ActiveMQ 5.18.3 with a full store sends nothing at all, no empty frames either (seen 2026-11-24),
    // and would be taken for dead. A peer that is gone is found by TCP: by its keep-alive when it took
    // all we sent, else when the system gives up sending again (about 15 minutes on Linux).
    properties: {product: 'mqlift'},
    connection_details: () => ({
      host,
      port,
      connect: (_port: number, _host: string, _options: unknown, ready: () => void) => {
        setImmediate(ready)
        return socket
      },
    }),
  })
}

function waysOut(connection: Connection, socket: net.Socket): Pick<Amqp1Connection, 'close' | 'destroy'> {
  const destroy = (): void => void socket.destroy()
  return {
    destroy,
    close(): void {
      if (socket.destroyed) return
      connection.close()
      const late = setTimeout(destroy, GOODBYE_MS)
      socket.once('close', () => clearTimeout(late))
    },
  }
}

/** Of the broker's error: what it is called, and what it says. */
export interface Condition {
  readonly condition?: string
  readonly description?: string
  readonly code?: string
}

class HandshakeFailed extends Error {
  override readonly name = 'HandshakeFailed'
  readonly said: Condition

  constructor(said: Condition) {
    super(said.description ?? said.condition ?? 'the connection was closed')
    this.said = said
  }
}

async function opened(connection: Connection, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>()
  const fail = (context: {error?: unknown}): void =>
    done.reject(new HandshakeFailed(conditionOf(context.error)))
  connection.once('connection_open', () => done.resolve())
  for (const event of ['connection_error', 'connection_close', 'disconnected', 'protocol_error'])
    connection.once(event, fail)
  const abort = (): void => done.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    await done.promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function conditionOf(error: unknown): Condition {
  if (typeof error !== 'object' || error === null) return {}
  const read = (name: string): Record<string, string> => {
    const value: unknown = Reflect.get(error, name)
    return typeof value === 'string' ? {[name]: value} : {}
  }
  return {...read('condition'), ...read('description'), ...read('code')}
}

function peerOf({properties}: Connection): {product: string | undefined; version: string | undefined} {
  const said: unknown = properties
  const read = (name: string): string | undefined => {
    const value: unknown = typeof said === 'object' && said !== null ? Reflect.get(said, name) : undefined
    return typeof value === 'string' ? value : undefined
  }
  return {product: read('product'), version: read('version')}
}

function explain(
  error: unknown,
  display: string,
  {user}: Amqp1Endpoint,
  {words = OF_SOURCE}: Amqp1Options,
): MqliftError {
  const unreachable = (reason: string, why: string, suggestions: string[]): MqliftError =>
    new MqliftError('unreachable', `${display}${why}`, {cause: error, reason, suggestions})
  if (error instanceof HandshakeFailed) {
    const {condition = '', description = ''} = error.said
    if (/unauthorized|security|invalid-field/i.test(condition) || /authenticat|password/i.test(description))
      return unreachable('login-failed', ` refused user ${visible(user)}: ${visible(error.message)}`, [
        `Check the user in the address, and the password: ${words.password}`,
      ])
    return unreachable('not-amqp', ' answered, but not in AMQP 1.0', [
      'Check the port: AMQP over TLS is usually 5671; OpenWire (61617) and STOMP (61614) are not spoken here',
      'Releases of ActiveMQ since May 2026 open AMQP only when activemq.xml says so',
    ])
  }
  const code = codeOf(error)
  const tlsError = explainTlsError(code, words)
  if (tlsError) return unreachable('tls', `: ${tlsError.why}`, [tlsError.suggestion])
  return unreachable('no-answer', `: ${SOCKET_WORDS[code ?? ''] ?? 'no answer in time'}`, [
    'Check host and port, and that a firewall or security group lets this machine through',
  ])
}
