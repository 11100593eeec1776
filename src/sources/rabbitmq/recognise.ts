import {isRecord} from './api.ts'

/** What a file is, by its content. */
export type Content =
  | {readonly is: 'definitions'; readonly value: Readonly<Record<string, unknown>>}
  | {readonly is: 'overview' | 'vhost-limits'; readonly value: Readonly<Record<string, unknown>>}
  | {readonly is: ListKind; readonly items: readonly unknown[]}
  /** A list of nothing says nothing about what it would have listed. */
  | {readonly is: 'empty'}
  /** An answer of the API that an inventory has no place for. */
  | {readonly is: 'unused'; readonly what: string}
  | {readonly is: 'unknown'}

export type ListKind =
  | 'queues'
  | 'exchanges'
  | 'bindings'
  | 'policies'
  | 'parameters'
  | 'consumers'
  | 'connections'
  | 'users'
  | 'permissions'
  | 'vhosts'
  | 'nodes'
  | 'shovels'
  | 'federation-links'
  | 'vhost-limits-list'

const SECTIONS = [
  'queues',
  'exchanges',
  'bindings',
  'policies',
  'vhosts',
  'users',
  'permissions',
  'topic_permissions',
  'parameters',
  'global_parameters',
]

type Test = readonly [kind: ListKind | 'unused', keys: readonly (readonly string[])[]]

/** In order; each key list names keys of which one must be there. First match wins. */
const LISTS: readonly Test[] = [
  [
    'bindings',
    [
      ['source', 'source_name'],
      ['destination', 'destination_name'],
    ],
  ],
  ['consumers', [['consumer_tag'], ['queue', 'queue_name']]],
  ['policies', [['pattern'], ['definition']]],
  ['unused', [['exchange'], ['user'], ['write']]],
  ['permissions', [['configure'], ['write'], ['read']]],
  ['parameters', [['component'], ['name']]],
  ['shovels', [['name'], ['state'], ['type'], ['node', 'src_uri', 'dest_uri'], ['src_uri', 'timestamp']]],
  ['federation-links', [['upstream'], ['status', 'exchange', 'queue']]],
  ['nodes', [['name'], ['running'], ['type']]],
  ['unused', [['consumer_count'], ['prefetch_count']]],
  [
    'connections',
    [
      ['client_properties', 'peer_host', 'auth_mechanism', 'protocol'],
      ['vhost', 'user', 'name'],
    ],
  ],
  ['vhosts', [['name'], ['tracing', 'cluster_state', 'default_queue_type']]],
  ['exchanges', [['name'], ['internal']]],
  ['queues', [['name'], ['messages', 'consumers', 'exclusive', 'node', 'state', 'pid']]],
  ['users', [['name', 'user'], ['tags']]],
  ['vhost-limits-list', [['vhost'], ['value']]],
  ['unused', [['value'], ['name', 'user']]],
  ['unused', [['stability', 'javascript']]],
]
const QUEUE_TYPES = /^(?:classic|quorum|stream|MQTT QoS 0|rabbit_\w+_queue)$/

export function recognise(value: unknown): Content {
  if (Array.isArray(value)) return recogniseList(value)
  if (!isRecord(value)) return {is: 'unknown'}
  const has = (...keys: string[]): boolean => keys.every((key) => key in value)
  // A recorded answer with its status around it, or a page of a list.
  if (has('status', 'body')) return recognise(value['body'])
  if (Array.isArray(value['items'])) return recogniseList(value['items'])
  if (isDefinitions(value)) return {is: 'definitions', value}
  if (has('management_version') || has('object_totals')) return {is: 'overview', value}
  return has('result', 'node', 'value') ? {is: 'vhost-limits', value} : recogniseOne(value)
}

/** A single queue or exchange, as the API shows it in detail. */
function recogniseOne(value: Readonly<Record<string, unknown>>): Content {
  return listed(value, [value]) ?? {is: 'unknown'}
}

function isDefinitions(value: Readonly<Record<string, unknown>>): boolean {
  return 'rabbit_version' in value || SECTIONS.some((section) => Array.isArray(value[section]))
}

function recogniseList(items: readonly unknown[]): Content {
  const first = items[0]
  if (items.length === 0) return {is: 'empty'}
  if (!isRecord(first)) return {is: 'unknown'}
  const content = listed(first, items)
  if (content) return content
  return 'name' in first ? {is: bySparseKeys(first), items} : {is: 'unknown'}
}

function listed(first: Readonly<Record<string, unknown>>, items: readonly unknown[]): Content | undefined {
  const found = LISTS.find(([, groups]) => groups.every((keys) => keys.some((key) => key in first)))
  if (!found) return undefined
  const [kind] = found
  if (kind !== 'unused') return {is: kind, items}
  return {is: 'unused', what: `a list of ${Object.keys(first).slice(0, 3).join(', ')}`}
}

/** `rabbitmqctl list_queues name type` against `list_exchanges name type`, `list_queues name durable`, `list_vhosts`. */
function bySparseKeys(first: Readonly<Record<string, unknown>>): ListKind {
  const {type} = first
  if (typeof type === 'string') return QUEUE_TYPES.test(type) ? 'queues' : 'exchanges'
  return 'arguments' in first || 'durable' in first ? 'queues' : 'vhosts'
}
