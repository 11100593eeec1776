import {quoted} from '../cli/shell.ts'
import {counted, figure} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {Decision} from '../model/decisions.ts'
import {NO_TOPIC} from '../model/plan.ts'
import type {Source} from '../sources/source.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {CONFIG_FILE} from '../workspace/config.ts'
import {appendDecisions} from '../workspace/decisions.ts'
import {assessSources} from './assess.ts'
import {refusalOf} from './guards.ts'
import {inspectSources} from './inspect.ts'
import {execute} from './migrate.ts'
import {writePlan} from './plan.ts'
import {prepare} from './prepare.ts'
import {writeReport} from './report.ts'
import type {Session} from './session.ts'
import {verifyMoves} from './verify.ts'

/** What the demo brings along. */
export interface DemoRun {
  readonly region: string
  readonly endpoint: string
  /** mqlift.yaml. */
  readonly config: string
  readonly decisions: readonly Decision[]
}

const estateOf = ({summary}: Artefact<'assessment'>): string =>
  `${counted(summary.queues, 'queue')} and ${counted(summary.exchanges, 'exchange')} in ` +
  `${counted(summary.vhosts, 'vhost')}, ${counted(summary.messages, 'message')} waiting`

function sharesOf({destinations}: Artefact<'assessment'>): string {
  const shares = [...Map.groupBy(destinations, ({recommended}) => recommended.platform)]
  return shares
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([platform, {length}]) => `${platform} ${figure(length)}`)
    .join(' · ')
}

const contentOf = ({steps, moves, losses, notMoved}: Artefact<'plan'>): string =>
  [
    counted(steps.length, 'step'),
    counted(moves.length, 'move'),
    `${counted(losses.length, 'loss', 'losses')}, accepted in decisions.yaml`,
    `${figure(notMoved.filter(({because}) => because !== NO_TOPIC).length)} destinations stay`,
  ].join(' · ')

export interface DemoOutcome {
  readonly report: Artefact<'report'>
  /** Addresses of the queues that were moved into, to be read back. */
  readonly queues: readonly string[]
}

/** Every stage once, as the commands run them, without anybody reading in between. For the demo only. */
export async function runDemo(session: Session, demo: DemoRun): Promise<DemoOutcome> {
  const {workspace, talk} = session
  const {region, endpoint} = demo
  const flags = {
    region,
    endpoint,
    execute: true,
    until: 'empty',
    archive: 'on',
    'allow-emulator': false,
  } as const
  await workspace.writeText(CONFIG_FILE, demo.config)
  await appendDecisions(workspace, demo.decisions)
  await inspectSources(session, {}, [])
  const assessment = await assessSources(session, {prefer: 'cloud-native'}, [])
  talk.say(`inspect  ${estateOf(assessment)}`)
  talk.say(`assess   ${sharesOf(assessment)} (preferring cloud-native)`)
  talk.say(`plan     ${contentOf(await writePlan(session, flags))}`)
  const prepared = await prepare(session, flags, [])
  const refusal = refusalOf(session, prepared.obstacles)
  if (refusal) throw refusal
  talk.say('migrate  creating, then moving')
  await execute(session, prepared, flags, [])
  talk.say('verify   comparing the ledger with both ends')
  await verifyMoves(session, flags)
  const targets = new Set(prepared.plan.moves.map(({target}) => target))
  const {resources} = await workspace.read('deployment')
  const queues = resources.filter(({step}) => targets.has(step)).map(({address}) => address)
  const again = [`mqlift demo --fresh --dir=${quoted(session.dir)}`]
  return {report: await writeReport(session, again), queues}
}

/** The demo's own verdict: it knows every message that must be at the target. */
export function differs(
  {proof}: Artefact<'report'>,
  {missing, unexpected}: {readonly missing: number; readonly unexpected: number},
): MqliftError | undefined {
  if (proof?.total.unexplained === 0 && missing + unexpected === 0) return undefined
  return new MqliftError('incomplete', 'what is at the target is not what left the broker', {
    reason: 'unexplained',
    suggestions: ['this is a fault in mqlift: please report it with report.json'],
  })
}

/** The report of an earlier run, when nothing has come to the broker since and nothing that is left can be moved. */
export async function nothingToDo(session: Session, source: Source): Promise<Artefact<'report'> | undefined> {
  try {
    const report = await session.workspace.find('report')
    const moves = report?.proof?.destinations ?? []
    if (moves.length === 0) return undefined
    for (const {id, leftAtSource} of moves) {
      if ((await source.depth(id))?.ready !== leftAtSource) return undefined
    }
    return report
  } catch (error) {
    // Another version's folder, or half of one: the demo begins again.
    if (error instanceof MqliftError) return undefined
    throw error
  }
}
