import type {Body} from '../model/artefact.ts'
import type {Inventory} from '../model/inventory.ts'
import type {RolledBackDestination} from '../model/rollback.ts'
import type {Source} from '../sources/source.ts'
import type {CutBackFlags} from './cut-back.ts'
import {type Incoming, isBounded} from './rollback-plan.ts'

type Flags = Pick<CutBackFlags, 'with-new' | 'leave-consumed'>

/** By queue, what may come back into it over all of its lanes. `waiting`: messages at the targets, by step. */
export function incomingOf(
  destinations: readonly RolledBackDestination[],
  waiting: ReadonlyMap<string, number | null>,
  flags: Flags,
): Incoming[] {
  const found = new Map<string, Incoming>()
  for (const one of destinations) {
    const {messages, bytes} = intoOne(one, waiting.get(one.target) ?? null, flags)
    const before = found.get(one.id) ?? {queue: one.id, messages: 0, bytes: 0, there: 0}
    found.set(one.id, {...before, messages: sum(before.messages, messages), bytes: sum(before.bytes, bytes)})
  }
  return [...found.values()]
}

const sum = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : one + other

type Amount = Pick<Incoming, 'messages' | 'bytes'>

function intoOne(one: RolledBackDestination, atTarget: number | null, flags: Flags): Amount {
  const {'with-new': most, 'leave-consumed': leave = false} = flags
  const archived = leave ? 0 : one.waiting
  if (most === undefined) return {messages: archived, bytes: leave ? 0 : one.bytes}
  const all = archived + (atTarget ?? Number.POSITIVE_INFINITY) + most
  const messages = Math.min(all, once(one) + most)
  // How large messages of others are, is seen when they are received.
  return {messages: Number.isFinite(messages) ? messages : null, bytes: messages === 0 ? 0 : null}
}

/** Where the archive has everything that left, each message comes back once: from the target or from the archive. */
function once({archived, back, elsewhere, notArchived, mayRepeat}: RolledBackDestination): number {
  if (notArchived > 0) return Number.POSITIVE_INFINITY
  return archived.settled + archived.sent + archived.quarantined - back - elsewhere + mayRepeat
}

/** With what waits in the old queues now. Only queues that drop are asked: it can take seconds each. */
export async function withDepths(
  incoming: readonly Incoming[],
  inventory: Body<Inventory> | undefined,
  source: Pick<Source, 'depth'>,
): Promise<Incoming[]> {
  const known = new Map(inventory?.destinations.map(({id, facts}) => [id, facts]))
  const asked: Incoming[] = []
  for (const one of incoming) {
    const facts = known.get(one.queue)
    const depth = facts && isBounded(facts) ? await source.depth(one.queue) : null
    asked.push({...one, there: depth ? depth.ready + (depth.unacked ?? 0) : 0})
  }
  return asked
}
