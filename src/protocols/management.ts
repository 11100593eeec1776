import type {Dispatcher, Pool} from 'undici'

import {MqliftError} from '../errors.ts'
import {word} from '../model/shell.ts'
import {
  authorizationOf,
  codeOf,
  errorOf,
  type ManagementOptions,
  oneHeader,
  openPool,
  parseJson,
  readBounded,
  unanswered,
} from './management-http.ts'
import {advice, OF_SOURCE, type Words} from './words.ts'

export type {ManagementOptions} from './management-http.ts'

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
    this.#authorization = authorizationOf(options)
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
      throw unanswered(error, this.address, this.#words)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }

  get #words(): Words {
    return this.#options.words ?? OF_SOURCE
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
          `Check the user in the address, and the password: ${this.#words.managementPassword}`,
          `rabbitmqctl authenticate_user ${word(this.user)} <password>`,
        ],
      },
    )
  }

  #redirected(headers: Dispatcher.ResponseData['headers']): MqliftError {
    const location = oneHeader(headers['location']) ?? ''
    const to = URL.canParse(location, this.#url.href) ? new URL(location, this.#url).origin : 'somewhere else'
    return new MqliftError('unreachable', `${this.address} redirects to ${to}, which is not followed`, {
      reason: 'redirect',
      suggestions: [`Give the address that answers itself, ${to}/, with ${this.#words.management}`],
    })
  }

  #notTheApi(): MqliftError {
    return new MqliftError('unreachable', `${this.address} is not a RabbitMQ management API`, {
      reason: 'not-management',
      suggestions: advice(
        `Give the address of the API (usually port 15672 or 15671) with ${this.#words.management}`,
        'Switch it on: rabbitmq-plugins enable rabbitmq_management',
        this.#words.otherwise,
      ),
    })
  }
}

/** `GET /api/queues/%2F/orders`: how evidence and `notRead` name it. */
export function endpointOf(segments: readonly string[]): string {
  return `GET /api/${pathOf(segments)}`
}

/** Segments of a path below `/api`, each encoded so that a name cannot leave its place (SEC-31). */
export const pathOf = (segments: readonly string[]): string => segments.map(encodeSegment).join('/')

/** A name made of dots would be taken for a step through the path. */
function encodeSegment(segment: string): string {
  return /^\.+$/.test(segment) ? segment.replaceAll('.', '%2E') : encodeURIComponent(segment)
}

function problemOf(status: number, said: {error: string; reason: string}): Problem {
  if (status === 401 || status === 403) return 'not-permitted'
  if (status === 404 || status === 405) return 'not-found'
  if (said.error === 'page_out_of_range') return 'page-out-of-range'
  // The API has no code of its own for this one: 400 bad_request with these words (3.10 to 4.0).
  if (status === 400 && said.reason.startsWith('Stats in management UI are disabled')) return 'statistics-off'
  return status >= 500 || status === 429 ? 'server-error' : 'bad-request'
}
