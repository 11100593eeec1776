import type {CheckOutcome, CheckResult, Checkup} from '../../model/doctor.ts'
import type {Color} from '../color.ts'
import {counted} from '../table.ts'
import {shown} from '../terminal.ts'

const WIDTH = Math.max(
  ...(['ok', 'warning', 'failed', 'unknown', 'skipped'] as const).map((word) => word.length),
)

/** One check, as it is answered: outcome, id, what was seen, and below it what to do. */
export function renderCheck({id, outcome, evidence, fix}: CheckResult, color: Color): string {
  const word = color[TINT[outcome]](outcome.padEnd(WIDTH))
  const next = fix === null ? '' : `\n${' '.repeat(WIDTH)}  → ${shown(fix)}`
  return `${word}  ${color.strong(id)}  ${shown(evidence)}${next}`
}

/** `12 ok, 1 warning, 2 failed`. */
export function renderCounts({failed, warning, unknown, skipped, ok}: Checkup['counts']): string {
  const parts = [
    `${ok} ok`,
    ...(warning > 0 ? [counted(warning, 'warning')] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  return parts.join(', ')
}

const TINT: Readonly<Record<CheckOutcome, keyof Color>> = {
  ok: 'good',
  warning: 'loses',
  unknown: 'loses',
  failed: 'blocks',
  skipped: 'context',
}
