import type {Binding} from '../../model/inventory.ts'
import {fitToLimits} from '../../routing/filter-widen.ts'
import {headersFilter} from '../../routing/headers-filter.ts'
import type {Judgement, Subject} from '../criterion.ts'
import {adapt, blocker, lossy} from '../criterion.ts'
import {STRAIGHT} from './bound.ts'

export type HeadersMatch = 'all' | 'any'

/** Bindings of a headers exchange with this kind of x-match; `all` is the default. */
export const headersBindings = ({graph, destination}: Subject, match: HeadersMatch): readonly Binding[] =>
  graph
    .bindingsFrom(destination.id)
    .filter(({arguments: {'x-match': given}}) => (isAny(given) ? 'any' : 'all') === match)

const isAny = (match: unknown): boolean => match === 'any' || match === 'any-with-x'

/** One queue that takes everything needs no routing. */
export function onSqs({graph, destination}: Subject, bindings: readonly Binding[]): Judgement {
  const queues = new Set(graph.bindingsFrom(destination.id).map((binding) => binding.destination))
  const everything = bindings.some((binding) =>
    headersFilter(binding.arguments).clauses.some((clause) => Object.keys(clause).length === 0),
  )
  return queues.size === 1 && everything
    ? STRAIGHT
    : blocker('consumers select by header, SQS does not route')
}

/** Exact when it fits the limits of a filter policy and every value can be compared. */
export function onSns(bindings: readonly Binding[], how: string): Judgement {
  for (const binding of bindings) {
    const {clauses, widened} = headersFilter(binding.arguments)
    // `any` without a usable key matches nothing: there is nothing to subscribe.
    const [reason] = clauses.length === 0 ? [] : [...widened, ...fitToLimits(clauses).widened]
    if (reason !== undefined) return lossy(reason, 'drop what does not match in the consumer')
  }
  return adapt(how, 'publish the headers that filters look at as message attributes')
}
