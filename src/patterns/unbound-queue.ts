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
  const days = links?.length === 0 ? silentDays(context, id) : null
  if (days !== null) {
    return {
      subjects: [id],
      because: `no binding, no link, no messages, no consumers, and idle for ${days} days`,
      todo: 'ask whether anybody needs it, then drop it',
      decide: {question: 'Does anybody still use this queue?', who: 'operations'},
      evidence,
      ...(days >= UNUSED_DAYS ? {means: 'retire' as const} : {}),
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

/** A queue may be used once a month. */
const UNUSED_DAYS = 35
const DAY = 86_400_000

/** For how long nothing happened here, as far as the broker remembers; null = something did, or it cannot be told. */
function silentDays({facts, observedAt}: PatternContext, id: string): number | null {
  const {messages, consumers, idleSince} = facts(id)
  const since = valueOf(idleSince)
  if (observedAt === null || since === undefined || since === null) return null
  if (valueOf(messages) !== 0 || valueOf(consumers) !== 0) return null
  const days = Math.floor((observedAt - Date.parse(since)) / DAY)
  return Number.isNaN(days) ? null : days
}
