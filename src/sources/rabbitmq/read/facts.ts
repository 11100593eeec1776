import type {ReadOptions} from '../../source.ts'
import type {QueueNow} from './queue-now.ts'

/** What decides how a queue may be read. */
export interface QueueFacts {
  /** Undefined = not known: treated as the most delicate kind, a quorum queue. */
  readonly type: string | undefined
  readonly autoDelete: boolean
  readonly singleActiveConsumer: boolean
  /** Deliveries after which the broker gives a message up; null = no limit. */
  readonly deliveryLimit: number | null
  readonly deadLetters: boolean
  /** Milliseconds that a delivery may stay unacknowledged. */
  readonly consumerTimeout: number
  /** Mean body size; undefined = not known. */
  readonly meanBytes: number | undefined
}

/** Quorum queues have this limit from 4.0 when nobody set one (rabbitmq.com/docs/quorum-queues, read 2026-11-24). */
const DEFAULT_DELIVERY_LIMIT = 20
/** 30 minutes since 3.8.17 (rabbitmq.com/docs/consumers, read 2026-11-24); the API does not tell what is configured. */
const DEFAULT_CONSUMER_TIMEOUT = 30 * 60_000

/** `version` is the broker's own, from the AMQP handshake. */
export function queueFacts(now: QueueNow | undefined, version: string): QueueFacts {
  const type = now?.type
  const settings = {...now?.effective_policy_definition, ...now?.arguments}
  return {
    type,
    autoDelete: now?.auto_delete === true,
    singleActiveConsumer: settings['x-single-active-consumer'] === true,
    deliveryLimit: type === 'classic' ? null : deliveryLimit(now, version),
    deadLetters: ['x-dead-letter-exchange', 'dead-letter-exchange'].some((key) => key in settings),
    consumerTimeout:
      smallest(settings['x-consumer-timeout'], settings['consumer-timeout']) ?? DEFAULT_CONSUMER_TIMEOUT,
    meanBytes:
      now?.messages && now.message_bytes !== undefined ? now.message_bytes / now.messages : undefined,
  }
}

function deliveryLimit(now: QueueNow | undefined, version: string): number | null {
  const {delivery_limit: ruling, arguments: own, effective_policy_definition: policy} = now ?? {}
  if (ruling === 'unlimited') return null
  const set = smallest(ruling, own?.['x-delivery-limit'], policy?.['delivery-limit'])
  if (set !== undefined) return set < 0 ? null : set
  const major = Number.parseInt(version, 10)
  return Number.isNaN(major) || major >= 4 ? DEFAULT_DELIVERY_LIMIT : null
}

/** A policy and an argument together: the smaller one holds. */
function smallest(...values: unknown[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length > 0 ? Math.min(...numbers) : undefined
}

/** From the default on, half of the limit leaves ten interruptions, each counting for the whole window. */
const SAFE_DELIVERY_LIMIT = DEFAULT_DELIVERY_LIMIT
/** Every interruption counts a delivery for the whole window, so it is small where the limit is (S6). */
const CAREFUL_WINDOW = 50
/** A 16-bit number; 0 would mean 2,000 on quorum queues and no limit on classic ones (measured on 3.10.8). */
const MOST_PREFETCH = 65_535

/** How many unacknowledged messages to ask for. The byte limit is enforced while reading as well. */
export function windowOf(facts: QueueFacts, window: ReadOptions['window']): number {
  const byBytes = facts.meanBytes ? Math.ceil(window.bytes / facts.meanBytes) : Infinity
  const careful = facts.deliveryLimit !== null && facts.deliveryLimit < SAFE_DELIVERY_LIMIT
  const most = careful ? CAREFUL_WINDOW : MOST_PREFETCH
  // Below ten a batch could not fill, and the byte limit holds anyway.
  return Math.max(1, Math.min(window.messages, most, Math.max(10, byBytes)))
}

/** Crashing into a limit of four is one bad evening away. */
const HOPELESS_DELIVERY_LIMIT = 4

/** Why this queue must not be read at all, or undefined. */
export function refusalOf(facts: QueueFacts): string | undefined {
  const {deliveryLimit: limit} = facts
  if (limit === null || facts.deadLetters || limit > HOPELESS_DELIVERY_LIMIT) return undefined
  return `its delivery limit is ${limit} and it has no dead-letter exchange: a few lost connections would delete messages`
}

/** How many interruptions, or earlier deliveries of one message, are too many; null = no limit. */
export function mostDeliveries(facts: QueueFacts): number | null {
  return facts.deliveryLimit === null ? null : Math.max(1, Math.floor(facts.deliveryLimit / 2))
}
