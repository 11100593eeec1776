import {valueOf} from '../model/facts.ts'
import type {Move} from '../model/plan.ts'
import type {Flow} from '../model/switching.ts'
import {code} from './escape.ts'
import {isSqs, only} from './runbook-commands.ts'
import type {Book} from './runbook-input.ts'
import {sourcesOf} from './runbook-procedure.ts'
import {count, names, plural} from './words.ts'

/** Until when the old side simply starts again, what brings messages back before and after that, and for how long. */
export function wayBack(flow: Flow, noReturn: number, book: Book): string[] {
  const sides = sidesOf(flow, book)
  return [
    flow.ordered
      ? `Step ${noReturn}: from then on consumers of the targets process messages that the old side no longer has.`
      : `Step ${noReturn}: from then on producers send messages that the old side never had.`,
    '',
    `- Before it: ${flow.ordered ? 'nobody works on the targets yet.' : '`mqlift control stop`, then stop the consumers of the targets.'} Bring back what was moved, then start the old side again.`,
    ...commands(sides, 0, book),
    `- After it: stop the producers at the targets, then the consumers. ${newMessages(sides, book)}`,
    ...commands(sides, arrivals(sides.taken, book), book),
    `- For how long: ${keptFor(flow, book)}`,
    `- What does not come back: the place in the queue, the count of deliveries, the time to live that has passed (${plural(sourcesOf(flow).length, 'queue')}).`,
  ]
}

/** Messages can be taken back from a queue of SQS that one queue was moved into; from the archive always. */
interface Sides {
  readonly taken: readonly Move[]
  readonly archived: readonly Move[]
}

function sidesOf({moves}: Flow, {fills}: Book): Sides {
  const taken = moves.filter((move) => isSqs(move) && fills.get(move.target) === 1)
  return {taken, archived: moves.filter((move) => !taken.includes(move))}
}

function commands({taken, archived}: Sides, most: number, {name}: Book): string[] {
  const back = [
    ...(taken.length === 0 ? [] : [`mqlift rollback ${only(taken)} --with-new ${most} --leave-consumed`]),
    ...(archived.length === 0 ? [] : [`mqlift rollback ${only(archived)}`]),
  ]
  return [
    '',
    ...['```sh', ...back.flatMap((command) => [command, `${command} --execute`]), '```'].map(
      (line) => `  ${line}`,
    ),
    '',
    ...(archived.length === 0
      ? []
      : [
          `  ${names(sources(archived), name, 5)} ${archived.length === 1 ? 'comes' : 'come'} from the archive: all of it, also what was processed at the target meanwhile, and the target keeps its copies.`,
          '',
        ]),
  ]
}

const sources = (moves: readonly Move[]): string[] => [...new Set(moves.map(({source}) => source))]

function newMessages({taken, archived}: Sides, {name}: Book): string {
  const said = [
    ...(taken.length === 0
      ? []
      : [
          'What waits at the targets comes back with its new messages, at most as many as said: so many arrive in an hour.',
        ]),
    ...(archived.length === 0
      ? []
      : [
          `New messages at the targets of ${names(sources(archived), name, 5)} stay there: have them consumed first.`,
        ]),
  ]
  return said.join(' ')
}

const HOUR = 3600
const LEAST = 100

/** As many as an hour brings, at the rate that was observed. */
function arrivals(moves: readonly Move[], {observation}: Book): number {
  const rates = sources(moves).map((id) => valueOf(observation?.destinations[id]?.publishRate) ?? 0)
  const expected = rates.reduce((sum, rate) => sum + rate, 0) * HOUR
  return Math.max(LEAST, Math.ceil(expected / LEAST) * LEAST)
}

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

const HOURS_IN_DAY = 24

function span(seconds: number): string {
  const hours = seconds / HOUR
  if (hours >= 2 * HOURS_IN_DAY) return `${Math.floor(hours / HOURS_IN_DAY)} days`
  return hours >= 2 ? `${Math.floor(hours)} hours` : `${count(Math.ceil(seconds / 60))} minutes`
}

/** Settings are opened by their folder only; these are looked at without being trusted. */
function retentionOf(
  settings: Readonly<Record<string, unknown>> | undefined,
): {now: number; cutover: number} | null {
  const kept = settings?.['retentionSeconds']
  if (typeof kept !== 'object' || kept === null || !('now' in kept) || !('cutover' in kept)) return null
  return {now: Number(kept.now), cutover: Number(kept.cutover)}
}
