import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import type {Notice} from '../../model/inventory.ts'
import * as schema from './api.ts'
import type {Estate, Seen} from './estate.ts'
import type {OfflineFile} from './offline-files.ts'
import {
  mergedBindings,
  mergedExchanges,
  mergedParameters,
  mergedPermissions,
  mergedPolicies,
  mergedQueues,
  mergedUsers,
  mergedVhosts,
  toSeenPolicy,
} from './offline-merge.ts'
import {notInFiles} from './offline-unknown.ts'
import type {ListKind} from './recognise.ts'

type Placed = {vhost?: string | undefined}

/** Gathers what files say, in the order given. */
export class OfflineEstate {
  readonly #queues = mergedQueues()
  readonly #exchanges = mergedExchanges()
  readonly #bindings = mergedBindings()
  readonly #policies = mergedPolicies()
  readonly #parameters = mergedParameters()
  readonly #vhosts = mergedVhosts()
  readonly #users = mergedUsers()
  readonly #permissions = mergedPermissions()
  readonly #consumers: schema.Consumer[] = []
  readonly #connections: schema.Connection[] = []
  readonly #shovels: schema.Shovel[] = []
  readonly #federationLinks: schema.FederationLink[] = []
  readonly #nodes: schema.ClusterNode[] = []
  readonly #limits = new Map<string, Record<string, unknown>>()
  readonly #notices: Notice[] = []
  /** Sections and lists that were there, even when empty. */
  readonly #sections = new Set<string>()
  #version: string | null = null
  #overview: schema.Overview | null = null
  #observedAt: string | null = null

  notice(notice: Notice): void {
    this.#notices.push(notice)
  }

  overview(file: OfflineFile, value: unknown): void {
    this.#overview ??= one(file, schema.Overview, value, '')
    this.#version ??= this.#overview.rabbitmq_version ?? null
  }

  versionIs(version: string | undefined): void {
    this.#version ??= version ?? null
  }

  limitsOf(vhost: string, limits: unknown): void {
    this.#limits.set(vhost, {...this.#limits.get(vhost), ...schema.toTable(limits)})
  }

  has(section: string): boolean {
    return this.#sections.has(section)
  }

  /** `at` says where the list is in the file: a section's name, or '' for a file that is the list. */
  list(
    kind: ListKind,
    entries: readonly unknown[],
    place: {file: OfflineFile; vhost: string; at: string},
  ): void {
    this.#sections.add(kind)
    const {file, vhost, at} = place
    const where = (index: number): string => `${file.name} → ${at}[${index}]`
    const seen = <T>(type: z.ZodType<T>): Seen<T>[] =>
      entries.map((item, index) => ({item: one(file, type, item, `${at}[${index}]`), at: where(index)}))
    const placed = <T extends Placed>(type: z.ZodType<T>): Seen<T>[] =>
      seen(type).map(({item, at: found}) => ({item: {...item, vhost: item.vhost ?? vhost}, at: found}))
    const add: Record<ListKind, () => void> = {
      queues: () => {
        for (const queue of placed(schema.Queue)) this.#queue(queue, file)
      },
      exchanges: () => placed(schema.Exchange).forEach((item) => this.#exchanges.add(item)),
      bindings: () => placed(schema.Binding).forEach((item) => this.#bindings.add(item)),
      policies: () => this.#addPolicies(placed(schema.Policy), false),
      parameters: () => placed(schema.Parameter).forEach((item) => this.#parameter(item, file)),
      consumers: () => this.#consumers.push(...placed(schema.Consumer).map(({item}) => item)),
      connections: () => this.#connections.push(...seen(schema.Connection).map(({item}) => item)),
      users: () => seen(schema.User).forEach((item) => this.#users.add(item)),
      permissions: () => placed(schema.Permission).forEach((item) => this.#permissions.add(item)),
      vhosts: () => seen(schema.Vhost).forEach((item) => this.#vhosts.add(item)),
      nodes: () => this.#nodes.push(...seen(schema.ClusterNode).map(({item}) => item)),
      shovels: () => this.#shovels.push(...placed(schema.Shovel).map(({item}) => item)),
      'federation-links': () =>
        this.#federationLinks.push(...placed(schema.FederationLink).map(({item}) => item)),
      'vhost-limits-list': () =>
        seen(schema.VhostLimits).forEach(({item}) => this.limitsOf(item.vhost, item.value)),
    }
    add[kind]()
  }

  #queue(queue: Seen<schema.Queue>, file: OfflineFile): void {
    this.#queues.add(queue)
    if (queue.item.messages !== undefined) this.#observedAt ??= file.modified
  }

  #addPolicies(policies: readonly Seen<schema.Policy>[], operator: boolean): void {
    for (const {item, at} of policies) this.#policies.add({item: {...item, operator}, at})
  }

  /** Exports keep operator policies and limits among the parameters; rabbitmqctl keeps values as JSON in a string. */
  #parameter(parameter: Seen<schema.Parameter>, file: OfflineFile): void {
    const {item, at} = parameter
    const value = typeof item.value === 'string' ? schema.toTable(item.value) : item.value
    this.#parameters.add({item: {...item, value}, at})
    if (item.component === 'vhost-limits') this.limitsOf(item.vhost ?? '', value)
    if (item.component !== 'operator_policy') return
    const named = {...schema.toTable(value), name: item.name, vhost: item.vhost}
    const policy = one(file, schema.Policy, named, at.slice(file.name.length + 3))
    this.#addPolicies([{item: policy, at: `${at}.value`}], true)
  }

  build(address: string): Estate {
    const list = <T>(kind: string, all: readonly T[]): readonly T[] | null =>
      this.#sections.has(kind) ? all : null
    const queues = this.#queues.all
    const policies = this.#policies.all.map(toSeenPolicy)
    const connections = list('connections', this.#connections)
    const consumers = list('consumers', this.#consumers)
    return {
      address,
      live: false,
      version: this.#version,
      overview: this.#overview,
      nodes: list('nodes', this.#nodes),
      vhosts: this.#vhosts.all,
      queues,
      exchanges: this.#exchanges.all,
      bindings: this.#bindings.all,
      policies: this.#sections.has('policies') || policies.length > 0 ? policies : null,
      parameters: list('parameters', this.#parameters.all),
      limits: this.#limits,
      users: list('users', items(this.#users.all)),
      permissions: list('permissions', items(this.#permissions.all)),
      consumers,
      connections,
      publishes: new Map(),
      shovels: list('shovels', this.#shovels),
      federationLinks: list('federation-links', this.#federationLinks),
      notRead: notInFiles(this.#sections, queues, address),
      notices: [...this.#notices, ...this.#disagreements()],
      observedAt: this.#observedAt,
    }
  }

  #disagreements(): Notice[] {
    return [
      this.#queues,
      this.#exchanges,
      this.#policies,
      this.#parameters,
      this.#users,
      this.#permissions,
    ].flatMap(({notices}) => notices)
  }
}

const items = <T>(seen: readonly Seen<T>[]): T[] => seen.map(({item}) => item)

/** One entry of a file; wrong shapes are named by file and place. */
function one<T>(file: OfflineFile, type: z.ZodType<T>, value: unknown, at: string): T {
  const parsed = type.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = [at, ...(issue?.path ?? []).map(String)].filter(Boolean).join('.')
  throw new MqliftError('input', `${file.path}: ${place}: ${issue?.message ?? 'not as expected'}`, {
    file: file.path,
    suggestions: [
      'Mend that entry, or export the file again: rabbitmqctl export_definitions definitions.json',
    ],
    cause: parsed.error,
  })
}
