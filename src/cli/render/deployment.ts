import type {Body} from '../../model/artefact.ts'
import type {Deployment, Drift} from '../../model/deployment.ts'
import type {Color} from '../color.ts'
import {counted, table} from '../table.ts'
import {MOST, more} from './parts.ts'

export interface Applied {
  readonly deployment: Body<Deployment>
  readonly drift: readonly Drift[]
  readonly writes: number
  readonly executed: boolean
}

/** What differs from the plan, and what was, or would be, done about it. */
export function renderApplied({deployment, drift, writes, executed}: Applied, color: Color): string {
  const {account, region, endpoint, caller, resources} = deployment
  return [
    `${account} ${region}${endpoint === null ? '' : ` at ${endpoint}`} as ${caller}`,
    ...(drift.length === 0 ? ['everything is as planned'] : ['', driftTable(drift)]),
    ...more(drift.length, MOST, color),
    '',
    executed
      ? `${counted(resources.length, 'resource')} in place, ${counted(writes, 'write')}`
      : `${counted(drift.length, 'difference')} found, nothing was changed`,
  ].join('\n')
}

function driftTable(drift: readonly Drift[]): string {
  const heads = [
    {title: 'step', max: 50},
    {title: 'attribute'},
    {title: 'planned', max: 40},
    {title: 'found', max: 40},
  ]
  return table(
    heads,
    drift
      .slice(0, MOST)
      .map(({step, attribute, wanted, found}) => [step, attribute, wanted ?? 'absent', found ?? 'missing']),
  )
}
