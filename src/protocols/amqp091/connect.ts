import type {ChannelModel} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import type {Secret} from '../../model/secret.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import {firstHost} from '../first-host.ts'
import {codeOf, SOCKET_WORDS} from '../socket-errors.ts'
import {explainTlsError, type NodeTlsOptions} from '../tls.ts'
import {OF_SOURCE, type Words} from '../words.ts'
import {AmqpConnection} from './connection.ts'
import {DeadlinePassed, withDeadline} from './deadline.ts'
import {HandshakeRefused, losslessAmqplib} from './lossless.ts'

export interface AmqpEndpoint {
  readonly tls: boolean
  /** Nodes of one cluster, tried in order; names are resolved anew at every attempt. Never empty. */
  readonly hosts: readonly {readonly host: string; readonly port: number}[]
  readonly user: string
  readonly password: Secret
  readonly vhost: string
}

export interface AmqpOptions {
  /** Used when the endpoint's `tls` is true. */
  readonly tls: NodeTlsOptions
  /** What operators see in the broker's list of connections. */
  readonly connectionName: string
  /** How advice speaks of this broker; a source when undefined. */
  readonly words?: Words
  /** Seconds. Two silent intervals end the connection. */
  readonly heartbeat?: number
  /** Milliseconds of silence allowed while connecting. */
  readonly timeout?: number
}

const HEARTBEAT_S = 20
const TIMEOUT_MS = 10_000

/** Opens a connection to the first host that answers. Throws MqliftError `unreachable`. */
export async function connect(
  endpoint: AmqpEndpoint,
  options: AmqpOptions,
  signal?: AbortSignal,
): Promise<AmqpConnection> {
  const attempt = async (host: Host): Promise<AmqpConnection> => {
    try {
      const timeout = options.timeout ?? TIMEOUT_MS
      return new AmqpConnection(await bounded(open(endpoint, host, options), timeout, signal))
    } catch (error) {
      throw signal?.aborted ? error : explain(error, endpoint, host, options.words)
    }
  }
  return firstHost(endpoint.hosts, attempt, {
    signal,
    isFinal: ({cause}) => cause instanceof HandshakeRefused,
  })
}

type Host = AmqpEndpoint['hosts'][number]

function open(endpoint: AmqpEndpoint, host: Host, options: AmqpOptions): Promise<ChannelModel> {
  return losslessAmqplib().connect(
    {
      protocol: endpoint.tls ? 'amqps' : 'amqp',
      hostname: host.host,
      port: host.port,
      username: endpoint.user,
      password: endpoint.password.reveal(),
      // amqplib decodes it, also in this form.
      vhost: encodeURIComponent(endpoint.vhost),
      heartbeat: options.heartbeat ?? HEARTBEAT_S,
    },
    {
      ...(endpoint.tls ? options.tls : {}),
      noDelay: true,
      keepAlive: true,
      // Destroys the socket; that it took too long was said before.
      timeout: (options.timeout ?? TIMEOUT_MS) + 500,
      clientProperties: {connection_name: options.connectionName, product: 'mqlift'},
    },
  )
}

/** Rejects when it takes too long or the signal fires; a connection that opens after that is closed again. */
async function bounded(
  opening: Promise<ChannelModel>,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<ChannelModel> {
  const stop = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')), {signal: stop.signal})
  })
  try {
    return await withDeadline(Promise.race([opening, aborted]), timeout)
  } catch (error) {
    closeLater(opening)
    throw error
  } finally {
    stop.abort()
  }
}

function closeLater(opening: Promise<ChannelModel>): void {
  opening.then(
    (model) => new AmqpConnection(model)[Symbol.asyncDispose](),
    () => {},
  )
}

function explain(error: unknown, endpoint: AmqpEndpoint, host: Host, words = OF_SOURCE): MqliftError {
  const display = `${endpoint.tls ? 'amqps' : 'amqp'}://${host.host}:${host.port}`
  if (error instanceof HandshakeRefused) return refused(error, endpoint, display, words)
  const code = error instanceof DeadlinePassed ? 'ETIMEDOUT' : codeOf(error)
  const tls = explainTlsError(code, words)
  if (tls)
    return new MqliftError('unreachable', `${display}: ${tls.why}`, {
      cause: error,
      reason: 'tls',
      suggestions: [tls.suggestion],
    })
  const why = SOCKET_WORDS[code ?? '']
  if (why === undefined) return notAmqp(error, endpoint, display, words)
  return new MqliftError('unreachable', `${display}: ${why}`, {
    cause: error,
    reason: 'no-answer',
    suggestions: ['Check host and port, and that a firewall lets this machine through'],
  })
}

function refused(
  error: HandshakeRefused,
  endpoint: AmqpEndpoint,
  display: string,
  words: Words,
): MqliftError {
  const said = visible(error.reply)
  if (error.code === 403)
    return new MqliftError('unreachable', `${display} refused user ${visible(endpoint.user)}: ${said}`, {
      cause: error,
      reason: 'login-failed',
      suggestions: [
        `Check the user in the address, and the password: ${words.password}`,
        'guest may sign in from the broker’s own machine only',
      ],
    })
  const vhost = visible(endpoint.vhost)
  return new MqliftError('unreachable', `${display} refused virtual host ${vhost}: ${said}`, {
    cause: error,
    reason: 'vhost-refused',
    suggestions: [
      'rabbitmqctl list_vhosts',
      `rabbitmqctl set_permissions -p <vhost> ${word(endpoint.user)} '' '' '.*'`,
    ],
  })
}

/** The socket opened, so something is there; it closed or answered with something else. */
function notAmqp(error: unknown, endpoint: AmqpEndpoint, display: string, words: Words): MqliftError {
  return new MqliftError('unreachable', `${display} answered, but not in AMQP 0-9-1`, {
    cause: error,
    reason: 'not-amqp',
    suggestions: [
      endpoint.tls
        ? 'Check the port: AMQP over TLS is usually 5671'
        : 'Check the port: AMQP is usually 5672; a port that wants TLS needs amqps://',
      `The management address (15672) goes to ${words.management}`,
    ],
  })
}
