import {valueOf} from '../../model/facts.ts'
import type {PlannedDefinitions} from './definitions.ts'
import type {Planning} from './planning.ts'
import type {Load} from './sizing.ts'

/** The default and the six predeclared exchanges of every virtual host count, too (rabbitmq.com/docs/exchanges). */
const PREDECLARED = 7

/** What the broker will have to hold, as far as anybody saw it. */
export function loadOf({draft}: Planning, planned: PlannedDefinitions): Load {
  const {inventory} = draft.context
  const {definitions} = planned
  const vhosts = new Set(definitions.vhosts.map(({name}) => name))
  // What clients declare at run time is not in the definitions and counts all the same.
  const atRunTime = inventory.destinations.filter(
    ({kind, vhost, facts}) => kind === 'queue' && vhosts.has(vhost) && valueOf(facts.exclusive) === true,
  )
  return {
    connections: connectionsOf(planned, {draft}),
    queues: definitions.queues.length + atRunTime.length,
    vhosts: vhosts.size,
    shovels:
      inventory.links?.filter(({kind, vhost}) => kind === 'shovel' && vhosts.has(vhost)).length ?? null,
    exchanges: definitions.exchanges.length + PREDECLARED * vhosts.size,
    backlogBytes: backlogOf(planned, {draft}),
    deepest: deepestOf(planned, {draft}),
  }
}

type Context = Pick<Planning, 'draft'>

function connectionsOf({definitions}: PlannedDefinitions, {draft}: Context): number | null {
  const vhosts = new Set(definitions.vhosts.map(({name}) => name))
  const clients = draft.context.inventory.clients?.filter(({vhost}) => vhosts.has(vhost))
  return clients?.reduce((sum, {connections}) => sum + connections, 0) ?? null
}

/** Null when the size of one queue is not known: it could be the largest. */
function backlogOf({queues}: PlannedDefinitions, {draft}: Context): number | null {
  const {observation} = draft.context
  if (observation === undefined) return null
  return queues.reduce<number | null>((sum, {destination}) => {
    const observed = observation.destinations[destination.id]
    const bytes = valueOf(observed?.messages) === 0 ? 0 : valueOf(observed?.bytes)
    return sum === null || bytes === undefined ? null : sum + bytes
  }, 0)
}

/** Quorum queues of `/` that no policy of ours rules obey AWS's own, which has a max-length. */
function deepestOf({queues, rules}: PlannedDefinitions, {draft}: Context): Load['deepest'] {
  const {observation} = draft.context
  const free = queues.filter(
    ({destination: {id, vhost}, type}) =>
      vhost === '/' && type === 'quorum' && Object.keys(rules.get(id) ?? {}).length === 0,
  )
  const depths = free.flatMap(({destination: {id}}) => {
    const messages = valueOf(observation?.destinations[id]?.messages)
    return messages === undefined ? [] : [{queue: id, messages}]
  })
  return depths.toSorted((one, other) => other.messages - one.messages)[0] ?? null
}
