import type {GroupRule} from '../../model/plan.ts'
import {hashInput} from '../../routing/compile.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, ask, subjectId} from '../plan-draft.ts'
import {hasOneReader} from '../plan-source.ts'
import type {PlannedQueue} from './plan-queues.ts'

export const GROUP = 'message-group'

/**
 * The message group of a FIFO queue: what RabbitMQ kept in order today. One consumer at a time read everything in
 * order → one group; a hash exchange kept equal keys together → that key. Otherwise nobody but the owner knows.
 */
export function groupFor(draft: Draft, queue: PlannedQueue, deadLettersOnly: boolean): GroupRule {
  const constant: GroupRule = {by: 'constant', value: queue.name.replace(/\.fifo$/, '')}
  // A dead-letter queue is FIFO only because its sources are; one group keeps any order.
  const known = deadLettersOnly ? constant : knownGroup(draft, queue.id, constant)
  const answer = ask(draft, {
    rule: GROUP,
    subject: queue.id,
    question:
      'Which messages must stay in order among themselves? constant (all of them: one message per round trip), routing-key, header:<name> or property:<name>',
    choices: [],
    who: 'owner of the consumers',
    accepts: (text) => parseGroup(text, constant) !== null,
    ...(known !== null && {assumed: answerText(known)}),
  })
  const group = parseGroup(answer, constant)
  if (group === null) return constant
  addChange(draft, {
    subject: queue.id,
    field: 'order',
    change: 'mapped',
    from: ORDER_TODAY[group.by],
    to: `message group: ${groupText(group)}`,
    undo: `another answer to ${subjectId(GROUP, queue.id)}`,
  })
  return group
}

const ORDER_TODAY: Readonly<Record<GroupRule['by'], string>> = {
  constant: 'one consumer at a time, in order',
  header: 'equal header values stay in order',
  property: 'equal property values stay in order',
  'routing-key': 'equal routing keys stay in order',
  'source-group': 'the broker’s own groups stay in order',
}

/** Null = several are possible, or none is known: ask. */
function knownGroup({context}: Draft, id: string, constant: GroupRule): GroupRule | null {
  const {graph} = context
  const hashed = new Set(graph.bindingsTo(id).flatMap(({source}) => hashInput(graph, source) ?? []))
  const [input] = hashed
  if (input !== undefined) return hashed.size === 1 ? parseGroup(input, constant) : null
  return hasOneReader(context, id) ? constant : null
}

export function parseGroup(text: string | null, constant: GroupRule): GroupRule | null {
  if (text === 'constant') return constant
  if (text === 'routing-key') return {by: 'routing-key'}
  const [, by, name] = /^(header|property):(.+)$/s.exec(text ?? '') ?? []
  if (name === undefined) return null
  return by === 'header' ? {by: 'header', name} : {by: 'property', name}
}

/** As it is answered: `constant`, `routing-key`, `header:x`. */
const answerText = (group: GroupRule): string => ('name' in group ? `${group.by}:${group.name}` : group.by)

export function groupText(group: GroupRule): string {
  if (group.by === 'constant') return `constant ${group.value}`
  return 'name' in group ? `${group.by} ${group.name}` : group.by
}
