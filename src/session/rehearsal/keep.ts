import type {Body} from '../../model/artefact.ts'
import type {Rehearsal} from '../../model/rehearsal.ts'
import type {Artefact} from '../../workspace/artefacts.ts'
import {readDecisions} from '../../workspace/decisions.ts'
import {withAcceptances} from '../decide.ts'
import {writePages} from '../plan.ts'
import type {Session} from '../session.ts'

/**
 * Writes rehearsal.json, and the pages of the whole plan anew: what was measured takes the place of what was estimated.
 * plan.json stays the one that was approved.
 */
export async function keep(
  session: Session,
  body: Omit<Body<Rehearsal>, 'at' | 'run'>,
): Promise<Artefact<'rehearsal'>> {
  const {workspace, now, runId: run} = session
  const at = new Date(now()).toISOString()
  const rehearsal = await workspace.write('rehearsal', {at, run, ...body}, [])
  const plan = withAcceptances(await workspace.read('plan'), await readDecisions(workspace))
  await writePages(session, plan)
  return rehearsal
}
