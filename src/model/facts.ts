import {z} from 'zod'

/**
 * A thing the broker or an export said, and where. A fact that is missing was not read: `unknown`, never "no".
 * `null` (where the type allows it) is an observed "none set". A template placeholder such as `${TTL}` is
 * `unresolved`: never 0 and never absent.
 */
export const fact = <T extends z.ZodType>(value: T) =>
  z.union([z.object({value, evidence: z.string()}), z.object({unresolved: z.string(), evidence: z.string()})])
export type Fact<T> = {value: T; evidence: string} | {unresolved: string; evidence: string}

/** The value of a fact that is known and resolved, else undefined. */
export function valueOf<T>(known: Fact<T> | undefined): T | undefined {
  return known && 'value' in known ? known.value : undefined
}

const text = z.string()
const count = z.number()
const noneOrCount = z.number().nullable()
const noneOrText = z.string().nullable()

/**
 * What a destination is by its declaration: part of the structure that a plan is pinned to. For queues, settings
 * are *effective*: arguments, policy and operator policy merged by routing/effective-policy.ts.
 * Times are in milliseconds, sizes in bytes.
 */
export const StructureFacts = z
  .object({
    /** Queue: classic, quorum, stream, or a plugin's word. Exchange: direct, fanout, topic, headers, x-…. */
    type: fact(text),
    durable: fact(z.boolean()),
    autoDelete: fact(z.boolean()),
    exclusive: fact(z.boolean()),
    /** Queue only. Null = none set. */
    messageTtl: fact(noneOrCount),
    expires: fact(noneOrCount),
    maxLength: fact(noneOrCount),
    maxLengthBytes: fact(noneOrCount),
    overflow: fact(noneOrText),
    /** `''` is the default exchange, null is no dead-lettering. */
    deadLetterExchange: fact(noneOrText),
    deadLetterRoutingKey: fact(noneOrText),
    deadLetterStrategy: fact(noneOrText),
    /** Deliveries after which a quorum queue gives a message up; -1 = unlimited; null = no limit exists. */
    deliveryLimit: fact(noneOrCount),
    maxPriority: fact(noneOrCount),
    singleActiveConsumer: fact(z.boolean()),
    mirrored: fact(z.boolean()),
    queueMode: fact(noneOrText),
    queueVersion: fact(noneOrCount),
    queueLeaderLocator: fact(noneOrText),
    consumerTimeout: fact(noneOrCount),
    /** The one policy, and the one operator policy, that apply. */
    policy: fact(noneOrText),
    operatorPolicy: fact(noneOrText),
    /** Exchange only. */
    internal: fact(z.boolean()),
    alternateExchange: fact(noneOrText),
    /** `x-delayed-type` of an x-delayed-message exchange. */
    delayedType: fact(noneOrText),
    /** What an x-consistent-hash exchange hashes: `routing-key`, `header:<name>` or `property:<name>`. */
    hashOn: fact(noneOrText),
    /** The arguments exactly as declared, for a human and for a like-for-like target. */
    arguments: fact(z.record(z.string(), z.unknown())),
  })
  .partial()
export type StructureFacts = z.infer<typeof StructureFacts>

/** What changes by itself: outside the structure, appended to observations.jsonl. Rates are per second. */
export const ObservedFacts = z
  .object({
    messages: fact(count),
    ready: fact(count),
    unacked: fact(count),
    bytes: fact(count),
    consumers: fact(count),
    publishRate: fact(count),
    deliverRate: fact(count),
    redeliverRate: fact(count),
    /** Consumers that acknowledge nothing (no-ack). */
    autoAckConsumers: fact(count),
    exclusiveConsumer: fact(z.boolean()),
    /** Stream: where each consumer started (`x-stream-offset`; `next` when it did not say). */
    streamOffsets: fact(z.array(z.string())),
    state: fact(text),
    idleSince: fact(noneOrText),
    headMessageTimestamp: fact(noneOrCount),
    /** Cumulative counters as the broker gave them, for arrivals between two readings. */
    publishCount: fact(count),
    ackCount: fact(count),
    publishInRate: fact(count),
    publishOutRate: fact(count),
  })
  .partial()
export type ObservedFacts = z.infer<typeof ObservedFacts>

export type Facts = StructureFacts & ObservedFacts
export type FactName = keyof Facts
