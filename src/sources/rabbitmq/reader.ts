import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import type {NotRead} from '../../model/inventory.ts'
import {type Answer, endpointOf, type ManagementApi} from '../../protocols/management.ts'

/** What one list is, and what it takes to read it: the words of `notRead`. */
export interface Asked {
  readonly what: string
  readonly right: string
  /** What the administrator types to grant it, or how else to supply it. */
  readonly command: string
}

/** Asks the management API and keeps account of what it would not tell. */
export class EstateReader {
  readonly notRead: NotRead[] = []
  readonly #api: ManagementApi
  readonly #signal: AbortSignal

  constructor(api: ManagementApi, signal: AbortSignal) {
    this.#api = api
    this.#signal = signal
  }

  get user(): string {
    return this.#api.user
  }

  get address(): string {
    return this.#api.address
  }

  get(segments: readonly string[], query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#api.get(segments, query, this.#signal)
  }

  /** The items, or null when they were refused; then `notRead` says why. */
  async list<T>(
    segments: readonly string[],
    schema: z.ZodType<T>,
    asked: Asked,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T[] | null> {
    const answer = await this.get(segments, query)
    if (answer.ok) return parseList(answer.body, schema, answer.endpoint)
    this.refused(asked, answer)
    return null
  }

  async one<T>(segments: readonly string[], schema: z.ZodType<T>, asked: Asked): Promise<T | null> {
    const answer = await this.get(segments)
    if (answer.ok) return parse(answer.body, schema, answer.endpoint)
    this.refused(asked, answer)
    return null
  }

  refused(asked: Asked, answer: Answer & {ok: false}): void {
    this.notRead.push({what: asked.what, endpoint: answer.endpoint, ...missing(asked, answer)})
  }

  /** Not asked at all, because the answer would be incomplete without saying so. */
  skipped(segments: readonly string[], asked: Asked): void {
    this.notRead.push({
      what: asked.what,
      endpoint: endpointOf(segments),
      missingRight: asked.right,
      command: asked.command,
    })
  }
}

function missing(
  asked: Asked,
  {problem, status, reason}: Answer & {ok: false},
): {missingRight: string; command: string} {
  if (problem === 'not-permitted') return {missingRight: asked.right, command: asked.command}
  if (problem === 'statistics-off')
    return {missingRight: 'statistics, which are switched off on this broker', command: asked.command}
  if (problem === 'not-found')
    return {missingRight: 'a broker that has this endpoint: version or plugin', command: asked.command}
  return {missingRight: `an answer: HTTP ${status} ${reason}`, command: 'mqlift inspect (again)'}
}

export function parse<T>(body: unknown, schema: z.ZodType<T>, endpoint: string): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new MqliftError(
    'unreachable',
    `${endpoint} answered with something else: ${z.prettifyError(parsed.error)}`,
    {
      reason: 'not-management',
      suggestions: ['Check that --management is the address of a RabbitMQ management API'],
      cause: parsed.error,
    },
  )
}

/** A list, or one page of it. */
export function parseList<T>(body: unknown, schema: z.ZodType<T>, endpoint: string): T[] {
  return parse(body, z.array(schema), endpoint)
}
