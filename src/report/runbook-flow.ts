import {valueOf} from '../model/facts.ts'
import type {Flow} from '../model/switching.ts'
import {code, table} from './escape.ts'
import {lasting} from './plan-words.ts'
import {blockLines} from './runbook-blocks.ts'
import {type Book, numbered} from './runbook-input.ts'
import {procedureOf} from './runbook-procedure.ts'
import {isTapped, tapWayBack} from './runbook-tap.ts'
import {wayBack} from './runbook-way-back.ts'
import {whoLines} from './runbook-who.ts'
import {bytes, count, names, plural, proper} from './words.ts'

/** Everything about one flow: who, what blocks, the steps, and the way back. */
export function flowLines(flow: Flow, book: Book): string[] {
  const {steps, noReturn} = procedureOf(flow, book)
  return [
    `### Flow ${book.numbers.get(flow.id) ?? ''}: ${titleOf(flow, book)}`,
    '',
    ...orderLines(flow, book),
    '',
    ...queueTable(flow, book),
    '',
    '#### Who',
    '',
    ...whoLines(flow, book),
    '',
    '#### What blocks',
    '',
    ...blockLines(flow, book),
    '',
    '#### Steps',
    '',
    ...numbered(steps),
    '',
    '#### Point of no return, and the way back',
    '',
    ...(isTapped(flow) ? tapWayBack : wayBack(flow, noReturn, book)),
  ]
}

export function titleOf({exchanges, queues}: Flow, {name}: Book): string {
  if (exchanges.length === 0) return names(queues, name)
  return `${names(exchanges, name)} → ${queues.length > 3 ? plural(queues.length, 'queue') : names(queues, name)}`
}

function orderLines({ordered, moves, after}: Flow, {name, numbers}: Book): string[] {
  const strict = moves.filter(({order}) => order === 'strict').map(({source}) => source)
  if (moves.some(({tap}) => tap !== undefined))
    return [
      '**Subscribers switch first**: a tap copies what is published into the topic, until producers publish there.',
    ]
  return [
    ordered
      ? `**Producers stop first**: ${names(strict, name)} ${strict.length === 1 ? 'keeps' : 'keep'} an order, which would be mixed if both sides were filled at once.`
      : '**Consumers switch first**: no order is promised, so producers go on publishing while the backlog moves.',
    ...(after.length === 0
      ? []
      : [
          `After ${after.length === 1 ? 'flow' : 'flows'} ${after.map((id) => numbers.get(id) ?? name(id)).join(', ')}: their dead letters come here.`,
        ]),
  ]
}

function queueTable({moves}: Flow, {name, steps, observation}: Book): string[] {
  return table(
    ['Queue', 'Becomes', 'Kind', 'Consumers', 'Waiting', 'Size', 'Takes'],
    moves.map(({source, target, platform, expected, estimateSeconds}) => [
      name(source),
      code(steps.get(target)?.name ?? target),
      proper(platform),
      count(valueOf(observation?.destinations[source]?.consumers) ?? null),
      count(expected.messages),
      bytes(expected.bytes),
      lasting(estimateSeconds),
    ]),
  )
}
