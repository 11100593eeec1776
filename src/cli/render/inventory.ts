import type {Body} from '../../model/artefact.ts'
import type {Inventory, Observation, UnreadList} from '../../model/inventory.ts'
import type {Color} from '../color.ts'
import {figure, table} from '../table.ts'
import {shown} from '../terminal.ts'
import {bullets, notRead} from './parts.ts'

/** What was found, in counts, and what was not readable. */
export function renderInventory(
  inventory: Body<Inventory>,
  observation: Observation | undefined,
  color: Color,
): string {
  const {broker} = inventory
  const name = [broker.kind, broker.version, broker.clusterName].filter((part) => part !== null).join(' ')
  return [
    `${color.strong(shown(name))} ${color.context(shown(broker.address))}`,
    '',
    table([{title: 'what'}, {title: 'count', align: 'right'}], counts(inventory, observation)),
    ...bullets(
      'noticed',
      inventory.notices.map(({because}) => because),
      color,
    ),
    ...notRead(inventory.notRead, color),
  ].join('\n')
}

const PREDECLARED = /^(amq\..*)?$/

function counts(inventory: Body<Inventory>, observation: Observation | undefined): [string, string][] {
  const {destinations, bindings, policies, vhosts, users, permissions, clients, links} = inventory
  const kinds = Map.groupBy(destinations, ({kind}) => kind)
  const of = (list: UnreadList, found: readonly unknown[] = []): string =>
    figure(inventory.unread?.includes(list) ? null : found.length)
  const own = (kinds.get('exchange') ?? []).filter(({name}) => !PREDECLARED.test(name))
  return [
    ['virtual hosts', figure(vhosts.length)],
    ['queues', of('queues', kinds.get('queue'))],
    ['streams', of('queues', kinds.get('stream'))],
    ['exchanges', of('exchanges', own)],
    ['bindings', of('bindings', bindings)],
    ['policies', of('policies', policies)],
    ['users', figure(users?.length)],
    ['permissions', figure(permissions?.length)],
    ['applications', figure(clients?.length)],
    ['shovels and federation links', figure(links?.length)],
    ['messages waiting', figure(waiting(observation))],
  ]
}

/** Null when no queue said how much waits: not the same as none. */
function waiting(observation: Observation | undefined): number | null {
  const known = Object.values(observation?.destinations ?? {})
    .map(({messages}) => (messages && 'value' in messages ? messages.value : undefined))
    .filter((messages) => messages !== undefined)
  return known.length === 0 ? null : known.reduce((total, messages) => total + messages, 0)
}
