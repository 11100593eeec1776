import {valueOf} from '../model/facts.ts'
import type {Destination} from '../model/inventory.ts'
import type {Found, Pattern, PatternContext} from './pattern.ts'

export default {
  id: 'unbound-queue',
  question: 'What feeds a queue that no exchange is bound to?',
  advice:
    'No binding does not mean no messages: publishers reach it by name through the default exchange, and shovels and ' +
    'federation links write to it.',
  sources: [{url: 'https://www.rabbitmq.com/docs/exchanges', read: '2026-11-24'}],
  find(context) {
    const {graph} = context
    const fedByDeadLetters = new Set(
      [...graph.destinations.values()].flatMap(({id, kind}) =>
        kind === 'queue' ? (graph.deadLetterQueues(id) ?? []) : [],
      ),
    )
    return [...graph.destinations.values()]
      .filter(
        ({id, kind}) => kind !== 'exchange' && graph.bindingsTo(id).length === 0 && !fedByDeadLetters.has(id),
      )
      .map((destination) => found(context, destination))
  },
} satisfies Pattern

function found(context: PatternContext, {id, facts}: Destination): Found {
  const links = context.inventory.links?.filter((link) => link.touches.includes(id)) ?? null
  const evidence = facts.type === undefined ? [] : [facts.type.evidence]
  if (links !== null && links.length === 0 && isSilent(context, id)) {
    return {
      subjects: [id],
      because: 'no binding, no link, no messages, no consumers, and nothing was ever published to it',
      todo: 'ask whether anybody needs it, then drop it',
      decide: {question: 'Does anybody still use this queue?', who: 'operations'},
      evidence,
      means: 'retire',
    }
  }
  return {
    subjects: [id],
    because: `no binding; what may feed it: ${feeders(links)}`,
    todo: 'find the publishers that send to it by name',
    evidence,
  }
}

function feeders(links: NonNullable<PatternContext['inventory']['links']> | null): string {
  const byName = 'publishers through the default exchange'
  if (links === null) return `${byName}, or a shovel or federation link (not read)`
  return [byName, ...links.map(({kind, name}) => `${kind} ${JSON.stringify(name)}`)].join(', ')
}

/** The broker says nothing about rates of a queue that never had any: only a full reading can show silence. */
function isSilent({facts, observed}: PatternContext, id: string): boolean {
  if (!observed) return false
  const {messages, consumers, publishCount, publishRate, idleSince} = facts(id)
  const none = (fact: typeof messages): boolean => fact === undefined || valueOf(fact) === 0
  return (
    valueOf(messages) === 0 &&
    valueOf(consumers) === 0 &&
    idleSince !== undefined &&
    none(publishCount) &&
    none(publishRate)
  )
}
