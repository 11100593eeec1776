import type {Body} from '../model/artefact.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Plan} from '../model/plan.ts'
import type {Flow, Permitted} from '../model/switching.ts'
import {renderRunbook} from '../report/runbook.ts'
import {permittedOn} from '../routing/permitted.ts'
import {flowsOf} from '../routing/switching.ts'
import {wavesOf} from '../routing/waves.ts'
import type {Session} from './session.ts'

export interface RunbookFacts {
  readonly plan: Body<Plan>
  readonly inventory: Body<Inventory>
  readonly observation: Observation | undefined
}

/** Writes runbook.md beside plan.md: the same plan, in the order in which people switch. */
export async function writeRunbook({workspace}: Session, facts: RunbookFacts): Promise<void> {
  const flows = flowsOf(facts.plan, facts.inventory)
  const text = renderRunbook({
    ...facts,
    deployment: await workspace.previous('deployment'),
    waves: wavesOf(flows),
    permitted: await permitted(flows, facts.inventory),
    dir: workspace.dir,
  })
  await workspace.writeText('runbook.md', text)
}

/** Rights say who could, where nobody could read who does. */
async function permitted(flows: readonly Flow[], inventory: Body<Inventory>): Promise<Permitted | null> {
  if (inventory.clients !== null) return null
  return permittedOn(
    flows.flatMap(({exchanges, queues}) => [...exchanges, ...queues]),
    inventory,
  )
}
