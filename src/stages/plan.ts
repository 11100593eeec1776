import type {Body} from '../model/artefact.ts'
import type {Assessment} from '../model/assessment.ts'
import type {Config, Decisions} from '../model/decisions.ts'
import {ACCEPT} from '../model/decisions.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import {writesToAws} from '../model/plan-into.ts'
import type {Loss, NotMoved, Plan, Question, Step} from '../model/plan.ts'
import {buildGraph} from '../routing/graph.ts'
import type {PlanPart, TargetPlatform} from '../targets/target.ts'
import {assign, type Assigned} from './plan/assign.ts'
import {fingerprintOf} from './plan/fingerprint.ts'
import {nameTargets} from './plan/names.ts'
import {inOrder} from './plan/order.ts'

export interface PlanInput {
  readonly inventory: Body<Inventory>
  readonly observation?: Observation | undefined
  readonly assessment: Body<Assessment>
  readonly decisions: Decisions
  readonly config: Config
  /** Names are pinned by the plan before. */
  readonly previous?: Plan | undefined
  /** Of the caller, when AWS could be asked; mqlift.yaml comes first. */
  readonly account?: string | null
  readonly region?: string | null
}

/** The folders that plan: those of targets/index.ts. */
export type Planner = Pick<TargetPlatform, 'plan'>

/** Opinions to steps: what to create, what to move where, what is lost, and what only a person can answer. Pure. */
export function plan(input: PlanInput, platforms: readonly Planner[]): Body<Plan> {
  const {inventory, observation, assessment, decisions, config, previous} = input
  const graph = buildGraph(inventory)
  const assigned = assign(assessment, {config, decisions, graph, observation})
  const pinned = previous?.names ?? {}
  const names = nameTargets(assigned.subjects, {graph, observation, decisions, config, pinned})
  const context = {inventory, graph, observation, decisions, config, names}
  // Several platforms share a folder.
  const parts = [...new Set(platforms)].map((platform) => platform.plan(assigned.subjects, context))
  const steps = inOrder(parts.flatMap((part) => part.steps))
  const onAws = writesToAws({steps})
  const place = placeOf(input)
  return {
    account: onAws ? place.account.answer : null,
    region: onAws ? place.region.answer : null,
    source: {
      kind: inventory.broker.kind,
      address: inventory.broker.address,
      clusterName: inventory.broker.clusterName,
    },
    steps,
    moves: byId(parts.flatMap((part) => part.moves)),
    changes: parts.flatMap((part) => part.changes).toSorted(bySubject),
    losses: accepted(byId(mergedLosses(parts)), decisions),
    open: [...(onAws ? Object.values(place) : []), ...byId(parts.flatMap((part) => part.questions))],
    notMoved: [
      ...assigned.notMoved,
      ...parts.flatMap((part) => part.notMoved),
      ...unplanned(assigned, parts),
    ].toSorted(bySubject),
    names: {...pinned, ...usedNames(names, steps)},
    routing: Object.fromEntries(parts.flatMap((part) => Object.entries(part.routing))),
    fingerprint: fingerprintOf(inventory, new Set(assessment.estate.ignored.map(({id}) => id))),
  }
}

/** A destination is never silently absent. */
function unplanned(assigned: Assigned, parts: readonly PlanPart[]): NotMoved[] {
  const planned = new Set(
    parts.flatMap(({steps, moves, notMoved}) => [
      ...steps.flatMap((step) => step.for),
      ...moves.map(({source}) => source),
      ...notMoved.map(({subject}) => subject),
    ]),
  )
  return assigned.subjects
    .filter(({id}) => !planned.has(id))
    .map(({id}) => ({subject: id, because: assigned.unplanned(id)}))
}

const byId = <T extends {readonly id: string}>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => (a.id < b.id ? -1 : 1))

interface OfSubject {
  readonly subject: string
}
const bySubject = (a: OfSubject, b: OfSubject): number =>
  a.subject === b.subject ? 0 : a.subject < b.subject ? -1 : 1

const question = (id: string, text: string, answer: string | null): Question => ({
  id,
  subject: 'aws',
  question: text,
  choices: [],
  who: 'whoever runs the migration',
  answer,
})

/** Where to create; both are asked for as long as nothing says so. */
function placeOf({config, decisions, account, region}: PlanInput): Record<'account' | 'region', Question> {
  const answerTo = (id: string, pattern: RegExp): string | null => {
    const answer = decisions.findLast((decision) => decision.id === id)?.answer
    return answer !== undefined && pattern.test(answer) ? answer : null
  }
  return {
    account: question(
      'aws-account',
      'Into which AWS account (12 digits)?',
      answerTo('aws-account', /^\d{12}$/) ?? config.account ?? account ?? null,
    ),
    region: question(
      'aws-region',
      'Into which AWS Region, for example eu-central-1?',
      answerTo('aws-region', /^[a-z]{2}(?:-[a-z]+)+-\d$/) ?? config.region ?? region ?? null,
    ),
  }
}

/** Two folders may find the same loss; its reasons are then told together. */
function mergedLosses(parts: readonly PlanPart[]): Loss[] {
  const losses = new Map<string, Loss>()
  for (const loss of parts.flatMap((part) => part.losses)) {
    const known = losses.get(loss.id)
    losses.set(loss.id, known ? {...known, reason: `${known.reason}; ${loss.reason}`} : loss)
  }
  return [...losses.values()]
}

/** By its own id, or by the rule's for all subjects. */
function accepted(losses: readonly Loss[], decisions: Decisions): Loss[] {
  const by = new Map(
    decisions.filter(({answer}) => answer === ACCEPT).map((decision) => [decision.id, decision.by]),
  )
  return losses.map((loss) => ({...loss, acceptedBy: by.get(loss.id) ?? by.get(loss.rule) ?? null}))
}

/** Names were chosen for all that might be made; the plan pins those that are. */
function usedNames(names: Readonly<Record<string, string>>, steps: readonly Step[]): Record<string, string> {
  const used = new Set(steps.map(({name}) => name))
  return Object.fromEntries(Object.entries(names).filter(([, name]) => used.has(name)))
}

/** What keeps `--execute` from running. */
export function unanswered(made: Pick<Plan, 'open' | 'losses'>): {questions: Question[]; losses: Loss[]} {
  return {
    questions: made.open.filter(({answer}) => answer === null),
    losses: made.losses.filter(({acceptedBy}) => acceptedBy === null),
  }
}
