import type {RoutingRule} from '../model/plan.ts'
import type {CompiledExchange} from './compile.ts'
import {isRoutingAttribute} from './routing-attributes.ts'

/** For every attribute that the filters of an exchange look at, what it is made of. */
export function routingRules({attributes, renamed, shards}: CompiledExchange): RoutingRule[] {
  const headerOf = new Map(Object.entries(renamed).map(([header, attribute]) => [attribute, header]))
  return attributes.map((attribute): RoutingRule => {
    const shard = shards.find((one) => one.attribute === attribute)
    if (shard) return {by: 'shard', attribute, hashOn: shard.hashOn, count: shard.count}
    if (isRoutingAttribute(attribute)) return {by: 'routing-key', attribute}
    return {by: 'header', attribute, header: headerOf.get(attribute) ?? attribute}
  })
}
