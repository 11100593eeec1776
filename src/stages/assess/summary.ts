import type {Body} from '../../model/artefact.ts'
import type {Summary} from '../../model/assessment.ts'
import {valueOf} from '../../model/facts.ts'
import type {Destination, Inventory, NotRead, UnreadList} from '../../model/inventory.ts'
import {isPredeclaredExchange} from '../../model/predeclared.ts'
import {type FactsOf, isQueue} from './estate.ts'

export function summarize(inventory: Body<Inventory>, facts: FactsOf): Summary {
  const {destinations, clients} = inventory
  const queues = destinations.filter(isQueue)
  const isUnread = (list: UnreadList): boolean => inventory.unread?.includes(list) ?? false
  const known = (list: UnreadList, count: number): number | null => (isUnread(list) ? null : count)
  const total = (name: 'messages' | 'bytes' | 'consumers'): number | null =>
    sum(
      queues.map(({id}) => valueOf(facts(id)[name])),
      isUnread('queues'),
    )
  const exchanges = destinations.filter(({kind, name}) => kind === 'exchange' && !isPredeclaredExchange(name))
  return {
    vhosts: inventory.vhosts.length,
    queues: known('queues', queues.length),
    exchanges: known('exchanges', exchanges.length),
    bindings: known('bindings', inventory.bindings.length),
    users: inventory.users?.length ?? null,
    permissions: inventory.permissions?.length ?? null,
    policies: known('policies', inventory.policies.filter(({operator}) => !operator).length),
    topics: destinations.filter(({kind}) => kind === 'topic').length,
    connections: sum(
      (clients ?? []).map(({connections}) => connections),
      clients === null,
    ),
    consumers: total('consumers'),
    messages: total('messages'),
    bytes: total('bytes'),
  }
}

/** Null when nothing is known; a part that is not known is in `notChecked` (partlyRead). */
function sum(values: readonly (number | undefined)[], unknown = false): number | null {
  const known = values.filter((value) => value !== undefined)
  if (unknown || (known.length === 0 && values.length > 0)) return null
  return known.reduce((all, value) => all + value, 0)
}

/** Totals that leave some queues out say so. */
export function partlyRead(queues: readonly Destination[], facts: FactsOf): NotRead[] {
  return (['messages', 'bytes', 'consumers'] as const).flatMap((name) => {
    const missing = queues.filter(({id}) => valueOf(facts(id)[name]) === undefined)
    if (missing.length === 0 || missing.length === queues.length) return []
    return [
      {
        what: `${name} of ${missing.length} of ${queues.length} queues, for example ${missing[0]?.id ?? ''}`,
        endpoint: 'GET /api/queues',
        missingRight: 'the broker gave no figure for them',
        command: 'look at these queues, then inspect again',
      },
    ]
  })
}
