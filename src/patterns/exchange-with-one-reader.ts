import {queuesBehind} from '../routing/flows.ts'
import type {Pattern} from './pattern.ts'

export default {
  id: 'exchange-with-one-reader',
  question: 'Does everything published here end in one queue?',
  advice: 'Publish straight to the queue. Keep a topic only when a second reader is planned.',
  sources: [{url: 'https://www.rabbitmq.com/docs/exchanges', read: '2026-11-24'}],
  find: ({graph}) =>
    [...graph.destinations.values()]
      .filter(({kind}) => kind === 'exchange')
      .flatMap(({id}) => {
        const [queue, ...others] = queuesBehind(graph, id)
        if (queue === undefined || others.length > 0) return []
        return [
          {
            subjects: [id],
            because: `only ${queue} reads from it`,
            todo: 'publish straight to the queue',
            evidence: graph
              .bindingsFrom(id)
              .slice(0, 3)
              .map((binding) => binding.evidence),
          },
        ]
      }),
} satisfies Pattern
