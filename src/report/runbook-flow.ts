import {valueOf} from '../model/facts.ts'
import type {Flow} from '../model/switching.ts'
import {code, table} from './escape.ts'
import {lasting} from './plan-words.ts'
import {blockLines} from './runbook-blocks.ts'
import {only} from './runbook-commands.ts'
import {type Book, numbered} from './runbook-input.ts'
import {procedureOf, sourcesOf} from './runbook-procedure.ts'
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
    ...wayBack(flow, noReturn, book),
  ]
}

export function titleOf({exchanges, queues}: Flow, {name}: Book): string {
  if (exchanges.length === 0) return names(queues, name)
  return `${names(exchanges, name)} → ${queues.length > 3 ? plural(queues.length, 'queue') : names(queues, name)}`
}

function orderLines({ordered, moves, after}: Flow, {name, numbers}: Book): string[] {
  const strict = moves.filter(({order}) => order === 'strict').map(({source}) => source)
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

function wayBack(flow: Flow, noReturn: number, book: Book): string[] {
  const back = `mqlift rollback ${only(flow)}`
  return [
    flow.ordered
      ? `Step ${noReturn}: from then on consumers of the targets process messages that the old side no longer has.`
      : `Step ${noReturn}: from then on producers send messages that the old side never had.`,
    '',
    `- Before it: ${beforeReturn(flow)} Put back what was moved, from the archive (look first, then add ${code('--execute')}), and start the old side again.`,
    '',
    ...['```sh', back, '```'].map((line) => `  ${line}`),
    '',
    `- After it: stop both sides, bring what is new at the targets back as well, and expect that messages which were processed already come twice.`,
    '',
    ...['```sh', `${back} --cut-back`, '```'].map((line) => `  ${line}`),
    '',
    `- For how long: ${keptFor(flow, book)}`,
    `- What does not come back: the place in the queue, the count of deliveries, the time to live that has passed (${plural(sourcesOf(flow).length, 'queue')}).`,
  ]
}

const beforeReturn = ({ordered}: Flow): string =>
  ordered
    ? 'nobody works on the targets yet.'
    : 'stop the bridge and the consumers of the targets; what they have processed by then comes twice.'

/** The archive has no end of its own; what waits at the target has. */
function keptFor({moves}: Flow, {steps}: Book): string {
  const kept = moves
    .map(({target}) => retentionOf(steps.get(target)?.settings))
    .filter((known) => known !== null)
  const archive =
    'the archive in the migration folder keeps every moved message until `mqlift clean --execute`'
  if (kept.length === 0) return `${archive}.`
  const now = Math.min(...kept.map((each) => each.now))
  const later = Math.min(...kept.map((each) => each.cutover))
  const shrinks = later < now ? `, ${span(later)} from ${code('mqlift apply --cutover')} on` : ''
  return `${archive}; what nobody reads from the targets is gone after ${span(now)}${shrinks}.`
}

const DAY = 86_400

const span = (seconds: number): string =>
  seconds >= 2 * DAY ? `${Math.floor(seconds / DAY)} days` : `${count(Math.ceil(seconds / 60))} minutes`

/** Settings are opened by their folder only; these are looked at without being trusted. */
function retentionOf(
  settings: Readonly<Record<string, unknown>> | undefined,
): {now: number; cutover: number} | null {
  const kept = settings?.['retentionSeconds']
  if (typeof kept !== 'object' || kept === null || !('now' in kept) || !('cutover' in kept)) return null
  return {now: Number(kept.now), cutover: Number(kept.cutover)}
}
