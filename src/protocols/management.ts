import {promisify} from 'node:util'
import {gunzip as gunzipCallback} from 'node:zlib'

import {type Dispatcher, Pool} from 'undici'

import {MqliftError} from '../errors.ts'
import type {Secret} from '../model/secret.ts'
import {explainTlsError, type NodeTlsOptions} from './tls.ts'

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
  readonly timeouts?: {readonly connect?: number; readonly headers?: number; readonly body?: number}
}

/** What the API said. A refusal is data: any subset of rights must work. */
export type Answer =
  | {readonly ok: true; readonly endpoint: string; readonly body: unknown; readonly date: string | undefined}
  | {
      readonly ok: false
      readonly endpoint: string
      readonly status: number
      readonly problem: Problem
      /** The server's own words. */
      readonly reason: string
    }

export type Problem =
  | 'not-permitted'
  | 'not-found'
  | 'statistics-off'
  | 'page-out-of-range'
  | 'bad-request'
  | 'server-error'

/**
 * RabbitMQ's management API, read only: there is no way to send anything but GET (SEC-43). Redirects are not
 * followed and credentials go to the configured origin alone (SEC-16).
 */
export class ManagementApi implements AsyncDisposable {
  readonly #options: ManagementOptions
  readonly #authorization: string
  #pool: Pool
  #url: URL

  private constructor(options: ManagementOptions, url: URL) {
    this.#options = options
    this.#url = url
    this.#pool = openPool(url, options)
    const credentials = `${options.user}:${options.password.reveal()}`
    this.#authorization = `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`
  }

  /** Connects to the first URL that answers. Throws `unreachable` when none does or the password is wrong. */
  static async connect(options: ManagementOptions, signal: AbortSignal): Promise<ManagementApi> {
    let failure: Error | undefined
    for (const url of options.urls) {
      const api = new ManagementApi(options, url)
      try {
        await api.get(['whoami'], {}, signal)
        return api
      } catch (error) {
        await api[Symbol.asyncDispose]()
        // Wrong credentials are wrong on every node: trying them all only locks accounts.
        if (error instanceof MqliftError && error.reason === 'login-failed') throw error
        failure ??= error instanceof Error ? error : new Error(String(error))
      }
    }
    throw failure ?? new MqliftError('usage', 'No management address')
  }

  get address(): string {
    return this.#url.href.replace(/\/$/, '')
  }

  get user(): string {
    return this.#options.user
  }

  /**
   * `GET <base>/api/<segments>`; segments are encoded here, so that a name cannot leave its place (SEC-31).
   * Throws MqliftError `unreachable` for what is not an answer of the API, and for a wrong password.
   */
  async get(
    segments: readonly string[],
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const endpoint = endpointOf(segments)
    const parameters = new URLSearchParams(query).toString()
    const path = `${this.#url.pathname}${endpoint.slice('GET /'.length)}${parameters && `?${parameters}`}`
    try {
      return await this.#request(endpoint, path, signal)
    } catch (error) {
      if (error instanceof MqliftError || signal.aborted) throw error
      throw this.#explain(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }

  async #request(endpoint: string, path: string, signal: AbortSignal): Promise<Answer> {
    const response = await this.#send(path, signal)
    const body = parseJson(await readBounded(response))
    const {statusCode: status, headers} = response
    if (status >= 300 && status < 400) throw this.#redirected(headers)
    if (status === 200 && body !== undefined)
      return {ok: true, endpoint, body, date: oneHeader(headers['date'])}
    return this.#refusal(endpoint, status, body)
  }

  #refusal(endpoint: string, status: number, body: unknown): Answer {
    const said = errorOf(body)
    // With a z: the password is wrong. With an s: the user may not ask this.
    if (status === 401 && (said.error === 'not_authorized' || body === undefined))
      throw this.#loginFailed(said.reason)
    if (body === undefined && status !== 404 && status < 500) throw this.#notTheApi()
    return {ok: false, endpoint, status, problem: problemOf(status, said), reason: said.reason}
  }

