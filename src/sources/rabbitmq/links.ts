import {destinationId} from '../../model/id.ts'
import type {Link} from '../../model/inventory.ts'
import {isLoopback, redactUrl} from '../../protocols/broker-address.ts'
import {isRecord, type Parameter, type Shovel} from './api.ts'
import type {Built} from './build-inventory.ts'
import {DEFAULT_VHOST, type Estate, type Seen} from './estate.ts'

/** One end of a shovel. */
interface End {
  readonly uri: string | undefined
  readonly queue: string | undefined
  readonly exchange: string | undefined
}

/**
 * Shovels and federation links: what runs (`/shovels`, `/federation-links`) and what is configured (parameters).
 * Their URIs hold passwords: nothing of them is kept but scheme, host and virtual host.
 */
export function linksOf(estate: Estate, queues: readonly Built[]): Link[] | null {
  if (!estate.shovels && !estate.federationLinks && !estate.parameters) return null
  const ids = new Set(queues.map(({destination}) => destination.id))
  const links = new Map<string, Link>()
  const all = [
    ...(estate.shovels ?? []).map((shovel) => running(shovel, ids)),
    ...(estate.federationLinks ?? []).map((link) => federationLink(link, ids)),
    ...(estate.parameters ?? []).flatMap((parameter) => configured(parameter, ids)),
  ]
  for (const link of all) {
    const key = JSON.stringify([link.kind, link.vhost, link.name])
    // What runs is known better than what is configured; a shovel that starts has no addresses yet.
    const known = links.get(key)
    if (!known) links.set(key, link)
    else if (known.from === '') links.set(key, {...link, state: known.state})
  }
  return [...links.values()]
}

function running(shovel: Shovel, ids: ReadonlySet<string>): Link {
  const ends: [End, End] = [
    {uri: shovel.src_uri, queue: shovel.src_queue, exchange: shovel.src_exchange},
    {uri: shovel.dest_uri, queue: shovel.dest_queue, exchange: shovel.dest_exchange},
  ]
  const named = {vhost: shovel.vhost ?? '', name: shovel.name, state: shovel.state ?? 'unknown'}
  return shovelLink(named, ends, ids)
}

function configured({item}: Seen<Parameter>, ids: ReadonlySet<string>): Link[] {
  const vhost = item.vhost ?? DEFAULT_VHOST
  const value = new Map(Object.entries(isRecord(item.value) ? item.value : {}))
  const text = (key: string): string | undefined => firstText(value.get(key))
  if (item.component === 'shovel') {
    const ends: [End, End] = [
      {uri: text('src-uri'), queue: text('src-queue'), exchange: text('src-exchange')},
      {uri: text('dest-uri'), queue: text('dest-queue'), exchange: text('dest-exchange')},
    ]
    return [shovelLink({vhost, name: item.name, state: 'configured'}, ends, ids)]
  }
  if (item.component !== 'federation-upstream') return []
  const from = redactUrl(text('uri') ?? '')
  return [{kind: 'federation', vhost, name: item.name, from, to: '', state: 'configured', touches: []}]
}

/** URIs may be one or a list to choose from. */
function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : undefined
}

function shovelLink(
  named: {readonly vhost: string; readonly name: string; readonly state: string},
  [source, destination]: readonly [End, End],
  ids: ReadonlySet<string>,
): Link {
  return {
    kind: 'shovel',
    ...named,
    from: describe(source),
    to: describe(destination),
    touches: [...touched(source, ids), ...touched(destination, ids)],
  }
}

function describe({uri, queue, exchange}: End): string {
  if (uri === undefined) return ''
  const what =
    queue === undefined ? (exchange === undefined ? '' : ` exchange ${exchange}`) : ` queue ${queue}`
  return `${redactUrl(uri)}${what}`
}

/** Ids on this broker; a URI without host, or on loopback, is this broker. */
function touched({uri, queue, exchange}: End, ids: ReadonlySet<string>): string[] {
  const vhost = localVhost(uri)
  if (vhost === undefined) return []
  if (exchange !== undefined && exchange !== '') return [destinationId('exchange', vhost, exchange)]
  return queue === undefined ? [] : [queueId(vhost, queue, ids)]
}

function localVhost(uri: string | undefined): string | undefined {
  const [, host, path] = /^amqps?:\/\/(?:[^/?#]*@)?([^/?#:]*)[^/?#]*(?:\/([^?#]*))?/i.exec(uri ?? '') ?? []
  if (host === undefined || (host !== '' && !isLoopback(host))) return undefined
  // Without a slash it is the default one; with nothing behind the slash, the one with the empty name.
  return safelyDecoded(path ?? '%2F')
}

function queueId(vhost: string, name: string, ids: ReadonlySet<string>): string {
  const stream = destinationId('stream', vhost, name)
  return ids.has(stream) ? stream : destinationId('queue', vhost, name)
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function federationLink(
  link: NonNullable<Estate['federationLinks']>[number],
  ids: ReadonlySet<string>,
): Link {
  const vhost = link.vhost ?? DEFAULT_VHOST
  const name = link.queue ?? link.exchange ?? ''
  const kind = link.queue === undefined ? 'exchange' : 'queue'
  const id = kind === 'queue' ? queueId(vhost, name, ids) : destinationId(kind, vhost, name)
  return {
    kind: 'federation',
    vhost,
    name: `${link.upstream ?? 'unknown upstream'} → ${name}`,
    from: redactUrl(link.uri ?? ''),
    to: `${kind} ${name}`,
    state: link.status ?? 'unknown',
    touches: [id],
  }
}
