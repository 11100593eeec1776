import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {Move, Plan, Step} from '../../model/plan.ts'
import type {Platform} from '../../model/platform.ts'
import type {NotRehearsed} from '../../model/rehearsal.ts'
import type {Chosen} from './choose.ts'

export interface ScratchPlan {
  readonly plan: Body<Plan>
  /** By id of the move of the scratch plan. */
  readonly chosen: ReadonlyMap<string, Chosen>
  readonly notRehearsed: readonly NotRehearsed[]
}

/** What the folders of targets do for a rehearsal. */
export interface Scratching {
  /** The target under another name; undefined = it is planned again under the prefix. */
  readonly step: (step: Step, prefix: string) => Step | undefined
  /** Whether a scratch target can be emptied and removed. */
  readonly knows: (platform: Platform) => boolean
}

/** The chosen moves as a plan of their own: the same targets under scratch names, and what those need. Pure. */
export function scratchPlan(
  {plan, anew, prefix}: {readonly plan: Body<Plan>; readonly anew: Body<Plan>; readonly prefix: string},
  chosen: readonly Chosen[],
  scratching: Scratching,
): ScratchPlan {
  const wanted = new Set(chosen.map(({move}) => move.target))
  const made = new Map(
    plan.steps.flatMap((step) => {
      if (!wanted.has(step.id)) return []
      const scratch = scratching.step(step, prefix)
      return scratch === undefined ? [] : [[step.id, scratch] as const]
    }),
  )
  const all = [...anew.steps, ...made.values()]
  const steps = new Map(all.map((step) => [step.id, step]))
  const pairs = chosen.map((one) => ({one, twin: twinOf(one.move, made.get(one.move.target), anew)}))
  const good = pairs.filter(
    ({twin}) => nameOf(twin, steps).startsWith(prefix) && scratching.knows(twin.platform),
  )
  const notRehearsed = pairs
    .filter((pair) => !good.includes(pair))
    .map(({one, twin}) => ({
      source: one.move.source,
      because: isTopic(twin)
        ? 'a topic keeps nothing that could be taken out and compared'
        : `targets of ${twin.platform} cannot be made under another name, emptied and removed`,
    }))
  return {
    plan: {
      ...anew,
      steps: neededBy(
        good.map(({twin}) => twin.target),
        all,
      ),
      // Waiting a quarter of an hour for what is delayed would measure nothing.
      moves: good.map(({twin: {delay: _delay, ...twin}}) => twin),
      notMoved: [],
    },
    chosen: new Map(good.map(({one, twin}) => [twin.id, one])),
    notRehearsed,
  }
}

const isTopic = ({platform}: Move): boolean => platform === 'sns-sqs'

const nameOf = ({target}: Move, steps: ReadonlyMap<string, Step>): string => steps.get(target)?.name ?? ''

/** The same move under another name; a plan that somebody edited cannot be rehearsed under another name. */
function twinOf(move: Move, scratch: Step | undefined, anew: Body<Plan>): Move {
  if (scratch) return {...move, id: `${move.source}>${scratch.id}`, target: scratch.id}
  const twin = anew.moves.find(
    ({source, platform, order}) =>
      source === move.source && platform === move.platform && order === move.order,
  )
  if (twin && rule(twin) === rule(move)) return twin
  throw new MqliftError('input', `plan.json moves ${move.source} in another way than mqlift plan would now`, {
    reason: 'plan-edited',
    suggestions: ['mqlift plan', `or leave it out: --except=${move.source}`],
  })
}

/** What makes the group. A constant one is called after its target. */
const rule = ({group}: Move): string =>
  group === undefined ? '' : `${group.by} ${'name' in group ? group.name : ''}`

/** In the plan's order. */
function neededBy(targets: readonly string[], steps: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const needed = new Set(targets)
  for (const id of needed) for (const need of byId.get(id)?.needs ?? []) needed.add(need)
  return steps.filter(({id}) => needed.has(id))
}
