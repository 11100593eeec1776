import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import type {Notice} from '../../model/inventory.ts'
import {endpointOf} from '../../protocols/management.ts'
import {atLeast, parseVersion} from '../../routing/version.ts'
import {type Overview, Queue} from './api.ts'
import type {Seen} from './estate.ts'
import {type Asked, type EstateReader, parse, parseList} from './reader.ts'

/**
 * Figures of 10,000 queues on 3.10.8: one request with our columns 2.2 s, without statistics 0.9 s, in pages of
 * 500 about 8 s, because every page lists everything again (measured 2026-11-24). So pages are for bounding the
 * size of an answer only.
 */
const MOST_WITH_STATISTICS = 20_000
const MOST_AT_ONCE = 100_000
/** The API's own limit (rabbitmq.com/docs/http-api-reference, read 2026-11-24). */
const PAGE_SIZE = 500
/** A queue list that keeps changing while it is read in pages is read this often before that is accepted. */
const MOST_PASSES = 3

/** What a queue tells that we use; asking for columns halves the cost and restores the full data from 3.13. */
const COLUMNS = [
  'vhost,name,type,durable,auto_delete,exclusive,arguments',
  'policy,operator_policy,effective_policy_definition,delivery_limit,slave_nodes',
  'state,messages,messages_ready,messages_unacknowledged,message_bytes,consumers,idle_since,head_message_timestamp',
  'message_stats.publish,message_stats.publish_details.rate,message_stats.ack,message_stats.deliver_get',
  'message_stats.deliver_get_details.rate,message_stats.redeliver_details.rate',
].join(',')

const WITHOUT_STATISTICS = {disable_stats: 'true', enable_queue_totals: 'true'} as const

export interface QueueList {
  readonly queues: readonly Seen<Queue>[]
  readonly date: string | undefined
  readonly notices: readonly Notice[]
}

/** Null = refused. */
export async function readQueues(
  reader: EstateReader,
  overview: Overview,
  vhost: string | undefined,
  asked: Asked,
): Promise<QueueList | null> {
  const total = overview.object_totals?.queues ?? 0
  const statistics = overview.disable_stats !== true && total <= MOST_WITH_STATISTICS
  if (overview.disable_stats !== true && !statistics) reader.skipped(['queues'], tooMany(total))
  const segments = listOf(statistics ? overview.rabbitmq_version : undefined, vhost)
  const query = statistics ? {columns: COLUMNS} : WITHOUT_STATISTICS
  if (total > MOST_AT_ONCE) return readPages(reader, segments, query, asked)
  const answer = await reader.get(segments, query)
  if (answer.ok)
    return {queues: parseList(answer.body, Queue, answer.endpoint).map(seen), date: answer.date, notices: []}
  reader.refused(asked, answer)
  return null
}

/** From 3.13 the ordinary list is reduced; columns bring the full one back too, in case a proxy knows no other. */
function listOf(version: string | undefined, vhost: string | undefined): string[] {
  if (vhost !== undefined) return ['queues', vhost]
  return version !== undefined && atLeast(parseVersion(version), 3, 13) ? ['queues', 'detailed'] : ['queues']
}

const tooMany = (total: number): Asked => ({
  what: `rates, sizes and consumers of ${total} queues`,
  right: `fewer than ${MOST_WITH_STATISTICS} queues: their statistics would load the broker`,
  command:
    'rabbitmqctl --formatter json list_queues -p <vhost> name messages message_bytes consumers > queues.json',
})

const seen = (item: Queue): Seen<Queue> => ({item, at: endpointOf(['queues', item.vhost ?? '/', item.name])})

const Page = z.object({items: z.array(Queue), page_count: z.number(), total_count: z.number()})

/** Pages are not a snapshot: read again when the total moved, and never count a queue twice. */
async function readPages(
  reader: EstateReader,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
  asked: Asked,
): Promise<QueueList | null> {
  const found = new Map<string, Queue>()
  for (let pass = 1; ; pass++) {
    const outcome = await readOnce(reader, segments, {...query, page_size: String(PAGE_SIZE)}, found)
    if (!outcome.ok) {
      reader.refused(asked, outcome.refusal)
      return null
    }
    if (outcome.steady || pass === MOST_PASSES)
      return {
        queues: [...found.values()].map(seen),
        date: outcome.date,
        notices: outcome.steady ? [] : [restless(found.size)],
      }
  }
}

type Pass =
  | {ok: true; steady: boolean; date: string | undefined}
  | {ok: false; refusal: Parameters<EstateReader['refused']>[1]}

async function readOnce(
  reader: EstateReader,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
  found: Map<string, Queue>,
): Promise<Pass> {
  const totals = new Set<number>()
  let date: string | undefined
  for (let page = 1, pages = 1; page <= pages; page++) {
    const answer = await reader.get(segments, {...query, page: String(page)})
    // The list became shorter while it was read.
    if (!answer.ok && answer.problem === 'page-out-of-range' && page > 1)
      return {ok: true, steady: false, date}
    if (!answer.ok) return {ok: false, refusal: answer}
    const {items, page_count: count, total_count: total} = parse(answer.body, Page, answer.endpoint)
    if (count > 1_000_000) throw new MqliftError('unreachable', `${answer.endpoint} claims ${count} pages`)
    for (const item of items) found.set(JSON.stringify([item.vhost, item.name]), item)
    totals.add(total)
    pages = count
    date = answer.date
  }
  return {ok: true, steady: totals.size === 1 && totals.has(found.size), date}
}

const restless = (count: number): Notice => ({
  rule: 'queues-changed-while-read',
  subjects: [],
  because: `Queues came and went while the ${count} were read: the list may have one too many or too few`,
  evidence: ['GET /api/queues → total_count'],
})
