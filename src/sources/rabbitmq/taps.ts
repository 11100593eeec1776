import {setTimeout as sleep} from 'node:timers/promises'

import type {Channel, Options} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import {parseId} from '../../model/id.ts'
import type {Tap} from '../../model/plan.ts'
import {word} from '../../model/shell.ts'
import {overflowOf} from '../../model/tap.ts'
import {visible} from '../../model/visible.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {notSaid, queueState, replyCode, withChannel} from '../../protocols/amqp091/queue-state.ts'
import type {ManagementApi} from '../../protocols/management.ts'
import {parseVersion} from '../../routing/version.ts'
import type {Taps} from '../source.ts'
import {type QueueName, type QueueNow, readQueueNow} from './read/queue-now.ts'
import {bindingsFor, bindingsNotKnown, bindingsOf, isSurplus, stillBound, unbindAll} from './tap-bindings.ts'

export interface TapPorts {
  readonly connection: (vhost: string) => Promise<AmqpConnection>
  /** Undefined = whether a policy applies to the tap is not known. */
  readonly api: () => Promise<ManagementApi | undefined>
}

/** A tap that nobody reads must not fill the broker: whichever bound comes first. */
const MOST_BYTES = 2 ** 30
/** The overflow queue keeps and counts this many; it is there to be seen, not to be a second tap. */
const OVERFLOW_MESSAGES = 10_000
const OVERFLOW_BYTES = 2 ** 28
/** Quorum queues give a message up after 20 deliveries unless told otherwise, from 4.0 on. */
const UNLIMITED_SINCE = 4
const ANSWER_MS = 10_000
const POLL_MS = 300

/** Settings of a policy that would take messages out of a tap behind our back. */
const REMOVERS: ReadonlySet<string> = new Set([
  'message-ttl',
  'expires',
  'max-length',
  'max-length-bytes',
  'overflow',
  'dead-letter-exchange',
])

/**
 * Taps of RabbitMQ. Bounded by `drop-head`: `reject-publish` would refuse the message to its publisher for all queues,
 * because ours is full. What is dropped is dead-lettered into the overflow queue, whose length is the count. No
 * `x-expires`: a tap that is deleted with messages in it would have lost them without a word.
 */
export class RabbitmqTaps implements Taps {
  readonly #ports: TapPorts

  constructor(ports: TapPorts) {
    this.#ports = ports
  }

