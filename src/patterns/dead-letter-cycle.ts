import {deadLetterLoops, waits} from './dead-letter-loops.ts'
import type {Pattern} from './pattern.ts'

export default {
  id: 'dead-letter-cycle',
  question: 'Do dead letters go round in a circle?',
  advice:
    'RabbitMQ drops a message that goes round without being rejected. A redrive policy cannot point back: choose the ' +
    'queue where messages stop.',
  sources: [{url: 'https://www.rabbitmq.com/docs/dlx', read: '2026-11-24'}],
  find: ({graph}) =>
    deadLetterLoops(graph)
      .filter((loop) => !waits(graph, loop))
      .map((loop) => ({
        subjects: loop,
        because:
          loop.length === 1
            ? 'its dead letters come straight back to it'
            : `dead letters go round these ${loop.length} queues and nothing waits in between`,
        todo: 'choose the queue where failed messages stop',
        decide: {question: 'In which queue do failed messages stop?', who: 'owner of the consumers'},
        evidence: loop.flatMap((id) => graph.destinations.get(id)?.facts.deadLetterExchange?.evidence ?? []),
      })),
} satisfies Pattern
