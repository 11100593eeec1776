import type {z} from 'zod'

import {Assessment} from '../model/assessment.ts'
import {Deployment} from '../model/deployment.ts'
import {Inventory} from '../model/inventory.ts'
import {Plan} from '../model/plan.ts'
import {Rehearsal} from '../model/rehearsal.ts'
import {Report} from '../model/report.ts'
import {Rollback} from '../model/rollback.ts'
import {Shovels} from '../model/shovels.ts'
import {Verification} from '../model/verification.ts'

interface Artefacts {
  readonly inventory: Inventory
  readonly assessment: Assessment
  readonly plan: Plan
  readonly deployment: Deployment
  readonly rehearsal: Rehearsal
  readonly shovels: Shovels
  readonly verification: Verification
  readonly report: Report
  readonly rollback: Rollback
}

export type Kind = keyof Artefacts
export type Artefact<K extends Kind> = Artefacts[K]

interface Entry<K extends Kind> {
  readonly schema: z.ZodType<Artefact<K>>
  readonly version: Artefact<K>['version']
  /** The command that writes it: what a reader types when it is missing or stale. */
  readonly run: string
}

/** The artefacts of a migration folder, in the order they are made. */
export const ARTEFACTS: {readonly [K in Kind]: Entry<K>} = {
  inventory: {schema: Inventory, version: 1, run: 'mqlift inspect <address or export>'},
  assessment: {schema: Assessment, version: 1, run: 'mqlift assess'},
  plan: {schema: Plan, version: 1, run: 'mqlift plan'},
  deployment: {schema: Deployment, version: 1, run: 'mqlift apply --execute'},
  rehearsal: {schema: Rehearsal, version: 1, run: 'mqlift migrate --rehearse --execute'},
  shovels: {schema: Shovels, version: 1, run: 'mqlift migrate --engine shovel --execute'},
  verification: {schema: Verification, version: 1, run: 'mqlift verify'},
  report: {schema: Report, version: 1, run: 'mqlift report'},
  rollback: {schema: Rollback, version: 1, run: 'mqlift rollback --execute'},
}

const isKind = (name: string): name is Kind => Object.hasOwn(ARTEFACTS, name)

export const fileOf = (kind: Kind): `${Kind}.json` => `${kind}.json`

/** The kind a file name stands for, undefined when it is none of ours. */
export function kindOf(file: string): Kind | undefined {
  const name = file.replace(/\.json$/, '')
  return isKind(name) ? name : undefined
}