  async make(queue: string, tap: Tap, signal: AbortSignal): Promise<'made' | 'found'> {
    const {vhost, name} = parseId(queue)
    const connection = await this.#ports.connection(vhost)
    const found = (await lengthOf(connection, name)) !== null
    const overflow = parseId(overflowOf(queue)).name
    try {
      await withChannel(connection, async (channel) => {
        await channel.assertQueue(overflow, overflowQueue())
        await channel.assertQueue(name, tapQueue(tap, overflow, connection.version))
        if (!found) await this.#assertNoPolicy(vhost, name, {channel, overflow, signal})
        for (const key of tap.keys) await channel.bindQueue(name, parseId(tap.exchange).name, key)
        const bound = found ? await bindingsOf(await this.#ports.api(), {vhost, name}, signal) : undefined
        // Of a plan before this one; after the others, so that no message falls in between.
        await unbindAll(channel, name, bound?.filter((binding) => isSurplus(tap, binding)) ?? [])
      })
    } catch (error) {
      throw explain(error, queue, tap)
    }
    return found ? 'found' : 'made'
  }

  async overflowed(queue: string): Promise<number> {
    const {vhost, name} = parseId(overflowOf(queue))
    return (await lengthOf(await this.#ports.connection(vhost), name)) ?? 0
  }

  async unbind(queue: string, tap: Tap): Promise<void> {
    const {vhost, name} = parseId(queue)
    const patience = AbortSignal.timeout(ANSWER_MS)
    try {
      // Also what a plan before this one has bound: it would go on filling.
      const bound = await bindingsOf(await this.#ports.api(), {vhost, name}, patience)
      await withChannel(await this.#ports.connection(vhost), (channel) =>
        unbindAll(channel, name, bound ?? bindingsFor(tap)),
      )
      const left = await bindingsOf(await this.#ports.api(), {vhost, name}, patience)
      if (left && left.length > 0) throw stillBound({vhost, name}, left)
    } catch (error) {
      throw explain(error, queue, tap)
    }
  }

  async remove(queue: string): Promise<number> {
    const {vhost, name: tap} = parseId(queue)
    const connection = await this.#ports.connection(vhost)
    await this.#assertUnbound({vhost, name: tap})
    let left = 0
    for (const name of [parseId(queue).name, parseId(overflowOf(queue)).name]) {
      const holds = (await lengthOf(connection, name)) ?? 0
      left += holds
      // Looked at just before, as nothing is bound to it any more: quorum queues know no `if-empty` and no `if-unused`,
      // and end the whole connection when asked for it (540 NOT_IMPLEMENTED, 3.10.8 and 4.0.5, 2026-11-24).
      if (left === 0) await withChannel(connection, (channel) => channel.deleteQueue(name))
    }
    return left
  }

  async #assertUnbound(queue: QueueName): Promise<void> {
    const bound = await bindingsOf(await this.#ports.api(), queue, AbortSignal.timeout(ANSWER_MS))
    if (!bound) throw bindingsNotKnown(queue)
    if (bound.length > 0) throw stillBound(queue, bound)
  }

  /** The API says which policy applies to a queue up to 5 s after it was made, and not together with its numbers. */
  async #whenTold(queue: QueueName, signal: AbortSignal): Promise<QueueNow | null | undefined> {
    const api = await this.#ports.api()
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    for (;;) {
      const now = await readQueueNow(api, queue, patience)
      if (!now || now.effective_policy_definition !== undefined || patience.aborted) return now
      await sleep(POLL_MS, undefined, {signal: patience}).catch(() => undefined)
      signal.throwIfAborted()
    }
  }

  /** Bound only after this, so that nothing is lost by what is refused here. */
  async #assertNoPolicy(
    vhost: string,
    name: string,
    {channel, overflow, signal}: {channel: Channel; overflow: string; signal: AbortSignal},
  ): Promise<void> {
    const now = await this.#whenTold({vhost, name}, signal)
    const settings = Object.keys(now?.effective_policy_definition ?? {})
    const harmful = settings.filter((setting) => REMOVERS.has(setting))
    if (harmful.length === 0) return
    await channel.deleteQueue(name)
    await channel.deleteQueue(overflow)
    throw new MqliftError(
      'refused',
      `a policy sets ${harmful.join(', ')} for every queue, also for ${name}`,
      {
        reason: 'tap-policy',
        suggestions: [
          `rabbitmqctl set_policy -p ${word(vhost)} --priority 999 --apply-to queues mqlift-taps '^mqlift\\.tap\\.' '{"queue-leader-locator": "balanced"}'`,
          'a policy of higher priority replaces the other for taps; it must set none of these',
        ],
      },
    )
  }
}

function tapQueue({most}: Tap, overflow: string, version: string): Options.AssertQueue {
  const {major = UNLIMITED_SINCE} = parseVersion(version) ?? {}
  return {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-max-length': most,
      'x-max-length-bytes': MOST_BYTES,
      'x-overflow': 'drop-head',
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': overflow,
      ...(major >= UNLIMITED_SINCE && {'x-delivery-limit': -1}),
    },
  }
}

const overflowQueue = (): Options.AssertQueue => ({
  durable: true,
  arguments: {
    'x-queue-type': 'classic',
    'x-max-length': OVERFLOW_MESSAGES,
    'x-max-length-bytes': OVERFLOW_BYTES,
  },
})

/** Ready messages; null = there is no such queue. */
async function lengthOf(connection: AmqpConnection, name: string): Promise<number | null> {
  const state = await queueState(connection, name)
  if (state === undefined) throw notSaid(name)
  return state && state.ready
}

function explain(error: unknown, queue: string, {exchange}: Tap): MqliftError {
  if (error instanceof MqliftError) return error
  const {vhost, name} = parseId(queue)
  const code = replyCode(error)
  if (code === 403) {
    return new MqliftError('unreachable', `The user may not make queue ${visible(name)} and bind it`, {
      cause: error,
      reason: 'not-permitted',
      suggestions: [
        `rabbitmqctl set_permissions -p ${word(vhost)} <user> '^mqlift\\.tap\\.' '^(mqlift\\.tap\\..*|amq\\.default)$' '.*'`,
      ],
    })
  }
  if (code === 404) {
    return new MqliftError(
      'incomplete',
      `There is no exchange ${visible(parseId(exchange).name)} (any more)`,
      {
        cause: error,
        reason: 'source-changed',
        suggestions: ['mqlift inspect, then plan again'],
      },
    )
  }
  if (code === 406) {
    return new MqliftError('refused', `Queue ${visible(name)} is there with other settings than a tap's`, {
      cause: error,
      reason: 'tap-differs',
      suggestions: ['it may be of another version of mqlift: when it is empty, delete it and run again'],
    })
  }
  return new MqliftError('unreachable', `The broker did not make the tap ${visible(name)}`, {
    cause: error,
    reason: 'no-answer',
    suggestions: ['run the same command again when the broker is back'],
  })
}
