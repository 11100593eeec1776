import {parseId} from '../model/id.ts'
import type {Binding} from '../model/inventory.ts'
import type {Found, Pattern} from './pattern.ts'

export default {
  id: 'dangling-binding',
  question: 'Does a binding name an exchange or a queue that does not exist?',
  advice:
    'In an export: rabbitmqctl leaves internal exchanges out and keeps their bindings, and exclusive queues are in no ' +
    'export. Otherwise it is a spelling mistake, and messages are lost today.',
  sources: [{url: 'https://www.rabbitmq.com/docs/definitions', read: '2026-11-24'}],
  find({inventory, graph}) {
    const missing = new Map<string, Binding[]>()
    for (const binding of inventory.bindings) {
      for (const id of [binding.source, binding.destination]) {
        if (graph.destinations.has(id)) continue
        const bindings = missing.get(id)
        if (bindings === undefined) missing.set(id, [binding])
        else bindings.push(binding)
      }
    }
    return [...missing].map(([id, bindings]) => dangling(id, bindings))
  },
} satisfies Pattern

function dangling(id: string, bindings: readonly Binding[]): Found {
  const {kind, name} = parseId(id)
  const ends = new Set(bindings.flatMap(({source, destination}) => [source, destination]))
  ends.delete(id)
  return {
    subjects: [id, ...ends],
    because: `${bindings.length} binding${bindings.length > 1 ? 's name' : ' names'} ${kind} ${JSON.stringify(name)}, which does not exist`,
    todo: 'correct the name, or remove the binding',
    decide: {question: `What is ${kind} ${JSON.stringify(name)}?`, who: 'operations'},
    evidence: bindings.slice(0, 3).map(({evidence}) => evidence),
  }
}
