import {createHash} from 'node:crypto'

import {StructureFacts} from './facts.ts'
import type {Binding, Destination} from './inventory.ts'

/**
 * What a plan is pinned to, per object: its declaration and the bindings that leave or reach it. Evidence is left
 * out: the same queue read live and from an export is the same queue.
 */
export function structureHash(destination: Destination, bindings: readonly Binding[]): string {
  const facts = Object.entries(destination.facts)
    .filter(([name]) => name in StructureFacts.shape)
    .map(([name, fact]): [string, unknown] => [name, {...fact, evidence: undefined}])
  const bound = bindings.map((binding) => [
    binding.source,
    binding.destination,
    binding.routingKey,
    binding.arguments,
  ])
  const structure = {
    id: destination.id,
    facts: Object.fromEntries<unknown>(facts),
    bindings: [...new Set(bound.map(canonical))].toSorted(),
  }
  return createHash('sha256').update(canonical(structure)).digest('hex')
}

/** JSON with sorted keys: equal values give equal text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })

/** Bindings by the objects they belong to: both ends. */
export function bindingsByObject(bindings: readonly Binding[]): ReadonlyMap<string, readonly Binding[]> {
  const byObject = new Map<string, Binding[]>()
  for (const binding of bindings) {
    for (const id of new Set([binding.source, binding.destination])) {
      const list = byObject.get(id)
      if (list === undefined) byObject.set(id, [binding])
      else list.push(binding)
    }
  }
  return byObject
}
