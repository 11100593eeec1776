import type {z} from 'zod'

import {destinationId} from '../../model/id.ts'
import type {Notice} from '../../model/inventory.ts'
import type * as schema from './api.ts'
import type {Seen, SeenPolicy} from './estate.ts'

type Item = Readonly<Record<string, unknown>>

/**
 * Several files as one estate. The first word on a setting counts, later files add what it left open; two files
 * that disagree are a notice, because one of them is wrong.
 */
export class Merged<T extends Item> {
  readonly #found = new Map<string, Seen<T>>()
  readonly #settings: readonly (keyof T & string)[]
  readonly #describe: (item: T) => {key: string; what: string; subjects: string[]}
  readonly notices: Notice[] = []

  constructor(
    settings: readonly (keyof T & string)[],
    describe: (item: T) => {key: string; what: string; subjects: string[]},
  ) {
    this.#settings = settings
    this.#describe = describe
  }

  add(seen: Seen<T>): void {
    const {key, what, subjects} = this.#describe(seen.item)
    const first = this.#found.get(key)
    if (!first) {
      this.#found.set(key, seen)
      return
    }
    const differing = this.#settings.filter((setting) => differs(first.item[setting], seen.item[setting]))
    if (differing.length > 0) this.notices.push(definedTwice(what, subjects, differing, [first, seen]))
    this.#found.set(key, combine(first, seen))
  }

  get all(): Seen<T>[] {
    return [...this.#found.values()]
  }
}

/** What was not said cannot differ. */
function differs(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && canonical(one) !== canonical(other)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function definedTwice<T extends Item>(
  what: string,
  subjects: string[],
  differing: readonly (keyof T & string)[],
  [first, second]: readonly [Seen<T>, Seen<T>],
): Notice {
  const values = differing.map(
    (setting) => `${setting} ${canonical(first.item[setting])} and ${canonical(second.item[setting])}`,
  )
  return {
    rule: 'defined-twice',
    subjects,
    because: `${what} is defined twice with different settings: ${values.join('; ')}. The first one is used.`,
    evidence: [first.at, second.at],
  }
}

function combine<T extends Item>(first: Seen<T>, second: Seen<T>): Seen<T> {
  const countedAt = first.countedAt ?? second.countedAt ?? (counts(second.item) ? second.at : undefined)
  return {
    item: completed(first.item, second.item),
    at: first.at,
    ...(countedAt === undefined ? {} : {countedAt}),
  }
}

/** Only what the first left open comes from the second. */
function completed<T extends Item>(first: T, second: T): T {
  const item = {...first}
  for (const key of keysOf(second)) if (item[key] === undefined) item[key] = second[key]
  return item
}

function* keysOf<T extends Item>(item: T): Iterable<keyof T> {
  for (const key in item) if (Object.hasOwn(item, key)) yield key
}

const counts = (item: Item): boolean => item['messages'] !== undefined || item['policy'] !== undefined

type Described = {key: string; what: string; subjects: string[]}

function described(kind: 'queue' | 'exchange', vhost = '', name = ''): Described {
  const id = destinationId(kind, vhost, name)
  return {key: id, what: `${kind} ${name} of ${vhost}`, subjects: [id]}
}

export const mergedQueues = (): Merged<schema.Queue> =>
  new Merged(['type', 'durable', 'auto_delete', 'exclusive', 'arguments'], ({vhost, name}) =>
    described('queue', vhost, name),
  )

export const mergedExchanges = (): Merged<schema.Exchange> =>
  new Merged(['type', 'durable', 'auto_delete', 'internal', 'arguments'], ({vhost, name}) =>
    described('exchange', vhost, name),
  )

export const mergedBindings = (): Merged<schema.Binding> =>
  new Merged([], (item) => ({key: bindingKey(item), what: 'binding', subjects: []}))

function bindingKey(item: schema.Binding): string {
  const {vhost = '', source, destination, destination_type: kind, routing_key: key} = item
  const own = Object.keys(item.arguments).length === 0 ? '' : canonical(item.arguments)
  return [vhost, source, kind, destination, key, own].join('\0')
}

export type OfflinePolicy = schema.Policy & {readonly operator: boolean}

export const mergedPolicies = (): Merged<OfflinePolicy> =>
  new Merged(['pattern', 'apply-to', 'definition', 'priority'], ({vhost = '', name, operator}) => ({
    key: canonical([vhost, name, operator]),
    what: `${operator ? 'operator policy' : 'policy'} ${name} of ${vhost}`,
    subjects: [],
  }))

export const toSeenPolicy = ({item: {operator, ...item}, at}: Seen<OfflinePolicy>): SeenPolicy => ({
  item,
  at,
  operator,
})

export const mergedParameters = (): Merged<schema.Parameter> =>
  new Merged(['value'], ({vhost = '', component, name}) => ({
    key: canonical([vhost, component, name]),
    what: `parameter ${component} ${name} of ${vhost}`,
    subjects: [],
  }))

export const mergedVhosts = (): Merged<schema.Vhost> =>
  new Merged([], ({name}) => ({key: name, what: `virtual host ${name}`, subjects: []}))

export const mergedUsers = (): Merged<z.infer<typeof schema.User>> =>
  new Merged(['tags'], ({name}) => ({key: name, what: `user ${name}`, subjects: []}))

export const mergedPermissions = (): Merged<z.infer<typeof schema.Permission>> =>
  new Merged(['configure', 'write', 'read'], ({user = '', vhost = ''}) => ({
    key: canonical([user, vhost]),
    what: `permission of ${user} on ${vhost}`,
    subjects: [],
  }))
