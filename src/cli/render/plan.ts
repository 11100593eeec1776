import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import {brokersIn, makeable, writesToAws} from '../../model/plan-into.ts'
import type {Loss, Move, Plan, Question} from '../../model/plan.ts'
import type {Color} from '../color.ts'
import {type Folder, ours} from '../shell.ts'
import {counted, duration, figure, table} from '../table.ts'
import {shown} from '../terminal.ts'
import {bullets, more, MOST} from './parts.ts'

/** What stands between a plan and its execution. */
export interface Obstacles {
  readonly open: readonly Question[]
  readonly unaccepted: readonly Loss[]
  readonly others: readonly Guard[]
}

/** Another guard that says no: an emulator, a full disk, a broker that changed. */
export interface Guard {
  readonly reason: string
  readonly because: string
  readonly suggestion: string
}

interface Toned {
  readonly talk: {readonly tint: Color}
}

/** A plan as a change request in short: what would be created and moved, what is lost, what must be decided. */
export function renderPlan(plan: Body<Plan>, obstacles: Obstacles, where: Folder & Toned): string {
  const color = where.talk.tint
  const {moves, notMoved, changes, losses} = plan
  return [
    `${counted(makeable(plan).length, 'resource')} to create, ${counted(moves.length, 'queue')} to move, ` +
      `${counted(changes.length, 'reversible change')}, ${counted(losses.length, 'loss', 'losses')}`,
    ...into(plan),
    '',
    ...moveTable(moves, color),
    ...bullets(
      'not moved',
      notMoved.map(({subject, because}) => `${subject}: ${because}`),
      color,
    ),
    ...openQuestions(obstacles.open, where),
    ...unaccepted(obstacles.unaccepted, where),
    ...bullets(
      'would also refuse',
      obstacles.others.map(({because, suggestion}) => `${because} (${suggestion})`),
      color,
    ),
    '',
    wouldRefuse(obstacles, color),
  ].join('\n')
}

function into(plan: Body<Plan>): string[] {
  const {account, region} = plan
  const brokers = brokersIn(plan).map(({engine, name, described}) =>
    described
      ? `${engine}: described in the folder target/, made by nobody yet`
      : `into ${engine} at ${shown(name)}`,
  )
  const aws = `into account ${account ?? 'not known yet'}, Region ${region ?? 'not known yet'}`
  return [...(writesToAws(plan) ? [aws] : []), ...brokers]
}

export const refusals = ({open, unaccepted: losses, others}: Obstacles): number =>
  open.length + losses.length + others.length

/** The last line of a rehearsal; scripts look for it. */
export function wouldRefuse(obstacles: Obstacles, color: Color): string {
  const count = refusals(obstacles)
  const line = `would refuse: ${count}`
  return count === 0 ? color.good(line) : color.blocks(line)
}

function moveTable(moves: readonly Move[], color: Color): string[] {
  if (moves.length === 0) return ['nothing to move']
  const heads = [
    {title: 'from', max: 44},
    {title: 'to', max: 44},
    {title: 'platform'},
    {title: 'messages', align: 'right'},
    {title: 'order'},
    {title: 'takes', align: 'right'},
  ] as const
  const rows = moves
    .slice(0, MOST)
    .map(({source, target, platform, expected, order, estimateSeconds}) => [
      nameOf(source),
      target,
      platform,
      figure(expected.messages),
      order === 'strict' ? 'strict' : '-',
      duration(estimateSeconds),
    ])
  return [table(heads, rows), ...more(moves.length, MOST, color)]
}

function nameOf(id: string): string {
  const {vhost, name} = parseId(id)
  return `${vhost} ${name}`
}

function openQuestions(open: readonly Question[], where: Folder & Toned): string[] {
  const lines = open.map(({id, question, choices, who}) => {
    const [first = 'VALUE'] = choices
    const allowed = choices.length > 0 ? ` [${choices.join(', ')}]` : ''
    return [
      `  - ${shown(`${question}${allowed} (${who})`)}`,
      `    ${ours(where, 'plan', `--answer=${id}=${first}`)}`,
    ]
  })
  return listed('open questions', lines, where.talk.tint)
}

function unaccepted(losses: readonly Loss[], where: Folder & Toned): string[] {
  const color = where.talk.tint
  const lines = losses.map(({id, subject, field, change, reason}) => [
    `  - ${color.loses(change)} ${shown(`${field} of ${subject}: ${reason}`)}`,
    `    ${ours(where, 'plan', `--accept=${id}`)}`,
  ])
  return listed('losses nobody accepted yet', lines, color)
}

function listed(title: string, lines: readonly string[][], color: Color): string[] {
  if (lines.length === 0) return []
  const most = 20
  return [
    '',
    `${color.strong(title)} (${figure(lines.length)})`,
    ...lines.slice(0, most).flat(),
    ...more(lines.length, most, color),
  ]
}
