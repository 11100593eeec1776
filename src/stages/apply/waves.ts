import type {Step} from '../../model/plan.ts'

/** Well below the call rates of SQS and SNS (30 to 100 a second); one call takes some tens of milliseconds. */
const AT_ONCE = 8

/** Visits steps after those that they need, some at a time. Results come in the order of the steps. */
export async function inWaves<T>(
  steps: readonly Step[],
  visit: (step: Step) => Promise<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const results = new Map<string, T>()
  const ids = new Set(steps.map(({id}) => id))
  let waiting = steps
  while (waiting.length > 0) {
    const ready = waiting.filter(({needs}) => needs.every((id) => results.has(id) || !ids.has(id)))
    if (ready.length === 0) throw new Error(`steps need each other: ${waiting.map(({id}) => id).join(', ')}`)
    for (let at = 0; at < ready.length; at += AT_ONCE) {
      signal.throwIfAborted()
      const some = ready.slice(at, at + AT_ONCE)
      const done = await Promise.all(some.map(async (step) => [step.id, await visit(step)] as const))
      for (const [id, result] of done) results.set(id, result)
    }
    const visited = new Set(ready)
    waiting = waiting.filter((step) => !visited.has(step))
  }
  return steps.flatMap(({id}) => {
    const result = results.get(id)
    return result === undefined ? [] : [result]
  })
}
