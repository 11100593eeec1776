import {openArchive} from '../../archive/archive.ts'
import {startProgress} from '../../cli/progress.ts'
import type {Ledger} from '../../ledger/ledger.ts'
import type {Body} from '../../model/artefact.ts'
import type {Deployment, Resource} from '../../model/deployment.ts'
import type {Move} from '../../model/plan.ts'
import type {RehearsedMove} from '../../model/rehearsal.ts'
import {apply} from '../../stages/apply.ts'
import {type LaneOutcome, migrate} from '../../stages/migrate.ts'
import {acceptance} from '../../stages/migrate/item.ts'
import {placeFor} from '../apply.ts'
import type {Session} from '../session.ts'
import type {Targets} from '../targets.ts'
import type {Difference} from './compare.ts'
import type {Copy, CopySource} from './copies.ts'
import {measured, Stopwatch} from './measure.ts'
import type {ScratchPlan} from './plan.ts'
import {prove, rehearsedMove} from './prove.ts'
import {FOLDER, scratchSteps} from './scratch.ts'

export interface RehearsalPorts {
  readonly copies: CopySource
  readonly targets: Targets
  readonly ledger: Ledger
  readonly accepted: ReadonlySet<string>
  readonly archive: boolean
}

/** Makes the scratch targets, moves the copies, takes them out again and compares. Removing is the caller's. */
export async function runRehearsal(
  session: Session,
  scratch: ScratchPlan,
  ports: RehearsalPorts,
): Promise<RehearsedMove[]> {
  const {targets} = ports
  const place = placeFor(scratch.plan, targets)
  const {deployment} = await apply(
    {plan: scratch.plan, previous: null},
    {platform: targets.platform, identity: place.identity},
    {execute: true, cutover: false, adopt: false, region: place.region, endpoint: place.endpoint},
    session.signal,
  )
  session.talk.say(`${scratchSteps(scratch.plan.steps).length} scratch resources in place`)
  session.signal.throwIfAborted()
  const moved = await moveCopies(session, scratch, ports, deployment)
  session.signal.throwIfAborted()
  session.talk.say('taking everything out of the scratch targets, and comparing')
  const differences = await compareAll(session, scratch, ports, deployment)
  return scratch.plan.moves.map((move) =>
    rehearsedMove({
      move,
      scratch: resourceOf(deployment, move)?.address ?? move.target,
      structure: scratch.plan.fingerprint[move.source] ?? null,
      copies: ports.copies.taken(move.source),
      seconds: moved.watches.get(move.id)?.seconds ?? 0,
      lane: moved.lanes.find((lane) => lane.move === move.id),
      difference: differences.get(move.target) ?? null,
    }),
  )
}

const resourceOf = ({resources}: Body<Deployment>, {target}: Move): Resource | undefined =>
  resources.find(({step}) => step === target)

interface Moved {
  readonly lanes: readonly LaneOutcome[]
  readonly watches: ReadonlyMap<string, Stopwatch>
}

async function moveCopies(
  session: Session,
  {plan}: ScratchPlan,
  {copies, targets, ledger, accepted, archive}: RehearsalPorts,
  deployment: Body<Deployment>,
): Promise<Moved> {
  const {workspace, talk, now, signal} = session
  const watches = new Map(plan.moves.map(({id}) => [id, new Stopwatch()]))
  await using kept = archive ? await openArchive(workspace.path(`${FOLDER}/archive`)) : null
  using progress = await startProgress(talk, now)
  const {lanes} = await migrate(
    {plan, deployment, accepted},
    {
      source: copies,
      async target(move, resource, stop) {
        const target = await (await targets.platform(move.platform)).open(move, resource, stop)
        return measured(target, {
          stopwatch: watches.get(move.id) ?? new Stopwatch(),
          now,
          copyOf: (envelope) => copies.copyOf(envelope),
          accepts: acceptance(move, plan.losses, accepted),
        })
      },
      ledger,
      archive: kept,
    },
    {until: 'mark', now, random: () => Math.random(), onEvent: (event) => progress.event(event)},
    signal,
  )
  return {lanes, watches}
}

/** By target: what several moves brought there cannot be told apart, nor has it one order. */
async function compareAll(
  {signal, now}: Session,
  {plan}: ScratchPlan,
  {copies, targets}: RehearsalPorts,
  deployment: Body<Deployment>,
): Promise<ReadonlyMap<string, Difference | null>> {
  const differences = new Map<string, Difference | null>()
  const byTarget = Map.groupBy(plan.moves, ({target}) => target)
  await Promise.all(
    Array.from(byTarget, async ([target, moves]) => {
      const resource = deployment.resources.find(({step}) => step === target)
      if (resource === undefined) return
      const sent: readonly Copy[] = moves.flatMap(({source}) => copies.taken(source))
      const ordered = moves.length === 1 && moves[0]?.order === 'strict'
      const drained = {resource, copies: sent, ordered}
      differences.set(target, await prove(drained, {targets, key: copies.key, now}, signal))
    }),
  )
  return differences
}
