import type {Pool} from 'undici'

import {MqliftError} from '../errors.ts'
import {
  authorizationOf,
  errorOf,
  type ManagementOptions,
  openPool,
  parseJson,
  readBounded,
  unanswered,
} from './management-http.ts'
import {pathOf} from './management.ts'
import {OF_TARGET, type Words} from './words.ts'

/** What became of a write. A refusal is data: an import that is refused is done object by object. */
export type Written =
  | {readonly ok: true; readonly status: number}
  | {readonly ok: false; readonly status: number; readonly call: string; readonly reason: string}

/**
 * The write side of RabbitMQ's management API, for brokers that are targets and for nobody else: what reads a source
 * has no way to change it (SEC-43). Every call is one attempt; all of them may be repeated, because they set and remove
 * by name.
 */
export class ManagementWriter implements AsyncDisposable {
  readonly #url: URL
  readonly #pool: Pool
  readonly #authorization: string
  readonly #words: Words

  /** To the URL that answered reads. */
  constructor(address: string, options: ManagementOptions) {
    this.#url = new URL(`${address}/`)
    this.#pool = openPool(this.#url, options)
    this.#authorization = authorizationOf(options)
    this.#words = options.words ?? OF_TARGET
  }

  /** Throws MqliftError `unreachable` for what is not an answer of the API. */
  async write(
    method: 'PUT' | 'POST' | 'DELETE',
    segments: readonly string[],
    body: unknown,
    signal: AbortSignal,
  ): Promise<Written> {
    const call = `${method} /api/${pathOf(segments)}`
    const answer = await this.#request(method, `${this.#url.pathname}api/${pathOf(segments)}`, body, signal)
    if (answer.status >= 200 && answer.status < 300) return {ok: true, status: answer.status}
    // With another error word than this one, the user may not do it.
    if (answer.status === 401 && answer.error === 'not_authorized') throw this.#loginFailed(answer.reason)
    return {ok: false, status: answer.status, call, reason: answer.reason || `HTTP ${answer.status}`}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }

  async #request(
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{status: number; error: string; reason: string}> {
    const headers = {authorization: this.#authorization, accept: 'application/json'}
    const json = body === undefined ? {} : {body: JSON.stringify(body)}
    const type = body === undefined ? {} : {'content-type': 'application/json'}
    try {
      const response = await this.#pool.request({
        method,
        path,
        headers: {...headers, ...type},
        ...json,
        signal,
      })
      return {status: response.statusCode, ...errorOf(parseJson(await readBounded(response)))}
    } catch (error) {
      if (error instanceof MqliftError || signal.aborted) throw error
      throw unanswered(error, this.#url.href.replace(/\/$/, ''), this.#words)
    }
  }

  #loginFailed(reason: string): MqliftError {
    return new MqliftError(
      'unreachable',
      `${this.#url.origin} refused our user: ${reason || 'login failed'}`,
      {
        reason: 'login-failed',
        suggestions: [`Check the user in the address, and the password: ${this.#words.managementPassword}`],
      },
    )
  }
}
