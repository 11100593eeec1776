import {promisify} from 'node:util'
import {gunzip as gunzipCallback} from 'node:zlib'

import {type Dispatcher, Pool} from 'undici'

import {MqliftError} from '../errors.ts'
import type {Secret} from '../model/secret.ts'
import {codeOf as codeOfCause, SOCKET_WORDS} from './socket-errors.ts'
import {explainTlsError, type NodeTlsOptions} from './tls.ts'
import {advice, OF_SOURCE, type Words} from './words.ts'

const gunzip = promisify(gunzipCallback)

/** 100,000 queues with all fields are about 140 MB; V8 strings end at 512 MiB. */
const MOST_BYTES = 400 * 1024 * 1024
/** One list of 10,000 queues took a loaded broker 3.4 s (performance.md); ten times that is not an answer. */
const HEADERS_TIMEOUT_MS = 60_000
const BODY_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 10_000

export interface ManagementOptions {
  /** Base URLs of the same cluster, tried in order. */
  readonly urls: readonly URL[]
  readonly user: string
  readonly password: Secret
  readonly tls: NodeTlsOptions
  /** How advice speaks of this broker; a source when undefined. */
  readonly words?: Words
  readonly timeouts?: {readonly connect?: number; readonly headers?: number; readonly body?: number}
}

export function authorizationOf({user, password}: ManagementOptions): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64')}`
}

export function openPool(url: URL, {tls, timeouts}: ManagementOptions): Pool {
  return new Pool(url.origin, {
    connections: 4,
    headersTimeout: timeouts?.headers ?? HEADERS_TIMEOUT_MS,
    bodyTimeout: timeouts?.body ?? BODY_TIMEOUT_MS,
    connect: {...tls, timeout: timeouts?.connect ?? CONNECT_TIMEOUT_MS},
  })
}

export async function readBounded(response: Dispatcher.ResponseData): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response.body) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    size += bytes.length
    if (size > MOST_BYTES) throw tooLarge()
    chunks.push(bytes)
  }
  const whole = Buffer.concat(chunks)
  if (oneHeader(response.headers['content-encoding']) !== 'gzip') return whole
  try {
    return await gunzip(whole, {maxOutputLength: MOST_BYTES})
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw error
  }
}

const tooLarge = (): MqliftError =>
  new MqliftError(
    'unreachable',
    `The management API answered with more than ${MOST_BYTES / 1024 / 1024} MiB`,
    {
      reason: 'answer-too-large',
      suggestions: ['Inspect one virtual host at a time: amqps://user@host/<vhost>'],
    },
  )

export function parseJson(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return value
  } catch {
    return undefined
  }
}

export function errorOf(body: unknown): {error: string; reason: string} {
  const fields = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  )
  const text = (key: string): string => {
    const value = fields.get(key)
    return typeof value === 'string' ? value : ''
  }
  return {error: text('error'), reason: text('reason') || text('error')}
}

/** undici's parser errors have a name only. */
export function codeOf(error: unknown): string | undefined {
  const code = codeOfCause(error)
  if (code !== undefined || !(error instanceof Error)) return code
  return codeOf(error.cause) ?? (error.name === 'Error' ? undefined : error.name)
}

export const oneHeader = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

/** A request that got no answer, in the operator's words. */
export function unanswered(error: unknown, address: string, words = OF_SOURCE): MqliftError {
  const code = codeOf(error)
  const tls = explainTlsError(code, words)
  const why = tls?.why ?? WHY[code ?? ''] ?? `no answer (${code ?? 'for an unknown reason'})`
  return new MqliftError('unreachable', `${address}: ${why}`, {
    cause: error,
    reason: tls ? 'tls' : 'no-answer',
    suggestions: advice(
      tls?.suggestion ?? null,
      `Give the address of the management API with ${words.management}`,
      words.otherwise,
    ),
  })
}

const WHY: Readonly<Record<string, string>> = {
  ...SOCKET_WORDS,
  ETIMEDOUT: 'no connection in time',
  HTTPParserError: 'it does not speak HTTP on this port',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  UND_ERR_SOCKET: 'the connection was cut',
}
