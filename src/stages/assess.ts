import {
  type Criterion,
  type DestinationCriterion,
  type EstateCriterion,
  valuesOf,
} from '../criteria/criterion.ts'
import type {Body} from '../model/artefact.ts'
import type {Assessment} from '../model/assessment.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Preference} from '../model/platform.ts'
import type {Pattern} from '../patterns/pattern.ts'
import {buildGraph} from '../routing/graph.ts'
import {describe} from './assess/describe.ts'
import {describeEstate, factsOf, isQueue} from './assess/estate.ts'
import {judge, judgeEstate, type Tally, type Weighed} from './assess/judge.ts'
import {notAnswered} from './assess/not-answered.ts'
import {recognise} from './assess/patterns.ts'
import {recommend} from './assess/recommend.ts'
import {rulesOf} from './assess/rules.ts'
import {sayOnce} from './assess/say-once.ts'
import {partlyRead, summarize} from './assess/summary.ts'
import {brokerForOne, noticesAsFindings} from './assess/whole.ts'

export interface AssessInput {
  readonly inventory: Body<Inventory>
  /** The latest reading of depths and rates; without one, what depends on it is unknown. */
  readonly observation?: Observation | undefined
}

export interface AssessOptions {
  readonly preference: Preference
  /** CRITERIA and PATTERNS, the registries (criteria/index.ts, patterns/index.ts). */
  readonly criteria: readonly Criterion[]
  readonly patterns: readonly Pattern[]
  /** By criterion id: WEIGHTS, with what mqlift.yaml overrides. A criterion without a weight counts nothing. */
  readonly weights: Readonly<Record<string, number>>
}

/** Facts to opinions: what every destination would need on each platform, and where it had best go. Pure. */
export function assess({inventory, observation}: AssessInput, options: AssessOptions): Body<Assessment> {
  const graph = buildGraph(inventory)
  const facts = factsOf(inventory, observation)
  const estate = describeEstate(inventory, observation, facts)
  const weighed = options.criteria.map((criterion) => ({
    criterion,
    weight: options.weights[criterion.id] ?? 0,
  }))
  const recognised = recognise(options.patterns, {
    inventory,
    graph,
    facts,
    observedAt: estate.observedAt,
  })
  const subjects = inventory.destinations.filter(({id}) => !recognised.ignored.has(id))
  const common = judgeEstate(estate, weighed.filter(isForEstate))
  const tally: Tally = {answered: new Set(), unanswered: new Set(common.unanswered)}
  const court = {criteria: weighed.filter(isForDestination), common: common.marks, tally}
  const judged = subjects.map((destination) => {
    const known = facts(destination.id)
    return judge({destination, facts: known, values: valuesOf(known), graph, estate}, court)
  })
  const places = recommend({judged, graph, noticed: recognised.noticed, ...estate})
  const {preference} = options
  const described = [...places.values()].map((place) => describe(place, {places, preference, graph}))
  const {destinations, shared} = sayOnce(described)
  return {
    preference,
    summary: summarize(inventory, facts),
    destinations: [...destinations],
    estate: {
      findings: [
        ...brokerForOne(described),
        ...recognised.estate,
        ...noticesAsFindings(inventory.notices),
        ...common.findings,
        ...shared,
      ],
      ignored: [...recognised.ignored].map(([id, {rule, because}]) => ({id, rule, because})),
    },
    rules: rulesOf(weighed, options.patterns, inventory.notices),
    notChecked: [
      ...inventory.notRead,
      ...partlyRead(inventory.destinations.filter(isQueue), facts),
      ...notAnswered(options.criteria, tally),
    ],
  }
}

const isForEstate = (weighed: Weighed): weighed is Weighed<EstateCriterion> =>
  weighed.criterion.scope === 'estate'

const isForDestination = (weighed: Weighed): weighed is Weighed<DestinationCriterion> =>
  weighed.criterion.scope === 'destination'
