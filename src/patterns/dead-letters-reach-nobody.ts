import {valueOf} from '../model/facts.ts'
import {destinationId} from '../model/id.ts'
import type {Destination} from '../model/inventory.ts'
import type {Graph} from '../routing/graph.ts'
import type {Found, Pattern} from './pattern.ts'

export default {
  id: 'dead-letters-reach-nobody',
  question: 'Are rejected and expired messages lost although a dead-letter exchange is set?',
  advice:
    'Today these messages vanish. Either nobody misses them, or a binding is missing: ask before the new queue gets a ' +
    'dead-letter queue.',
  sources: [{url: 'https://www.rabbitmq.com/docs/dlx', read: '2026-11-24'}],
  find: ({graph}) =>
    [...graph.destinations.values()].flatMap((destination) => {
      if (graph.deadLetterQueues(destination.id)?.length !== 0) return []
      const found = lost(graph, destination)
      return found === null ? [] : [found]
    }),
} satisfies Pattern

function lost(graph: Graph, {id, vhost, facts}: Destination): Found | null {
  const exchange = valueOf(facts.deadLetterExchange) ?? ''
  const exchangeId = destinationId('exchange', vhost, exchange)
  const known = graph.destinations.get(exchangeId)
  // What no binding takes, an alternate exchange may.
  if (typeof valueOf(known?.facts.alternateExchange) === 'string') return null
  return {
    subjects: exchange === '' ? [id] : [id, exchangeId],
    because: why(exchange, known !== undefined, graph.bindingsFrom(exchangeId).length),
    todo: 'bind a queue for dead letters, or remove the dead-letter exchange',
    decide: {question: 'Are rejected and expired messages meant to be lost?', who: 'owner of the consumers'},
    evidence: [facts.deadLetterExchange, facts.deadLetterRoutingKey].flatMap((fact) => fact?.evidence ?? []),
  }
}

function why(exchange: string, exists: boolean, bindings: number): string {
  const name = JSON.stringify(exchange)
  if (exchange === '')
    return 'dead letters go to the default exchange, and no queue has the name of their key'
  if (!exists && bindings === 0) return `the dead-letter exchange ${name} does not exist`
  return bindings === 0
    ? `nothing is bound to the dead-letter exchange ${name}`
    : `none of the ${bindings} bindings of the dead-letter exchange ${name} takes their key`
}
