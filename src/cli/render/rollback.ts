import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import type {RolledBackDestination, Rollback} from '../../model/rollback.ts'
import type {Color} from '../color.ts'
import {type Folder, ours} from '../shell.ts'
import {type Cell, counted, duration, figure, size, table} from '../table.ts'
import {bullets, more, MOST} from './parts.ts'
import {type Obstacles, wouldRefuse} from './plan.ts'

interface Where extends Folder {
  readonly talk: {readonly tint: Color}
}

/** What would go back, or did: where, how many, how long, and what cannot. */
export function renderRollback(body: Body<Rollback>, obstacles: Obstacles | null, where: Where): string {
  const color = where.talk.tint
  const {destinations, notBack, broker, cannotComeBack} = body
  return [
    ...head(body),
    '',
    ...rows(body, color),
    ...bullets('worth knowing', remarks(body), color),
    ...bullets(
      'not brought back',
      notBack.map(({subject, because}) => `${subject}: ${because}`),
      color,
    ),
    ...bullets('what cannot come back', cannotComeBack, color),
    ...(obstacles ? refusals(obstacles, where) : []),
    ...(destinations.length === 0 ? ['', `nothing goes back to ${broker}`] : []),
  ].join('\n')
}

function head({destinations, broker, executed, withNew, leaveConsumed}: Body<Rollback>): string[] {
  const waiting = destinations.reduce((sum, one) => sum + one.waiting, 0)
  const bytes = destinations.reduce((sum, one) => sum + one.bytes, 0)
  const longest = Math.max(0, ...destinations.map((one) => one.estimateSeconds))
  const from = leaveConsumed ? 'the targets alone' : 'the archive'
  const also = withNew === null || leaveConsumed ? '' : ' and the targets'
  const bound = withNew === null ? [] : [`of others’ messages at the targets, at most ${figure(withNew)}`]
  if (executed) return [`back to ${broker}, from ${from}${also}`, ...bound]
  return [
    `back to ${broker}, from ${from}${also}: ${counted(waiting, 'message')}, ${size(bytes)}, ` +
      `about ${duration(longest)} (assumed: 4,000 messages a second)`,
    ...bound,
  ]
}

const HEADS = [
  {title: 'queue', max: 44},
  {title: 'was moved to', max: 44},
  {title: 'in the archive', align: 'right'},
  {title: 'back already', align: 'right'},
  {title: 'to go back', align: 'right'},
  {title: 'size', align: 'right'},
  {title: 'takes', align: 'right'},
] as const

function rows({destinations}: Body<Rollback>, color: Color): string[] {
  if (destinations.length === 0) return ['nothing can be brought back']
  const cells = destinations.slice(0, MOST).map(row)
  return [table(HEADS, cells), ...more(destinations.length, MOST, color)]
}

function row({
  id,
  target,
  archived,
  back,
  elsewhere,
  waiting,
  bytes,
  ...rest
}: RolledBackDestination): Cell[] {
  const {vhost, name} = parseId(id)
  const inArchive = Object.values(archived).reduce((sum, count) => sum + count, 0)
  return [
    `${vhost} ${name}`,
    target,
    inArchive,
    back + elsewhere,
    waiting,
    size(bytes),
    duration(rest.estimateSeconds),
  ]
}

function remarks({destinations, withNew, leaveConsumed, executed}: Body<Rollback>): string[] {
  return [
    ...destinations.flatMap((one) => remarksOn(one)),
    ...(withNew === null ? [STILL_THERE] : [leaveConsumed ? LEFT : CONSUMED]),
    ...(executed ? [] : ['nothing was changed; --execute does it, and may be run again at any time']),
  ]
}

/** A rollback is a copy from the archive: it takes nothing away from the target. */
const STILL_THERE =
  'the messages stay at the target as well: empty it before its consumers start again, or take them with --with-new N'
const CONSUMED =
  'what waits at the target comes from there, what its consumers took comes from the archive: each once'
const LEFT = 'what consumers took at the target stays away; only what waits there comes back'

function remarksOn(one: RolledBackDestination): string[] {
  const {id, notArchived, mayRepeat, elsewhere, atTarget} = one
  return [
    ...(notArchived > 0
      ? [`${id}: ${counted(notArchived, 'message')} left the broker and are not in the archive`]
      : []),
    ...(mayRepeat > 0
      ? [`${id}: up to ${counted(mayRepeat, 'message')} may come back twice: the move was interrupted`]
      : []),
    ...(elsewhere > 0 ? [`${id}: ${counted(elsewhere, 'message')} came back from the target instead`] : []),
    ...(atTarget === null ? [] : [`${id}: ${counted(atTarget, 'message')} wait at the target`]),
  ]
}

function refusals(obstacles: Obstacles, where: Where): string[] {
  const {unaccepted, others} = obstacles
  const color = where.talk.tint
  return [
    ...bullets(
      'would refuse',
      [
        ...unaccepted.map(
          ({id, subject, reason}) =>
            `${subject}: ${reason} (${ours(where, 'rollback', `--accept=${id}`, '--execute')})`,
        ),
        ...others.map(({because, suggestion}) => `${because} (${suggestion})`),
      ],
      color,
    ),
    '',
    wouldRefuse(obstacles, color),
  ]
}
