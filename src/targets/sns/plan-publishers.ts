import type {Shards} from '../../routing/compile.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange} from '../plan-draft.ts'
import type {PlannedTopic} from './plan.ts'

/** What publishers must do differently. Reversible: the exchange stays where it is until they switch. */
export function sayHowToPublish(draft: Draft, topic: PlannedTopic): void {
  const {compiled, id} = topic
  const undo = 'publish to the exchange again'
  addChange(draft, {
    subject: id,
    field: 'publishers',
    change: 'mapped',
    from: 'publish to the exchange',
    to: `publish to topic ${topic.name}${withAttributes(compiled.attributes)}${topic.fifo ? ', with a MessageGroupId and a MessageDeduplicationId' : ''}`,
    undo,
  })
  for (const [header, attribute] of Object.entries(compiled.renamed))
    addChange(draft, {
      subject: id,
      field: `header ${header}`,
      change: 'renamed',
      from: header,
      to: `attribute ${attribute}`,
      undo: 'consumers read the attribute',
    })
  for (const shards of compiled.shards)
    addChange(draft, {
      subject: id,
      field: `attribute ${shards.attribute}`,
      change: 'mapped',
      from:
        shards.hashOn === null
          ? 'the exchange draws a queue at random'
          : `the exchange hashes ${shards.hashOn}`,
      to: `publishers set ${shards.attribute} to ${drawn(shards)}, a whole number as text`,
      undo,
    })
  const flattened = compiled.through.filter((exchange) => exchange !== id)
  if (flattened.length > 0)
    addChange(draft, {
      subject: id,
      field: 'exchange-to-exchange bindings',
      change: 'mapped',
      from: `routes on through ${flattened.join(', ')}`,
      to: 'one topic whose subscriptions carry the conditions of the whole path',
      undo,
    })
}

const withAttributes = (names: readonly string[]): string =>
  names.length === 0 ? '' : `, with the attribute${names.length > 1 ? 's' : ''} ${names.join(', ')}`

const drawn = ({hashOn, count}: Shards): string =>
  hashOn === null ? `a random number below ${count}` : `a hash of ${hashOn} modulo ${count}`
