import type {Body} from '../../model/artefact.ts'
import type {Deployment, Drift} from '../../model/deployment.ts'
import type {Color} from '../color.ts'
import {counted, table} from '../table.ts'
import {shown} from '../terminal.ts'
import {bullets, more, MOST} from './parts.ts'
import {type Obstacles, wouldRefuse} from './plan.ts'

export interface Rehearsal {
  readonly deployment: Body<Deployment>
  /** What somebody else changed. */
  readonly drift: readonly Drift[]
  /** What a cut-over changes. */
  readonly planned: readonly Drift[]
  readonly missing: readonly string[]
  readonly writes: number
  readonly executed: boolean
  readonly adopted: boolean
  readonly obstacles: Obstacles
}

/** What differs from the plan, named first, and what was, or would be, done about it. */
export function renderApplied(applied: Rehearsal, color: Color): string {
  const {deployment, drift, planned, missing} = applied
  const {account, region, endpoint, caller} = deployment
  const where = account === null ? 'no AWS account' : `account ${account}, ${region}`
  const place = `${where}${endpoint === null ? '' : `, ${endpoint}`}, as ${caller}`
  return [
    color.context(shown(place)),
    ...differences('changed by somebody else', drift, color),
    ...differences('the cut-over changes', planned, color),
    ...bullets('to be created', applied.executed ? [] : missing, color, MOST),
    '',
    outcome(applied, color),
    ...(applied.executed || applied.adopted ? [] : [wouldRefuse(applied.obstacles, color)]),
  ].join('\n')
}

/** Something would be done with `--execute`. */
export const differs = ({drift, planned, missing}: Rehearsal): boolean =>
  drift.length + planned.length + missing.length > 0

function outcome(applied: Rehearsal, color: Color): string {
  const {deployment, writes, executed, adopted} = applied
  const inPlace = `${counted(deployment.resources.length, 'resource')} in place`
  if (adopted) return `${inPlace}, taken over; nothing was changed`
  if (executed) return color.good(`${inPlace}, ${counted(writes, 'write')}`)
  return differs(applied)
    ? `${inPlace}; nothing was changed`
    : color.good(`${inPlace}, everything is as planned`)
}

function differences(title: string, drift: readonly Drift[], color: Color): string[] {
  if (drift.length === 0) return []
  const heads = [
    {title: 'step', max: 50},
    {title: 'attribute'},
    {title: 'planned', max: 40},
    {title: 'found', max: 40},
  ]
  const rows = drift
    .slice(0, MOST)
    .map(({step, attribute, wanted, found}) => [step, attribute, wanted ?? 'absent', found ?? 'missing'])
  return ['', color.loses(title), table(heads, rows), ...more(drift.length, MOST, color)]
}
