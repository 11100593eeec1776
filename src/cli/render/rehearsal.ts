import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import type {Move} from '../../model/plan.ts'
import type {NotRehearsed, Rehearsal, RehearsedMove} from '../../model/rehearsal.ts'
import type {Color} from '../color.ts'
import {type Cell, counted, figure, table} from '../table.ts'
import {bullets, more, MOST} from './parts.ts'

export interface ToRehearse {
  readonly sample: string
  readonly chosen: ReadonlyMap<string, {readonly move: Move; readonly copies: number}>
  readonly notRehearsed: readonly NotRehearsed[]
}

/** What `--rehearse` would copy, and what it cannot. */
export function renderToRehearse({sample, chosen, notRehearsed}: ToRehearse, color: Color): string {
  const rows = [...chosen.values()].map(({move, copies}) => [nameOf(move.source), copies, move.platform])
  const heads = [
    {title: 'queue', max: 44},
    {title: 'copies', align: 'right'},
    {title: 'into a scratch'},
  ] as const
  return [
    `would rehearse ${counted(chosen.size, 'queue')} (${sample}): copies are held, compared and given back, marked as redelivered`,
    ...(rows.length === 0 ? [] : [table(heads, rows.slice(0, MOST)), ...more(rows.length, MOST, color)]),
    ...notRehearsedLines(notRehearsed, color),
  ].join('\n')
}

/** What came out of the scratch targets, and how fast. */
export function renderRehearsal(rehearsal: Body<Rehearsal>, color: Color): string {
  const {moves, notRehearsed, leftBehind, removedBy} = rehearsal
  return [
    table(
      HEADS,
      moves.slice(0, MOST).map((move) => row(move, color)),
    ),
    ...more(moves.length, MOST, color),
    ...notRehearsedLines(notRehearsed, color),
    ...bullets('scratch resources that may still be there', leftBehind, color),
    ...bullets('what removes them', removedBy, color),
    '',
    `${figure(moves.filter(({outcome}) => outcome === 'passed').length)} of ${counted(moves.length, 'queue')}: V6 passed`,
  ].join('\n')
}

const notRehearsedLines = (list: readonly NotRehearsed[], color: Color): string[] =>
  bullets(
    'not rehearsed',
    list.map(({source, because}) => `${source}: ${because}`),
    color,
  )

const HEADS = [
  {title: 'queue', max: 44},
  {title: 'copies', align: 'right'},
  {title: 'seconds', align: 'right'},
  {title: 'a second', align: 'right'},
  {title: 'V6'},
] as const

function row({source, copies, seconds, perSecond, outcome, because}: RehearsedMove, color: Color): Cell[] {
  const tint = {passed: color.good, failed: color.blocks, 'not-checked': color.loses}[outcome]
  const rate = perSecond === null ? 'too few' : figure(Math.round(perSecond))
  return [nameOf(source), copies, seconds.toFixed(1), rate, {text: `${outcome}: ${because}`, tint}]
}

function nameOf(id: string): string {
  const {vhost, name} = parseId(id)
  return `${vhost} ${name}`
}
