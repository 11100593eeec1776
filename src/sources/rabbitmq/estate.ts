import type {z} from 'zod'

import type {NotRead, Notice, UnreadList} from '../../model/inventory.ts'
import type * as api from './api.ts'

/** Something read, and where: `GET /api/queues/%2F/orders`, or `definitions.json → queues[12]`. */
export interface Seen<T> {
  readonly item: T
  readonly at: string
  /** Where its numbers and its policy were read, when that is another file than its definition. */
  readonly countedAt?: string
}

/** Evidence for one field of something read. */
export function within(at: string, path: string): string {
  return at.includes(' → ') ? `${at}.${path}` : `${at} → ${path}`
}

/** True for a declaration in a definitions file, as against what a broker or a list of it shows. */
export function inDefinitions(at: string): boolean {
  return / → (?:queues|exchanges)\[\d+\]$/.test(at)
}

export interface SeenPolicy extends Seen<api.Policy> {
  readonly operator: boolean
}

/**
 * Everything read from a broker or from files, before it means anything. Null = not read, which is not the same
 * as none. `build-inventory.ts` makes the inventory of it, the same way for both.
 */
export interface Estate {
  readonly address: string
  /** True when the broker itself answered: it knows what it applies better than we do. */
  readonly live: boolean
  readonly version: string | null
  readonly overview: api.Overview | null
  readonly nodes: readonly api.ClusterNode[] | null
  readonly vhosts: readonly Seen<api.Vhost>[]
  readonly queues: readonly Seen<api.Queue>[]
  readonly exchanges: readonly Seen<api.Exchange>[]
  readonly bindings: readonly Seen<api.Binding>[]
  readonly policies: readonly SeenPolicy[] | null
  readonly parameters: readonly Seen<api.Parameter>[] | null
  readonly limits: ReadonlyMap<string, Record<string, unknown>>
  readonly users: readonly z.infer<typeof api.User>[] | null
  readonly permissions: readonly z.infer<typeof api.Permission>[] | null
  readonly consumers: readonly api.Consumer[] | null
  readonly connections: readonly api.Connection[] | null
  /** Exchanges by the name of the connection that publishes to them. */
  readonly publishes: ReadonlyMap<string, readonly {readonly vhost: string; readonly name: string}[]>
  readonly shovels: readonly api.Shovel[] | null
  readonly federationLinks: readonly api.FederationLink[] | null
  readonly notRead: readonly NotRead[]
  /** Lists that a live broker refused as a whole. */
  readonly unread?: readonly UnreadList[]
  readonly notices: readonly Notice[]
  /** When the moving numbers were read, by the broker's clock or the file's; null = there are none. */
  readonly observedAt: string | null
}

/** The name of the virtual host everything belongs to that names none. */
export const DEFAULT_VHOST = '/'
