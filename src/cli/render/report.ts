import type {Body} from '../../model/artefact.ts'
import type {Report} from '../../model/report.ts'
import type {Color} from '../color.ts'
import {shown} from '../terminal.ts'

const GOOD = new Set(['complete', 'ready'])
const BAD = new Set(['unexplained', 'blocked'])

/** The verdict in one sentence, and where to read on. */
export function renderReportNote({verdict}: Body<Report>, files: readonly string[], color: Color): string {
  const tint = GOOD.has(verdict.word) ? color.good : BAD.has(verdict.word) ? color.blocks : color.loses
  return [`${tint(verdict.word)}: ${shown(verdict.sentence)}`, ...files.map((file) => shown(file))].join('\n')
}
