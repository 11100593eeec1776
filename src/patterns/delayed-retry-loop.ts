import {SQS} from '../facts/sqs.ts'
import {valueOf} from '../model/facts.ts'
import {delaysFor} from '../routing/flows.ts'
import {deadLetterLoops, waits} from './dead-letter-loops.ts'
import type {Found, Pattern, PatternContext} from './pattern.ts'

const LONGEST_DELAY = SQS.maxDelaySeconds.value * 1000

/** A queue that only holds messages back: what expires in it goes on to a work queue. */
export default {
  id: 'delayed-retry-loop',
  question: 'Does a helper queue delay messages by letting them expire?',
  advice:
    'Recognise the pattern and remove the helper queue; messages waiting in it must be moved with their remaining ' +
    'delay.',
  sources: [
    {url: 'https://www.rabbitmq.com/docs/ttl', read: '2026-11-24'},
    {url: SQS.maxDelaySeconds.url, read: SQS.maxDelaySeconds.read},
  ],
  find(context) {
    const {graph} = context
    const loops = deadLetterLoops(graph).filter((loop) => waits(graph, loop))
    const looping = new Set(loops.flat())
    const delays = [...graph.destinations.keys()].filter((id) => !looping.has(id) && isDelay(context, id))
    return [
      ...loops.map((loop) => retryLoop(context, loop)),
      ...delays.map((id) => delay(context, id, delaysFor(graph, id) ?? [])),
    ]
  },
} satisfies Pattern

/** A queue that somebody reads is a work queue with an expiry, not a delay. */
function isDelay({graph, facts}: PatternContext, id: string): boolean {
  const consumers = valueOf(facts(id).consumers)
  return (consumers === undefined || consumers === 0) && delaysFor(graph, id) !== null
}

function retryLoop({graph}: PatternContext, loop: readonly string[]): Found {
  const helpers = loop.filter((id) => typeof ttlOf(graph, id) === 'number')
  return {
    subjects: [...helpers, ...loop.filter((id) => !helpers.includes(id))],
    because: `failed messages wait in ${helpers.length} of these ${loop.length} queues and come back`,
    todo: instead(Math.max(...helpers.map((id) => ttlOf(graph, id) ?? 0))),
    evidence: loop.flatMap((id) => evidenceOf(graph, id)),
  }
}

const delay = ({graph}: PatternContext, id: string, next: readonly string[]): Found => ({
  subjects: [id, ...next],
  because: `messages wait ${(ttlOf(graph, id) ?? 0) / 1000} s here, then go to ${next.length} other queue${next.length > 1 ? 's' : ''}`,
  todo: instead(ttlOf(graph, id) ?? 0),
  evidence: evidenceOf(graph, id),
})

const instead = (ttl: number): string =>
  ttl <= LONGEST_DELAY
    ? 'replace the helper queue by DelaySeconds or by a visibility timeout on failure'
    : 'replace the helper queue by a visibility timeout (12 h at most) or by EventBridge Scheduler'

const ttlOf = (graph: PatternContext['graph'], id: string): number | null | undefined =>
  valueOf(graph.destinations.get(id)?.facts.messageTtl)

const evidenceOf = (graph: PatternContext['graph'], id: string): string[] => {
  const facts = graph.destinations.get(id)?.facts
  return [facts?.messageTtl, facts?.deadLetterExchange].flatMap((fact) => fact?.evidence ?? [])
}
