import type {ControlStatus} from '../../model/control.ts'
import type {Color} from '../color.ts'
import {counted, figure, table} from '../table.ts'

const HEADS = [
  {title: 'move', max: 60},
  {title: 'state'},
  {title: 'received', align: 'right'},
  {title: 'sent', align: 'right'},
  {title: 'settled', align: 'right'},
  {title: 'failed', align: 'right'},
  {title: 'doubt', align: 'right'},
  {title: 'waiting', align: 'right'},
  {title: 'because', max: 60},
] as const

/** A running migration, as it says itself. */
export function renderControl(status: ControlStatus, color: Color): string {
  const {pid, since, bridge, paused, stopping, rate, moves} = status
  const doing = stopping ? 'stopping' : (paused ?? 'running')
  const rows = moves.map((one) => [
    one.move,
    one.state,
    one.received,
    one.sent,
    one.settled,
    one.failed,
    one.doubt,
    one.waiting,
    one.because ?? '',
  ])
  return [
    table(HEADS, rows),
    '',
    `${bridge ? 'bridge' : 'migration'}: ${counted(moves.length, 'move')}, process ${pid}, since ${since}`,
    paused === null && !stopping ? color.good(doing) : color.loses(doing),
    `rate: ${rate === null ? 'as fast as the target takes them' : `${figure(rate)} messages a second at most`}`,
  ].join('\n')
}
