import type {Body} from '../model/artefact.ts'
import {parseId} from '../model/id.ts'
import type {Inventory, Permission} from '../model/inventory.ts'
import type {Permitted} from '../model/switching.ts'
import {matchPatterns} from './policy-pattern.ts'

/** What a right to publish to the default exchange is asked for (rabbitmq.com/docs/access-control, read 2026-11-24). */
export const DEFAULT_EXCHANGE = 'amq.default'

/**
 * Who may publish and consume, for an estate whose connections nobody could read. Null when permissions were not
 * read either. A right that cannot be evaluated here is taken as given: whoever may be concerned is named.
 */
export async function permittedOn(
  ids: readonly string[],
  {permissions}: Pick<Body<Inventory>, 'permissions'>,
): Promise<Permitted | null> {
  if (permissions === null) return null
  const publish = await holders(permissions, ids, 'write')
  const consume = await holders(permissions, ids, 'read')
  return {publish, consume}
}

async function holders(
  permissions: readonly Permission[],
  ids: readonly string[],
  right: 'read' | 'write',
): Promise<ReadonlyMap<string, readonly string[]>> {
  const kind = right === 'write' ? 'exchange:' : 'queue:'
  const asked = ids.filter((id) => id.startsWith(kind)).map((id) => ({id, ...parseId(id)}))
  const wanted = new Map<string, Set<string>>()
  for (const permission of permissions) {
    const names = wanted.get(permission[right]) ?? new Set()
    for (const {vhost, name} of asked) if (vhost === permission.vhost) names.add(resource(name))
    wanted.set(permission[right], names)
  }
  const matched = await matchPatterns(wanted)
  const may = ({[right]: pattern, vhost: at}: Permission, vhost: string, name: string): boolean => {
    const answer = matched.get(pattern)
    return at === vhost && (answer?.evaluated !== true || answer.names.has(resource(name)))
  }
  return new Map(
    asked.map(({id, vhost, name}) => [
      id,
      permissions
        .filter((permission) => may(permission, vhost, name))
        .map(({user}) => user)
        .toSorted(),
    ]),
  )
}

const resource = (name: string): string => (name === '' ? DEFAULT_EXCHANGE : name)
