import type {Notice} from '../../model/inventory.ts'
import {PLACEHOLDER} from '../../routing/setting-sources.ts'
import {isRecord} from './api.ts'
import {isBrokersOwn} from './exchange-facts.ts'
import type {OfflineFile} from './offline-files.ts'

type Definitions = Readonly<Record<string, unknown>>

/** What a reader of a definitions file should know about it. */
export function definitionNotices(
  file: OfflineFile,
  value: Definitions,
  vhost: string,
  guessed: boolean,
): Notice[] {
  return [...vhostNotice(file, vhost, guessed), ...sectionNotice(file, value), ...internalNotice(file, value)]
}

function vhostNotice({name, vhost: given}: OfflineFile, vhost: string, guessed: boolean): Notice[] {
  if (!guessed || given !== undefined) return []
  const because = `${name} is an export of one virtual host and does not name it: ${vhost} is assumed. Say which one with ${name}#<vhost>.`
  return [{rule: 'vhost-assumed', subjects: [], because, evidence: [`${name}: its objects have no vhost`]}]
}

function sectionNotice({name}: OfflineFile, value: Definitions): Notice[] {
  const missing = ['queues', 'exchanges', 'bindings', 'policies'].filter((section) => !(section in value))
  if (missing.length === 0) return []
  const because = `${name} has no section ${missing.join(', ')}: it is taken to declare none`
  return [{rule: 'section-missing', subjects: [], because, evidence: [name]}]
}

/** `rabbitmqctl export_definitions` leaves internal exchanges out and keeps their bindings (3.10 to 4.2). */
function internalNotice({name}: OfflineFile, value: Definitions): Notice[] {
  const list = (section: string): unknown[] => {
    const items: unknown = value[section]
    return Array.isArray(items) ? items : []
  }
  const known = new Set(list('exchanges').map((item) => key(item, 'name')))
  const missing = new Set<string>()
  for (const binding of list('bindings')) {
    if (!isRecord(binding)) continue
    const fields = binding['destination_type'] === 'exchange' ? ['source', 'destination'] : ['source']
    for (const field of fields) {
      const exchange = binding[field]
      if (typeof exchange !== 'string' || exchange === '' || isBrokersOwn(exchange)) continue
      if (!known.has(key(binding, field))) missing.add(exchange)
    }
  }
  if (missing.size === 0) return []
  const because = `${name} binds exchanges that it does not contain: ${[...missing].join(', ')}. rabbitmqctl export_definitions leaves internal exchanges out; the HTTP export has them.`
  return [{rule: 'exchanges-missing', subjects: [], because, evidence: [`${name} → bindings`]}]
}

const key = (item: unknown, field: string): string =>
  isRecord(item) ? JSON.stringify([item['vhost'], item[field]]) : ''

/** Names that are templates: the values among them are `unresolved` facts, the names stay as they are. */
export function placeholderNotice(file: OfflineFile): Notice | undefined {
  const {content, name} = file
  const root: unknown = 'value' in content ? content.value : 'items' in content ? content.items : undefined
  const found = new Set<string>()
  const visit = (value: unknown, depth: number): void => {
    if (found.size >= 20 || depth > 50) return
    if (typeof value === 'string') {
      const match = PLACEHOLDER.exec(value)
      if (match) found.add(match[0])
    } else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1)
    else if (isRecord(value)) for (const item of Object.values(value)) visit(item, depth + 1)
  }
  visit(root, 0)
  if (found.size === 0) return undefined
  const because = `${name} is a template: ${[...found].join(', ')} ${found.size === 1 ? 'was' : 'were'} not filled in, and what depends on it is unresolved`
  return {rule: 'unresolved-placeholders', subjects: [], because, evidence: [name]}
}
