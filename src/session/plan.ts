import type {Body} from '../model/artefact.ts'
import type {Config, Decisions} from '../model/decisions.ts'
import type {Plan} from '../model/plan.ts'
import {renderPlan} from '../report/plan-markdown.ts'
import {plan} from '../stages/plan.ts'
import {targetPlatforms} from '../targets/index.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readConfig} from '../workspace/config.ts'
import {readDecisions} from '../workspace/decisions.ts'
import {lastObservation} from '../workspace/observations.ts'
import {askLosses, askOpen, checkDecisions, type DecisionFlags, decide} from './decide.ts'
import {defined} from './defined.ts'
import {stillTrue, withMeasured} from './measured.ts'
import {callersAccount, type PlaceFlags, placeSaid} from './place.ts'
import {writeRunbook} from './runbook.ts'
import type {Session} from './session.ts'

export type PlanFlags = DecisionFlags & PlaceFlags

/** Writes plan.json and plan.md, after the decisions given as flags or on the terminal. */
export async function writePlan(session: Session, flags: PlanFlags): Promise<Artefact<'plan'>> {
  const {workspace} = session
  const planned = await planner(session, flags)
  checkDecisions(session, flags, planned(await readDecisions(workspace)))
  await decide(session, flags)
  const first = planned(await readDecisions(workspace))
  await askOpen(session, first.open)
  await askLosses(session, planned(await readDecisions(workspace)).losses)
  const body = planned(await readDecisions(workspace))
  await writePages(session, body)
  await writeFiles(session, body)
  return workspace.write('plan', body, ['assessment'])
}

/** The plan as people read it: what is to be signed, and who does what when. */
export async function writePages(session: Session, body: Body<Plan>): Promise<void> {
  const {workspace} = session
  const inventory = await workspace.read('inventory')
  const observation = await lastObservation(workspace)
  const rehearsal = stillTrue(body, await workspace.previous('rehearsal'))
  const measured = withMeasured(body, rehearsal)
  await workspace.writeText('plan.md', renderPlan(measured, rehearsal))
  await writeRunbook(session, {plan: measured, inventory, observation})
}

/** What a platform says in a file of its own: definitions to import, a broker's configuration. */
async function writeFiles({workspace}: Session, body: Body<Plan>): Promise<void> {
  for (const platform of await targetPlatforms()) {
    for (const [path, text] of Object.entries(platform.files?.(body) ?? {}))
      await (text === null ? workspace.remove(path) : workspace.writeText(path, text))
  }
}

/** The same plan with a prefix in front of every name, for targets beside the real ones. */
export async function planUnder(
  session: Session,
  {account, region}: Pick<Body<Plan>, 'account' | 'region'>,
  prefix: string,
): Promise<Body<Plan>> {
  const flags = defined({account: account ?? undefined, region: region ?? undefined})
  const planned = await planner(session, flags, prefix)
  return planned(await readDecisions(session.workspace))
}

/** Everything the stage needs but the decisions, read once. Under a prefix no name is kept. */
async function planner(
  session: Session,
  flags: PlanFlags,
  prefix?: string,
): Promise<(decisions: Decisions) => Body<Plan>> {
  const {workspace} = session
  const inventory = await workspace.read('inventory')
  const assessment = await workspace.read('assessment')
  const previous = prefix === undefined ? await workspace.previous('plan') : undefined
  const observation = await lastObservation(workspace)
  const said = overridden(await readConfig(workspace), flags)
  const config = prefix === undefined ? said : {...said, prefix, names: {}}
  const place = placeSaid(session, flags, {
    account: previous?.account ?? null,
    region: previous?.region ?? null,
  })
  const account = await callersAccount(session, place, config)
  const platforms = await targetPlatforms()
  return (decisions) =>
    plan(
      {inventory, observation, assessment, decisions, config, previous, account, region: place.region},
      platforms,
    )
}

/** Flags win over mqlift.yaml. */
function overridden(config: Config, {account, region}: PlaceFlags): Config {
  return {...config, ...(account !== undefined && {account}), ...(region !== undefined && {region})}
}
