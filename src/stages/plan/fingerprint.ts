import type {Body} from '../../model/artefact.ts'
import {valueOf} from '../../model/facts.ts'
import type {Inventory} from '../../model/inventory.ts'
import type {Plan} from '../../model/plan.ts'
import {bindingsByObject, structureHash} from '../../model/structure.ts'

/**
 * The structure of every object, by id. Queues that come and go with a connection are left out, and so are their
 * bindings: a subscriber that connects must not make the plan of its exchange stale.
 */
export function fingerprintOf(
  inventory: Body<Inventory>,
  ignored: ReadonlySet<string>,
): Record<string, string> {
  const passing = new Set(ignored)
  for (const {id, facts} of inventory.destinations) if (valueOf(facts.exclusive) === true) passing.add(id)
  const lasting = inventory.bindings.filter(
    ({source, destination}) => !passing.has(source) && !passing.has(destination),
  )
  const bindings = bindingsByObject(lasting)
  return Object.fromEntries(
    inventory.destinations
      .filter(({id}) => !passing.has(id))
      .map((destination) => [destination.id, structureHash(destination, bindings.get(destination.id) ?? [])]),
  )
}

/** Objects of the plan that are no longer what they were: changed or gone. New ones do not matter to the plan. */
export function changedSince(
  plan: Pick<Plan, 'fingerprint'>,
  inventory: Body<Inventory>,
  ignored: ReadonlySet<string>,
): string[] {
  const now = fingerprintOf(inventory, ignored)
  return Object.entries(plan.fingerprint)
    .filter(([id, hash]) => now[id] !== hash)
    .map(([id]) => id)
    .toSorted()
}
