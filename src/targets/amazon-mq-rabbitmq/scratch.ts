import {createHash} from 'node:crypto'

import type {Channel} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import type {Envelope, Headers} from '../../model/envelope.ts'
import type {Step} from '../../model/plan.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {ContentHeader} from '../../protocols/amqp091/content-header.ts'
import {withChannel} from '../../protocols/amqp091/queue-state.ts'
import {assertScratch} from '../scratch.ts'
import type {Found} from '../target.ts'
import {isDropped} from './encode.ts'
import {queueStep, RabbitmqQueueSettings} from './steps.ts'

/** The one virtual host that every broker has. */
export const SCRATCH_VHOST = '/'
export const SCRATCH_STEP = 'rabbitmq-scratch'
/** Of a queue's name, in UTF-8 (rabbitmq.com/docs/queues, read 2026-11-24). */
const MOST_BYTES = 255

/** A queue of the same type under a scratch name; no definitions are imported for it. */
export function scratchStep(step: Step, prefix: string): Step {
  const settings = RabbitmqQueueSettings.parse(step.settings)
  const name = fitted(
    `${prefix}${settings.vhost === SCRATCH_VHOST ? '' : `${settings.vhost}-`}${settings.queue}`,
  )
  return {
    ...step,
    id: queueStep(SCRATCH_VHOST, name),
    do: SCRATCH_STEP,
    name,
    settings: {...settings, vhost: SCRATCH_VHOST, queue: name},
    needs: [],
  }
}

function fitted(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.slice(0, 60)}-${hash}`
}

/** Made without policies of its own: those of the virtual host apply. */
export async function makeScratch(connection: AmqpConnection, step: Step): Promise<void> {
  const {queue, type} = RabbitmqQueueSettings.parse(step.settings)
  assertScratch(queue)
  await onChannel(connection, `making queue ${queue}`, (channel) =>
    channel.assertQueue(queue, {durable: true, arguments: {'x-queue-type': type}}),
  )
}

export async function removeScratch(connection: AmqpConnection, queue: string): Promise<boolean> {
  assertScratch(queue)
  await onChannel(connection, `removing queue ${queue}`, (channel) => channel.deleteQueue(queue))
  return true
}

/** All that is in it, acknowledged on delivery: nobody else needs it. */
export async function* drainScratch(connection: AmqpConnection, queue: string): AsyncGenerator<Found, void> {
  assertScratch(queue)
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => undefined)
  const channel = await connection.openChannel(({reason}) =>
    lost.reject(noAnswer(`reading ${queue}`, reason)),
  )
  for (;;) {
    const {messageCount} = await channel.checkQueue(queue)
    if (messageCount === 0) break
    for (let left = messageCount; left > 0; left--) {
      const message = await Promise.race([channel.get(queue, {noAck: true}), lost.promise])
      if (message === false) break
      const content: unknown = message.properties
      yield {envelope: content instanceof ContentHeader ? envelopeOf(content, message.content) : null}
    }
  }
  await channel.close()
}

const envelopeOf = (
  {properties, headers}: Pick<Envelope, 'properties' | 'headers'>,
  body: Uint8Array,
): Envelope => ({
  v: 1,
  source: {id: ''},
  properties,
  headers,
  body,
  delivery: {redelivered: false},
})

/**
 * What of a message a RabbitMQ queue holds: not where it was published to, not what encode.ts leaves out, and headers in
 * no order, since 4.0 sorts them.
 */
export function comparable({properties, headers, body}: Envelope): Envelope {
  const {userId: _, ...others} = properties
  return envelopeOf({properties: others, headers: sorted(headers.filter(([name]) => !isDropped(name)))}, body)
}

const sorted = (headers: Headers): Headers =>
  headers.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

async function onChannel(
  connection: AmqpConnection,
  doing: string,
  work: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  try {
    await withChannel(connection, work)
  } catch (error) {
    throw noAnswer(doing, error instanceof Error ? error.message : String(error), error)
  }
}

const noAnswer = (doing: string, why: string, cause?: unknown): MqliftError =>
  new MqliftError('unreachable', `${doing} failed: ${why}`, {
    reason: 'no-answer',
    suggestions: [
      `the user needs to configure, write and read ^mqlift-rehearsal- in the virtual host ${SCRATCH_VHOST}`,
    ],
    cause,
  })
