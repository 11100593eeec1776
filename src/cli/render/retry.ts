import {parseId} from '../../model/id.ts'
import type {Color} from '../color.ts'
import {counted, figure, table} from '../table.ts'
import {bullets, more, MOST} from './parts.ts'

interface Retryable {
  readonly id: string
  readonly target: string
  readonly atSource: number
  readonly inArchive: number
  readonly drained: boolean
  readonly reasons: Readonly<Record<string, number>>
}

interface Described {
  readonly destinations: readonly Retryable[]
  readonly broughtBack: number
}

const backSaid = (count: number): string =>
  `${counted(count, 'message')} that ${count === 1 ? 'was' : 'were'} set aside came back to the old broker by mqlift rollback: not retried`

const HEADS = [
  {title: 'queue', max: 44},
  {title: 'target', max: 44},
  {title: 'from the broker', align: 'right'},
  {title: 'from the archive', align: 'right'},
  {title: ''},
] as const

/** What would be tried again, from where, and why it failed. */
export function renderRetry({destinations, broughtBack}: Described, color: Color): string {
  const back = broughtBack === 0 ? [] : [backSaid(broughtBack)]
  if (destinations.length === 0)
    return back[0] ?? 'nothing failed and nothing is in quarantine: there is nothing to retry'
  const rows = destinations.slice(0, MOST).map(({id, target, atSource, inArchive, drained}) => {
    const {vhost, name} = parseId(id)
    return [
      `${vhost} ${name}`,
      target,
      atSource,
      inArchive,
      drained ? '' : 'its move did not end: it goes on',
    ]
  })
  const total = destinations.reduce((sum, {atSource, inArchive}) => sum + atSource + inArchive, 0)
  const why = destinations.flatMap(({id, reasons}) =>
    Object.entries(reasons).map(([reason, count]) => `${id}: ${figure(count)}: ${reason}`),
  )
  return [
    `${counted(total, 'message')} can be tried again`,
    ...back,
    '',
    table(HEADS, rows),
    ...more(destinations.length, MOST, color),
    ...bullets('why they did not go', why, color),
    ...bullets('how', HOW, color),
  ].join('\n')
}

const HOW = [
  'from the broker: that is mqlift migrate again, for these queues',
  'from the archive: the broker does not have them any more (--quarantine)',
  'change what made them fail first: --accept a loss, raise a limit, plan again',
]
