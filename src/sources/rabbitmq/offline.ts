import {type Fact, valueOf} from '../../model/facts.ts'
import type {Notice} from '../../model/inventory.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import type {Depth, Source} from '../source.ts'
import * as schema from './api.ts'
import {buildInventory, type Inspected} from './build-inventory.ts'
import {DEFAULT_VHOST} from './estate.ts'
import {OfflineEstate} from './offline-estate.ts'
import {type OfflineFile, readOffline} from './offline-files.ts'
import {definitionNotices, placeholderNotice} from './offline-notices.ts'
import type {ListKind} from './recognise.ts'

/** Exports and recorded answers as a source: they can be inspected, not read. */
export async function openFiles(paths: readonly string[], options: BrokerOptions): Promise<Source> {
  const files: OfflineFile[] = []
  for (const path of paths) files.push(await readOffline(path))
  return new FileSource(files, options)
}

class FileSource implements Source {
  readonly address: string
  readonly #files: readonly OfflineFile[]
  readonly #options: BrokerOptions
  #inspected: Promise<Inspected> | undefined

  constructor(files: readonly OfflineFile[], options: BrokerOptions) {
    this.#files = files
    this.#options = options
    this.address = files.map(({name}) => name).join(', ')
  }

  inspect(signal: AbortSignal): Promise<Inspected> {
    signal.throwIfAborted()
    this.#inspected ??= this.#inspect()
    return this.#inspected
  }

  /** As the files say it; files do not change by themselves. */
  async depth(destination: string): Promise<Depth | null> {
    const {inventory, observations} = await this.inspect(new AbortController().signal)
    if (!inventory.destinations.some(({id}) => id === destination)) return null
    const facts = observations[0]?.destinations[destination]
    const ready = count(facts?.ready) ?? count(facts?.messages)
    if (ready === null) return null
    return {ready, unacked: count(facts?.unacked), consumers: count(facts?.consumers) ?? 0, counters: null}
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  async #inspect(): Promise<Inspected> {
    const estate = new OfflineEstate()
    const vhosts = vhostsOfFiles(this.#files)
    for (const file of this.#files) addFile(estate, file, vhosts.get(file) ?? DEFAULT_VHOST)
    for (const file of this.#files) this.#sayRepairs(estate, file)
    return buildInventory(estate.build(this.address))
  }

  #sayRepairs(estate: OfflineEstate, {name, repairs}: OfflineFile): void {
    if (repairs.length === 0) return
    const because = `${name} is not strict JSON and was repaired when reading it: ${repairs.join(', ')}`
    this.#options.onNotice?.(because)
    estate.notice({
      rule: 'file-repaired',
      subjects: [],
      because,
      evidence: repairs.map((what) => `${name}: ${what}`),
    })
  }
}

const count = (fact: Fact<number> | undefined): number | null => valueOf(fact) ?? null

/** Which virtual host things belong to that name none: as given (`file#vhost`), as the export says, else guessed. */
function vhostsOfFiles(files: readonly OfflineFile[]): Map<OfflineFile, string> {
  const said = files.map((file) => file.vhost ?? originalVhost(file))
  const silent = files.filter((file, index) => said[index] === undefined && namesNoVhost(file))
  return new Map(
    files.map((file, index) => [
      file,
      // Two exports of unnamed virtual hosts are of two virtual hosts: they may not share a name.
      said[index] ??
        (silent.length > 1 && silent.includes(file) ? file.name.replace(/\.json$/i, '') : DEFAULT_VHOST),
    ]),
  )
}

/** By its name (4.x), or by the policies and parameters, which old exports of one virtual host do name it in. */
function originalVhost({content}: OfflineFile): string | undefined {
  if (content.is !== 'definitions') return undefined
  const name = content.value['original_vhost_name']
  if (typeof name === 'string') return name
  const named = new Set(NAMING.flatMap((section) => sectionOf(content.value, section)).map(vhostNamed))
  const [only, ...others] = [...named].filter((vhost) => vhost !== undefined)
  return others.length === 0 ? only : undefined
}

const NAMING = ['policies', 'parameters']
const vhostNamed = (item: unknown): string | undefined =>
  schema.isRecord(item) && typeof item['vhost'] === 'string' ? item['vhost'] : undefined

/** True for an export of one virtual host by an old version, and for lists of rabbitmqctl. */
export function namesNoVhost({content}: OfflineFile): boolean {
  if (content.is !== 'definitions') return false
  const items = ['queues', 'exchanges', 'bindings', 'policies'].flatMap((section) =>
    sectionOf(content.value, section),
  )
  return items.some((item) => schema.isRecord(item) && !('vhost' in item))
}

function addFile(estate: OfflineEstate, file: OfflineFile, vhost: string): void {
  const {content} = file
  if (content.is === 'definitions') addDefinitions(estate, file, vhost, content.value)
  else if (content.is === 'overview') estate.overview(file, content.value)
  else if (content.is === 'vhost-limits') estate.limitsOf(vhost, content.value['value'])
  else if ('items' in content) estate.list(content.is, content.items, {file, vhost, at: ''})
  else estate.notice(unused(file))
  const placeholders = placeholderNotice(file)
  if (placeholders) estate.notice(placeholders)
}

function unused({content, name}: OfflineFile): Notice {
  const because =
    content.is === 'unused'
      ? `${name} holds ${content.what}, which an inventory has no use for`
      : `${name} is an empty list: it does not say what it would have listed`
  return {rule: 'file-unused', subjects: [], because, evidence: [name]}
}

/** Sections that a definitions file can have; one that is absent declares nothing of its kind. */
const SECTIONS: readonly ListKind[] = ['vhosts', 'queues', 'exchanges', 'bindings', 'policies', 'parameters']
const ACCESS: readonly ListKind[] = ['users', 'permissions']

function addDefinitions(
  estate: OfflineEstate,
  file: OfflineFile,
  vhost: string,
  value: Readonly<Record<string, unknown>>,
): void {
  const version = value['rabbitmq_version'] ?? value['rabbit_version'] ?? value['product_version']
  estate.versionIs(typeof version === 'string' ? version : undefined)
  if ('limits' in value) estate.limitsOf(vhost, value['limits'])
  for (const section of SECTIONS) estate.list(section, sectionOf(value, section), {file, vhost, at: section})
  for (const section of ACCESS)
    if (section in value) estate.list(section, sectionOf(value, section), {file, vhost, at: section})
  for (const notice of definitionNotices(
    file,
    value,
    vhost,
    namesNoVhost(file) && originalVhost(file) === undefined,
  ))
    estate.notice(notice)
}

export function sectionOf(value: Readonly<Record<string, unknown>>, section: string): readonly unknown[] {
  const items: unknown = value[section]
  return Array.isArray(items) ? items : []
}
