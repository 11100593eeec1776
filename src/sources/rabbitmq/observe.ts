import type {Fact, ObservedFacts} from '../../model/facts.ts'
import {destinationId} from '../../model/id.ts'
import type {Observation} from '../../model/inventory.ts'
import type {Queue} from './api.ts'
import type {Built} from './build-inventory.ts'
import {DEFAULT_VHOST, type Estate, within} from './estate.ts'

interface ConsumerCount {
  total: number
  autoAck: number
  exclusive: boolean
}

/** The numbers that move, of everything that had any. No reading when nothing had one. */
export function observe(estate: Estate, all: readonly Built[]): Observation[] {
  if (estate.observedAt === null) return []
  const consumers = estate.consumers && countConsumers(estate)
  const destinations: Record<string, ObservedFacts> = {}
  for (const {destination, queue, exchange} of all) {
    const facts = queue
      ? {
          ...queueNumbers(queue.item, queue.countedAt ?? queue.at, estate),
          ...consumerFacts(consumers, destination.id),
        }
      : exchangeRates(exchange)
    if (Object.keys(facts).length > 0) destinations[destination.id] = facts
  }
  return Object.keys(destinations).length === 0 ? [] : [{at: estate.observedAt, destinations}]
}

type Numbers = readonly (readonly [name: keyof ObservedFacts, path: string, value: number | undefined])[]

const NO_STATISTICS: Partial<NonNullable<Queue['message_stats']>> = {}

function queueNumbers(item: Queue, at: string, estate: Estate): ObservedFacts {
  const stats = item.message_stats ?? NO_STATISTICS
  const numbers: Numbers = [
    ['messages', 'messages', item.messages],
    ['ready', 'messages_ready', item.messages_ready],
    ['unacked', 'messages_unacknowledged', item.messages_unacknowledged],
    ['bytes', 'message_bytes', item.message_bytes],
    ['consumers', 'consumers', item.consumers],
    ['publishCount', 'message_stats.publish', stats.publish],
    ['ackCount', 'message_stats.ack', stats.ack],
    ['publishRate', 'message_stats.publish_details.rate', stats.publish_details?.rate],
    ['deliverRate', 'message_stats.deliver_get_details.rate', stats.deliver_get_details?.rate],
    ['redeliverRate', 'message_stats.redeliver_details.rate', stats.redeliver_details?.rate],
  ]
  return {
    ...asFacts(numbers, at),
    ...neverDelivered(item, at, estate),
    ...words(item, at),
  }
}

function words(item: Queue, at: string): ObservedFacts {
  return {
    ...(item.state === undefined ? {} : {state: {value: item.state, evidence: within(at, 'state')}}),
    ...(item.idle_since === undefined
      ? {}
      : {idleSince: {value: item.idle_since, evidence: within(at, 'idle_since')}}),
    ...headTimestamp(item, at),
  }
}

/**
 * A live broker leaves `message_stats` out for what never happened, so no delivery is a rate of 0. No publish is
 * not: messages that were dead-lettered into a queue are in no counter (rabbitmq.md 4.1).
 */
function neverDelivered(item: Queue, at: string, estate: Estate): ObservedFacts {
  const counted =
    estate.live && estate.overview?.disable_stats !== true && estate.overview?.rates_mode !== 'none'
  if (!counted || item.messages === undefined || item.message_stats?.deliver_get !== undefined) return {}
  const evidence = `${within(at, 'message_stats.deliver_get')} absent: no delivery since the node started`
  return {deliverRate: {value: 0, evidence}, redeliverRate: {value: 0, evidence}}
}

function headTimestamp({head_message_timestamp: told}: Queue, at: string): ObservedFacts {
  if (told === undefined) return {}
  const value = typeof told === 'number' ? told : null
  return {headMessageTimestamp: {value, evidence: within(at, 'head_message_timestamp')}}
}

function exchangeRates(exchange: Built['exchange']): ObservedFacts {
  if (!exchange) return {}
  const stats = exchange.item.message_stats
  return asFacts(
    [
      ['publishInRate', 'message_stats.publish_in_details.rate', stats?.publish_in_details?.rate],
      ['publishOutRate', 'message_stats.publish_out_details.rate', stats?.publish_out_details?.rate],
    ],
    exchange.at,
  )
}

function asFacts(numbers: Numbers, at: string): ObservedFacts {
  const facts: Record<string, Fact<number>> = {}
  for (const [name, path, value] of numbers)
    if (value !== undefined) facts[name] = {value, evidence: within(at, path)}
  return facts
}

function countConsumers(estate: Estate): ReadonlyMap<string, ConsumerCount> {
  const counts = new Map<string, ConsumerCount>()
  // A stream consumer is listed twice on 3.10.
  const seen = new Set<string>()
  for (const consumer of estate.consumers ?? []) {
    const {vhost = DEFAULT_VHOST, queue, channel, consumer_tag: tag} = consumer
    const key = JSON.stringify([vhost, queue, channel, tag])
    if (seen.has(key)) continue
    seen.add(key)
    const id = destinationId('queue', vhost, queue)
    const count = counts.get(id) ?? {total: 0, autoAck: 0, exclusive: false}
    count.total++
    if (!consumer.ack_required) count.autoAck++
    count.exclusive ||= consumer.exclusive
    counts.set(id, count)
  }
  return counts
}

function consumerFacts(counts: ReadonlyMap<string, ConsumerCount> | null, id: string): ObservedFacts {
  if (!counts) return {}
  const count = counts.get(id.replace(/^stream:/, 'queue:'))
  const evidence = `GET /api/consumers → ${count?.total ?? 0} of this queue`
  return {
    autoAckConsumers: {value: count?.autoAck ?? 0, evidence},
    exclusiveConsumer: {value: count?.exclusive ?? false, evidence},
  }
}
