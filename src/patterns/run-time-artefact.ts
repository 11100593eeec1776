import {madeAtRunTime} from '../routing/run-time-artefact.ts'
import type {Pattern} from './pattern.ts'

export default {
  id: 'run-time-artefact',
  question: 'Was this made at run time by a client or a plugin?',
  advice:
    'Do not migrate it: it is made again where it is needed. What it does (RPC replies, broadcast to each instance, ' +
    'MQTT sessions) may have to be rebuilt.',
  sources: [
    {url: 'https://www.rabbitmq.com/docs/queues', read: '2026-11-24'},
    {url: 'https://www.rabbitmq.com/docs/mqtt', read: '2026-11-24'},
  ],
  find: ({inventory, facts}) =>
    inventory.destinations.flatMap(({id, kind, name, facts: structure}) => {
      const because = madeAtRunTime(kind, name, facts(id))
      if (because === undefined) return []
      return [
        {subjects: [id], because, evidence: structure.type ? [structure.type.evidence] : [], means: 'ignore'},
      ]
    }),
} satisfies Pattern