  async #send(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers = {
      authorization: this.#authorization,
      accept: 'application/json',
      'accept-encoding': 'gzip',
    }
    try {
      return await this.#pool.request({method: 'GET', path, headers, signal})
    } catch (error) {
      // The server may close an idle connection just as we use it; a GET can be asked again.
      if (!['UND_ERR_SOCKET', 'ECONNRESET'].includes(codeOf(error) ?? '')) throw error
      return this.#pool.request({method: 'GET', path, headers, signal})
    }
  }

  #loginFailed(reason: string): MqliftError {
    return new MqliftError(
      'unreachable',
      `${this.address} refused user ${this.user}: ${reason || 'login failed'}`,
      {
        reason: 'login-failed',
        suggestions: [
          'Check the user in the address and the password (MQLIFT_MANAGEMENT_PASSWORD, MQLIFT_SOURCE_PASSWORD)',
          `rabbitmqctl authenticate_user ${this.user} <password>`,
        ],
      },
    )
  }

  #redirected(headers: Dispatcher.ResponseData['headers']): MqliftError {
    const location = oneHeader(headers['location']) ?? ''
    const to = URL.canParse(location, this.#url.href) ? new URL(location, this.#url).origin : 'somewhere else'
    return new MqliftError('unreachable', `${this.address} redirects to ${to}, which is not followed`, {
      reason: 'redirect',
      suggestions: [`Give the address that answers itself: --management ${to}/`],
    })
  }

  #notTheApi(): MqliftError {
    return new MqliftError('unreachable', `${this.address} is not a RabbitMQ management API`, {
      reason: 'not-management',
      suggestions: [
        'Give the address of the API with --management (usually port 15672 or 15671)',
        'Switch it on: rabbitmq-plugins enable rabbitmq_management',
        'Or work from a file: rabbitmqctl export_definitions definitions.json',
      ],
    })
  }

  #explain(error: unknown): MqliftError {
    const code = codeOf(error)
    const tls = explainTlsError(code)
    const why = tls?.why ?? WHY[code ?? ''] ?? `no answer (${code ?? 'for an unknown reason'})`
    return new MqliftError('unreachable', `${this.address}: ${why}`, {
      cause: error,
      reason: tls ? 'tls' : 'no-answer',
      suggestions: [
        ...(tls ? [tls.suggestion] : []),
        'Give the address of the management API with --management',
        'Or work from a file: rabbitmqctl export_definitions definitions.json',
      ],
    })
  }
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the name server did not answer',
  ETIMEDOUT: 'no connection in time',
  HTTPParserError: 'it does not speak HTTP on this port',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  UND_ERR_SOCKET: 'the connection was cut',
}

/** `GET /api/queues/%2F/orders`: how evidence and `notRead` name it. */
export function endpointOf(segments: readonly string[]): string {
  return `GET /api/${segments.map(encodeSegment).join('/')}`
}

/** A name made of dots would be taken for a step through the path. */
function encodeSegment(segment: string): string {
  return /^\.+$/.test(segment) ? segment.replaceAll('.', '%2E') : encodeURIComponent(segment)
}

function openPool(url: URL, {tls, timeouts}: ManagementOptions): Pool {
  return new Pool(url.origin, {
    connections: 4,
    headersTimeout: timeouts?.headers ?? HEADERS_TIMEOUT_MS,
    bodyTimeout: timeouts?.body ?? BODY_TIMEOUT_MS,
    connect: {...tls, timeout: timeouts?.connect ?? CONNECT_TIMEOUT_MS},
  })
}

async function readBounded(response: Dispatcher.ResponseData): Promise<Buffer> {
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

function parseJson(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return value
  } catch {
    return undefined
  }
}

function errorOf(body: unknown): {error: string; reason: string} {
  const fields = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  )
  const text = (key: string): string => {
    const value = fields.get(key)
    return typeof value === 'string' ? value : ''
  }
  return {error: text('error'), reason: text('reason') || text('error')}
}

function problemOf(status: number, said: {error: string; reason: string}): Problem {
  if (status === 401 || status === 403) return 'not-permitted'
  if (status === 404 || status === 405) return 'not-found'
  if (said.error === 'page_out_of_range') return 'page-out-of-range'
  // The API has no code of its own for this one: 400 bad_request with these words (3.10 to 4.0).
  if (status === 400 && said.reason.startsWith('Stats in management UI are disabled')) return 'statistics-off'
  return status >= 500 || status === 429 ? 'server-error' : 'bad-request'
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  // undici's parser errors have a name only.
  return codeOf(error.cause) ?? (error.name === 'Error' ? undefined : error.name)
}

const oneHeader = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
