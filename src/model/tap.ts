import {createHash} from 'node:crypto'

import {destinationId, parseId} from './id.ts'

/** Queues of ours at the source begin with this; they are no part of the estate. */
const PREFIX = 'mqlift.tap.'
const OVERFLOW = '.overflow'

/** Messages that a tap may hold while its bridge is away: an hour at 28 messages a second. */
export const TAP_MESSAGES = 100_000

/** A queue name has 255 bytes (AMQP 0-9-1); a long one keeps its beginning and gets a hash. */
const MOST_BYTES = 255 - OVERFLOW.length

/** The queue that a tap of this exchange binds: id of the exchange → id of the queue. */
export function tapQueueOf(exchange: string): string {
  const {vhost, name} = parseId(exchange)
  const whole = PREFIX + name
  if (Buffer.byteLength(whole) <= MOST_BYTES) return destinationId('queue', vhost, whole)
  const mark = `.${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
  // Cut by code points, so that no character is torn.
  let kept = ''
  for (const point of whole) {
    if (Buffer.byteLength(kept + point) > MOST_BYTES - mark.length) break
    kept += point
  }
  return destinationId('queue', vhost, kept + mark)
}

/** Where messages go that a full tap gives up: id of the tap's queue → id of this one. */
export function overflowOf(queue: string): string {
  const {vhost, name} = parseId(queue)
  return destinationId('queue', vhost, name + OVERFLOW)
}

export const isTapQueue = (name: string): boolean => name.startsWith(PREFIX)
