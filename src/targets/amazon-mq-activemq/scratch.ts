import {setTimeout as sleep} from 'node:timers/promises'

import {MqliftError} from '../../errors.ts'
import {SendingLink} from '../../protocols/amqp1/link.ts'
import {takeAll} from '../../protocols/amqp1/take-all.ts'
import {assertScratch} from '../scratch.ts'
import type {Found} from '../target.ts'
import {jmsMessageOf} from './amqp-message.ts'
import {decodedOrNull} from './decode.ts'
import type {ActivemqEndpoint} from './endpoint.ts'
import {MOVER} from './plan-rights.ts'

/** The broker makes a queue when somebody attaches to it. */
export async function makeScratch(
  endpoint: ActivemqEndpoint,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  assertScratch(queue)
  const opened = await endpoint.connect(signal)
  try {
    const link = await SendingLink.open(opened, addressOf(queue), signal)
    link.detach()
  } catch (error) {
    throw withRight(error)
  } finally {
    opened.close()
  }
}

/** All that is in it. The broker has let go of the reader when this ends, so that the queue can be deleted. */
export async function* drainScratch(
  endpoint: ActivemqEndpoint,
  queue: string,
  signal: AbortSignal,
): AsyncGenerator<Found, void> {
  assertScratch(queue)
  const opened = await endpoint.connect(signal)
  try {
    for await (const bytes of takeAll(opened, addressOf(queue), signal)) {
      const message = jmsMessageOf(bytes)
      yield {envelope: message === null ? null : decodedOrNull(message)}
    }
  } catch (error) {
    throw withRight(error)
  } finally {
    opened.close()
  }
}

/** Not over AMQP, which cannot say it. Throws with the way in which whoever may delete it does. */
export async function removeScratch(
  endpoint: ActivemqEndpoint,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  assertScratch(queue)
  try {
    await deleted(endpoint, queue, signal)
  } catch (error) {
    if (!(error instanceof MqliftError)) throw error
    throw new MqliftError(
      error.kind,
      `ActiveMQ deletes queues over OpenWire and not over AMQP: ${error.message}`,
      {
        cause: error,
        ...(error.reason !== undefined && {reason: error.reason}),
        suggestions: [
          ...error.suggestions,
          `or delete it in the web console (port 8162 at Amazon MQ): Queues, ${queue}, Delete`,
        ],
      },
    )
  }
}

/** What stays holds no message of anybody: a rehearsal that was interrupted has not taken its copies out. */
export async function emptyScratch(
  endpoint: ActivemqEndpoint,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of drainScratch(endpoint, queue, signal)) {
    // Taken out, and that is all.
  }
}

/** A reader that has just gone may still be there. */
const ATTEMPTS = 3
const AGAIN_MS = 1000

async function deleted(endpoint: ActivemqEndpoint, queue: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await endpoint.removeQueue(queue, signal)
    } catch (error) {
      const refused = error instanceof MqliftError && error.reason === 'not-deleted'
      if (!refused || attempt === ATTEMPTS) throw error
    }
    await sleep(AGAIN_MS, undefined, {signal})
  }
}

const addressOf = (queue: string): string => `queue://${queue}`

/** Names of a rehearsal are one word up to the first dot, and a wildcard of ActiveMQ stands for whole words. */
const RIGHT = `<authorizationEntry queue=">" read="${MOVER}" write="${MOVER}" admin="${MOVER}"/>`

function withRight(error: unknown): unknown {
  if (!(error instanceof MqliftError) || error.reason !== 'access-denied') return error
  return new MqliftError(error.kind, error.message, {
    reason: error.reason,
    cause: error,
    suggestions: [
      `add ${RIGHT} to the authorizationMap of activemq.xml, with the group of this user for ${MOVER} (target/activemq.xml has that line)`,
    ],
  })
}
