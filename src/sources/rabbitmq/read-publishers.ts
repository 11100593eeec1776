import * as schema from './api.ts'
import type {Estate} from './estate.ts'
import {type Asked, type EstateReader, parse} from './reader.ts'

/** One request per channel: a few hundred are a few seconds (6 ms each, performance.md). */
const MOST_CHANNELS = 500

/**
 * Who publishes to which exchange. Only a broker with `rates_mode` detailed knows, and only per channel; anywhere
 * else the answer is "unknown".
 */
export async function readPublishers(
  reader: EstateReader,
  ratesMode: string | undefined,
  asked: Asked,
): Promise<Estate['publishes']> {
  const found = new Map<string, {vhost: string; name: string}[]>()
  if (ratesMode !== 'detailed') {
    reader.skipped(['channels', '<name>'], asked)
    return found
  }
  const columns = 'name,connection_details.name,message_stats.publish'
  const channels = (await reader.list(['channels'], schema.Channel, asked, {columns})) ?? []
  const publishing = channels.filter(({message_stats: stats}) => (stats?.publish ?? 0) > 0)
  if (publishing.length > MOST_CHANNELS) reader.skipped(['channels', '<name>'], asked)
  for (const channel of publishing.slice(0, MOST_CHANNELS)) {
    const answer = await reader.get(['channels', channel.name])
    // Channels close while one looks.
    if (!answer.ok) continue
    const {publishes} = parse(answer.body, schema.ChannelDetail, answer.endpoint)
    const connection = channel.connection_details?.name ?? ''
    const exchanges = publishes.flatMap(({exchange}) =>
      exchange === undefined || exchange.name === ''
        ? []
        : [{vhost: exchange.vhost ?? '/', name: exchange.name}],
    )
    found.set(connection, [...(found.get(connection) ?? []), ...exchanges])
  }
  return found
}
