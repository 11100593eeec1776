import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import {credentials, managementUrls, parseAddress, redactUrl} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {ManagementWriter, type Written} from '../../protocols/management-writer.ts'
import {ManagementApi, type ManagementOptions} from '../../protocols/management.ts'
import {nodeTls} from '../../protocols/tls.ts'
import {OF_SOURCE} from '../../protocols/words.ts'
import {atLeast, parseVersion} from '../../routing/version.ts'
import type {Shovel, ShovelHost, ShovelName, ShovelState} from '../shovels.ts'

/** From 4.0 a shovel declares its target anew, as a classic queue, unless told that it is there (rabbitmq.md 3.5). */
const PREDECLARED_SINCE = 4
/**
 * A shovel that fails starts again after so many seconds, and publishes again what was not confirmed: seldom, so that one
 * that fails on every attempt is given up before it has repeated much.
 */
const RECONNECT_SECONDS = 30
const CONNECT_MS = 30_000

const Status = z.object({
  name: z.string(),
  state: z.string().catch('unknown'),
  reason: z.string().nullish().catch(null),
})
const Overview = z.object({rabbitmq_version: z.string()})

/** A RabbitMQ that runs dynamic shovels. */
export async function openShovelHost(address: string, options: BrokerOptions): Promise<ShovelHost> {
  const {words = OF_SOURCE} = options
  const parsed = parseAddress(address, words)
  const {user, password} = credentials(parsed, options)
  const management: ManagementOptions = {
    urls: managementUrls(parsed, options),
    user,
    password: options.managementPassword ?? password,
    tls: await nodeTls(options.tls),
    words,
  }
  const patience = AbortSignal.timeout(CONNECT_MS)
  const api = await ManagementApi.connect(management, patience)
  const overview = await api.get(['overview'], {}, patience)
  const version = overview.ok ? Overview.safeParse(overview.body).data?.rabbitmq_version : undefined
  // What a shovel must be told depends on it.
  if (version === undefined) {
    await api[Symbol.asyncDispose]()
    throw notAsked(api.address, 'GET /api/overview', 'its version is not said')
  }
  const writer = new ManagementWriter(api.address, management)
  return new RabbitmqShovelHost({address: parsed.display, version, api, writer})
}

interface Parts {
  readonly address: string
  readonly version: string
  readonly api: ManagementApi
  readonly writer: ManagementWriter
}

class RabbitmqShovelHost implements ShovelHost {
  readonly address: string
  readonly version: string
  readonly #api: ManagementApi
  readonly #writer: ManagementWriter

  constructor({address, version, api, writer}: Parts) {
    this.address = address
    this.version = version
    this.#api = api
    this.#writer = writer
  }

  async put(shovel: Shovel, signal: AbortSignal): Promise<void> {
    const value = valueOf(shovel, this.version)
    const written = await this.#writer.write('PUT', parameter(shovel), {value}, signal)
    if (!written.ok) throw refused(written, shovel, this.#api)
  }

  async exists(shovel: ShovelName, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#api.get(parameter(shovel), {}, signal)
    if (answer.ok) return true
    if (answer.problem === 'not-found') return false
    throw notAsked(this.#api.address, answer.endpoint, answer.reason)
  }

  async state({vhost, name}: ShovelName, signal: AbortSignal): Promise<ShovelState | null> {
    // Only where rabbitmq_shovel_management is enabled.
    const answer = await this.#api.get(['shovels', vhost], {}, signal)
    const own = answer.ok
      ? z
          .array(Status)
          .catch([])
          .parse(answer.body)
          .find((one) => one.name === name)
      : null
    // It may quote an address with all that is in it.
    return own ? {word: own.state, reason: own.reason ? visible(redactUrl(own.reason)) : null} : null
  }

  async remove(shovel: ShovelName, signal: AbortSignal): Promise<void> {
    const written = await this.#writer.write('DELETE', parameter(shovel), undefined, signal)
    if (!written.ok && written.status !== 404) throw notAsked(this.#api.address, written.call, written.reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
    await this.#api[Symbol.asyncDispose]()
  }
}

const parameter = ({vhost, name}: ShovelName): string[] => ['parameters', 'shovel', vhost, name]

/** Acknowledged at one end only when the other has confirmed. */
function valueOf({from, to, messages, prefetch}: Shovel, version: string): object {
  return {
    'src-protocol': 'amqp091',
    'src-uri': from.uris,
    'src-queue': from.queue,
    'src-prefetch-count': prefetch,
    'src-delete-after': messages ?? 'queue-length',
    'dest-protocol': 'amqp091',
    'dest-uri': to.uris,
    'dest-queue': to.queue,
    'dest-add-forward-headers': false,
    'ack-mode': 'on-confirm',
    'reconnect-delay': RECONNECT_SECONDS,
    ...(atLeast(parseVersion(version), PREDECLARED_SINCE) && {'dest-predeclared': true}),
  }
}

type Refusal = Pick<Extract<Written, {ok: false}>, 'call' | 'status' | 'reason'>

function refused(
  {call, status, reason}: Refusal,
  {vhost, name}: ShovelName,
  api: ManagementApi,
): MqliftError {
  const said = visible(redactUrl(reason))
  if (status === 401 || status === 403) {
    return new MqliftError(
      'unreachable',
      `${api.address} does not let ${api.user} manage shovels: ${call}: ${said}`,
      {
        reason: 'not-permitted',
        suggestions: [
          `rabbitmqctl set_user_tags ${word(api.user)} policymaker monitoring`,
          `it must have some permission on virtual host ${visible(vhost)}, too: rabbitmqctl list_permissions -p ${word(vhost)}`,
        ],
      },
    )
  }
  return new MqliftError('unreachable', `${api.address} did not take shovel ${name}: ${call}: ${said}`, {
    reason: 'shovel-refused',
    suggestions: [
      'does it run shovels? rabbitmq-plugins enable rabbitmq_shovel rabbitmq_shovel_management',
      'or move without them: leave --engine away',
    ],
  })
}

/** A shovel that is at work goes on, whoever can ask about it. */
const notAsked = (address: string, call: string, reason: string): MqliftError =>
  new MqliftError(
    'unreachable',
    `${address} could not be asked about shovels: ${call}: ${visible(redactUrl(reason))}`,
    {
      reason: 'no-answer',
      suggestions: [
        'run the same command again: shovels at work go on, and are counted when they have ended',
      ],
    },
  )
