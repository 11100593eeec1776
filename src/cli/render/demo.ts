import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import type {Report, ReportedProof} from '../../model/report.ts'
import type {Color} from '../color.ts'
import {counted, figure} from '../table.ts'
import {shown} from '../terminal.ts'

interface Shown {
  readonly report: Body<Report>
  /** The report first. */
  readonly files: readonly string[]
  /** What a consumer of the target found; undefined when it was not asked in this run. */
  readonly readBack?: {readonly found: number; readonly missing: number; readonly unexpected: number}
}

/** The end of the demo: one thing of every kind a migration can bring, the account, and where to read on. */
export function renderDemo({report, files, readBack}: Shown, color: Color): string {
  const {proof} = report
  const [first = '', ...others] = files
  return [
    ...examples(report, color),
    '',
    ...(proof === null ? [] : [account(proof, color)]),
    ...(readBack === undefined ? [] : [compared(readBack, color)]),
    '',
    `open this report: ${color.strong(shown(first))}`,
    ...others.map((file) => `                  ${shown(file)}`),
  ].join('\n')
}

function account({total}: ReportedProof, color: Color): string {
  const {settled, received, failed, doubt, unexplained, possibleDuplicates} = total
  const explained = `unexplained ${unexplained === null ? 'unknown' : figure(unexplained)}`
  return [
    `${figure(settled)} of ${counted(received, 'message')} settled`,
    `${figure(failed)} failed`,
    `${figure(doubt)} in doubt`,
    `${figure(possibleDuplicates)} possibly twice`,
    unexplained === 0 ? color.good(explained) : color.blocks(explained),
  ].join(' · ')
}

function compared({found, missing, unexpected}: NonNullable<Shown['readBack']>, color: Color): string {
  const said = `read back ${counted(found, 'message')} from the target:`
  return missing + unexpected === 0
    ? `${said} ${color.good('every one is equal to what left the broker')}, body, properties and header types`
    : `${said} ${color.blocks(`${figure(missing)} missing, ${figure(unexpected)} unexpected`)}`
}

const nameOf = (id: string): string => {
  const {vhost, name} = parseId(id)
  return shown(`${vhost}/${name}`)
}

/** One line each: what cannot move, what is lost and who accepted it, what stayed behind. */
function examples({blockers, destinations, losses, proof}: Body<Report>, color: Color): string[] {
  const stranded = blockers.find((blocker) => blocker.stranded > 0)
  const stays = destinations.find(({id}) => stranded?.subjects.includes(id))
  const left = proof?.destinations.flatMap(({id, reasons}) =>
    Object.entries(reasons).map(([reason, messages]) => ({id, reason, messages})),
  )
  return [
    ...(stays === undefined
      ? []
      : [
          `${color.blocks('blocked')}  ${nameOf(stays.id)}: ${shown(stays.notMoved ?? stays.recommended.because)}`,
        ]),
    ...losses.map(
      ({subject, reason, acceptedBy}) =>
        `${color.loses('loss')}     ${nameOf(subject)}: ${shown(reason)} (accepted by ${shown(acceptedBy ?? 'nobody')})`,
    ),
    ...(left ?? []).map(
      ({id, reason, messages}) =>
        `${color.loses('left')}     ${nameOf(id)}: ${counted(messages, 'message')}: ${shown(reason)}`,
    ),
  ]
}
