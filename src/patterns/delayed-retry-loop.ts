import {SQS} from '../facts/sqs.ts'
import {valueOf} from '../model/facts.ts'
import {type WaitingRoom, waitingRoom} from '../routing/waiting-room.ts'
import type {Found, Pattern, PatternContext} from './pattern.ts'

/** Enough to see what it is about. */
const FEW = 5
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
    const {graph, facts} = context
    return [...graph.destinations.values()].flatMap(({id, kind}) => {
      const room = kind === 'queue' ? waitingRoom(graph, id, valueOf(facts(id).consumers)) : null
      return room === null ? [] : [helper(context, id, room)]
    })
  },
} satisfies Pattern

function helper({graph, facts}: PatternContext, id: string, {certain, next, waits}: WaitingRoom): Found {
  const time = waits === null ? 'for the time each brings' : `${waits / 1000} s`
  const back = next.some((queue) => graph.deadLetterQueues(queue)?.includes(id) === true)
  const where = back ? 'and go back to the queue they came from' : `and go on to ${amount(next.length)}`
  const {messageTtl, deadLetterExchange} = facts(id)
  return {
    subjects: [id, ...next.slice(0, FEW)],
    serves: next,
    because: `${certain ? 'messages' : 'it looks as if messages'} wait here ${time} ${where}`,
    todo: instead(waits),
    ...(certain
      ? {}
      : {
          decide: {
            question: 'Does anybody read this queue, or do messages only wait in it?',
            who: 'owner of the consumers',
          },
        }),
    evidence: [messageTtl, deadLetterExchange].flatMap((fact) => fact?.evidence ?? []),
  }
}

const amount = (queues: number): string => (queues === 1 ? 'a work queue' : `${queues} queues`)

const instead = (ttl: number | null): string =>
  ttl !== null && ttl <= LONGEST_DELAY
    ? 'replace the helper queue by DelaySeconds or by a visibility timeout on failure'
    : 'replace the helper queue by a visibility timeout (12 h at most) or by EventBridge Scheduler'
