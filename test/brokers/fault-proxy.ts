import {existsSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {buffer} from 'node:stream/consumers'

/** What an AWS call carried. */
export interface SeenRequest {
  /** `SendMessageBatch`, `GetQueueAttributes` … */
  readonly action: string
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

export interface ProxyAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What to do with a request. `answer`: instead of asking the server. `cut`: close the socket, before the request is
 * passed on or after the server has answered. `hang`: say nothing. `pass`: ask the server, after changing the
 * request, before changing the answer; the answer is kept until `held` resolves.
 */
export type Fault =
  | {readonly do: 'answer'; readonly answer: ProxyAnswer}
  | {readonly do: 'cut'; readonly when: 'before' | 'after'}
  | {readonly do: 'hang'; readonly when: 'before' | 'after'}
  | {
      readonly do: 'pass'
      request?(body: Buffer): Buffer
      response?(body: string): string
      /** Another one than the server's. */
      readonly status?: number
      readonly held?: Promise<unknown>
    }

export type Rule = (request: SeenRequest, count: number) => Fault | undefined

/** An HTTP proxy in front of an emulator that misbehaves as AWS and networks do. Records every action (SEC-45). */
export class FaultProxy implements AsyncDisposable {
  readonly requests: SeenRequest[] = []
  /** Asked for every request; undefined = pass it on as it is. */
  rule: Rule = () => undefined
  /** Added to every answer, milliseconds. */
  latency = 0
  readonly #upstream: string
  readonly #server: Server

  private constructor(upstream: string) {
    this.#upstream = upstream
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  static async to(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** Calls of one action, all of them without a name. */
  count(action?: string): number {
    return this.requests.filter((request) => action === undefined || request.action === action).length
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const seen: SeenRequest = {action: actionOf(request, body), body, headers: request.headers}
    const number = this.count(seen.action)
    this.requests.push(seen)
    const fault = this.rule(seen, number) ?? {do: 'pass'}
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency))
    if (fault.do === 'answer') return send(response, fault.answer)
    if (fault.do !== 'pass' && fault.when === 'before') return fault.do === 'cut' ? cut(response) : undefined
    const answer = await this.#ask(request, fault.do === 'pass' && fault.request ? fault.request(body) : body)
    if (fault.do === 'cut') return cut(response)
    if (fault.do === 'hang') return
    await fault.held
    const {status = answer.status} = fault
    send(response, {...answer, status, body: fault.response ? fault.response(answer.body) : answer.body})
  }

  async #ask({url = '/', method = 'POST', headers}: IncomingMessage, body: Buffer): Promise<ProxyAnswer> {
    const kept = Object.entries(headers).filter(
      ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name),
    )
    const answer = await fetch(this.#upstream + url, {
      method,
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      body: new Uint8Array(body),
    })
    const type = answer.headers.get('content-type') ?? 'application/x-amz-json-1.0'
    return {status: answer.status, headers: {'content-type': type}, body: await answer.text()}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function actionOf({headers}: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return target.split('.')[1] ?? target
  return new URLSearchParams(body.toString('latin1')).get('Action') ?? 'unknown'
}

function send(response: ServerResponse, {status, headers, body}: ProxyAnswer): void {
  response.writeHead(status, {'content-type': 'application/x-amz-json-1.0', ...headers})
  response.end(body)
}

function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

/** An error of AWS in the JSON protocol. */
export function awsError(status: number, type: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({__type: `com.amazonaws.sqs#${type}`, message: 'made by the fault proxy'})
  return {do: 'answer', answer: {status, headers, body}}
}

/** Refuses sends above a rate, counted in messages, as a token bucket does. */
export function throttleBucket(perSecond: number, burst: number, now: () => number): Rule {
  let tokens = burst
  let filledAt = now()
  return ({action, body}) => {
    if (action !== 'SendMessageBatch') return undefined
    const {Entries}: {Entries: unknown[]} = JSON.parse(body.toString('utf8'))
    tokens = Math.min(burst, tokens + ((now() - filledAt) / 1000) * perSecond)
    filledAt = now()
    if (tokens < Entries.length) return awsError(400, 'RequestThrottled')
    tokens -= Entries.length
    return undefined
  }
}

/** Entries of which `fails` is true never reach the server and come back in `Failed`. */
export function failEntries(
  fails: (id: string) => boolean,
  code = 'InternalError',
  senderFault = false,
): Rule {
  return ({body}) => {
    const parsed: {Entries: {Id: string}[]} = JSON.parse(body.toString('utf8'))
    const passed = parsed.Entries.filter(({Id}) => !fails(Id))
    const Failed = parsed.Entries.filter(({Id}) => fails(Id)).map(({Id}) => ({
      Id,
      Code: code,
      SenderFault: senderFault,
      Message: 'made by the fault proxy',
    }))
    if (passed.length === 0) return {do: 'answer', answer: {status: 200, body: JSON.stringify({Failed})}}
    return {
      do: 'pass',
      request: () => Buffer.from(JSON.stringify({...parsed, Entries: passed})),
      response: (answer) => JSON.stringify({...JSON.parse(answer), Failed}),
    }
  }
}

/** The service stored something else than we sent: says so by its digest. */
export function wrongDigest(field: 'MD5OfMessageBody' | 'MD5OfMessageAttributes', id: string): Fault {
  return {
    do: 'pass',
    response(body) {
      const parsed: {Successful: Record<string, string>[]} = JSON.parse(body)
      const changed = parsed.Successful.map((one) =>
        one['Id'] === id ? {...one, [field]: '0'.repeat(32)} : one,
      )
      return JSON.stringify({...parsed, Successful: changed})
    },
  }
}

/** Credentials that have expired until somebody signs in, which a file tells. */
export function expiredUntil(file: string): Rule {
  return () => (existsSync(file) ? undefined : awsError(403, 'ExpiredTokenException'))
}

/** A service whose clock is ahead of ours: refuses signatures that are older than five minutes by it. */
export function clockAhead(milliseconds: number): Rule {
  return ({headers}) => {
    const signed = String(headers['x-amz-date']).replace(
      /^(....)(..)(..)T(..)(..)(..)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    )
    const now = Date.now() + milliseconds
    if (Math.abs(now - Date.parse(signed)) < 300_000) return undefined
    return awsError(403, 'InvalidSignatureException', {date: new Date(now).toUTCString()})
  }
}
