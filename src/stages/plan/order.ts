import type {Step} from '../../model/plan.ts'

/** Steps in an order in which each finds what it needs, otherwise by id. The same step from two folders is one. */
export function inOrder(steps: readonly Step[]): Step[] {
  const byId = new Map(steps.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((step) => [step.id, step]))
  const ordered = new Map<string, Step>()
  const visiting = new Set<string>()
  const visit = (step: Step): void => {
    if (ordered.has(step.id)) return
    // Planners make no rings; if one did, apply would say which step cannot be made.
    if (visiting.has(step.id)) throw new RangeError(`${step.id} needs itself`)
    visiting.add(step.id)
    for (const id of step.needs) {
      const needed = byId.get(id)
      if (needed === undefined) throw new RangeError(`${step.id} needs ${id}, which no step makes`)
      visit(needed)
    }
    ordered.set(step.id, step)
  }
  for (const step of byId.values()) visit(step)
  return [...ordered.values()]
}
