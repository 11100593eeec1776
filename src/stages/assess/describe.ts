import type {AssessedDestination, Finding} from '../../model/assessment.ts'
import type {Preference} from '../../model/platform.ts'
import type {Graph} from '../../routing/graph.ts'
import {blocked, type Choice} from './choose.ts'
import {parted} from './couple.ts'
import type {Judged} from './judge.ts'
import type {Noticed} from './patterns.ts'
import {type Recommended, underEach} from './recommend.ts'

type Question = AssessedDestination['decide'][number]

export interface DescribeInput {
  readonly recommended: Recommended
  readonly preference: Preference
  readonly noticed: ReadonlyMap<string, Noticed>
  readonly graph: Graph
}

/** One destination as the assessment tells it. */
export function describe(judged: Judged, input: DescribeInput): AssessedDestination {
  const {destination, counted} = judged
  const {id, kind, vhost, name} = destination
  const {recommended, preference} = input
  const choices = recommended.choices[preference]
  const choice = choices.get(id)
  if (choice === undefined) throw new RangeError(`${id} was not assessed`)
  const noticed = input.noticed.get(id)
  const under = underEach(id, recommended)
  return {
    id,
    kind,
    vhost,
    name,
    recommended: under[preference],
    under,
    ties: [...choice.ties],
    scores: recommended.scores(id, preference),
    findings: [...judged.findings, ...(noticed?.findings ?? [])],
    counted: {...counted},
    todo: unique([...ofPlatform(judged, choice).flatMap(({todo}) => todo ?? []), ...(noticed?.todo ?? [])]),
    decide: uniqueQuestions([
      ...questions(judged, choice),
      ...(parted(id, choices, input.graph) ? [apart(kind)] : []),
      ...(noticed?.decide ?? []),
    ]),
  }
}

const ofPlatform = ({findings}: Judged, {advice}: Choice): Finding[] =>
  findings.filter(({platform}) => platform === advice)

/** Those that the recommended platform raises; a loss that raises none must still be accepted by somebody. */
function questions(judged: Judged, choice: Choice): Question[] {
  if (choice.advice === 'stay') {
    return [{question: `Keep it on its broker, or redesign? ${blocked(judged)}`, who: 'architect'}]
  }
  const raised = judged.questions.filter(({platform}) => platform === choice.advice)
  const losses = ofPlatform(judged, choice).filter(
    ({rule, verdict}) => verdict === 'lossy' && !raised.some((question) => question.rule === rule),
  )
  return [
    ...raised.map(({question, who}) => ({question, who})),
    ...losses.map(({because}) => ({
      question: `Can this be accepted? ${because}`,
      who: 'owner of the consumers',
    })),
  ]
}

const apart = (kind: AssessedDestination['kind']): Question => ({
  question: `This ${kind} and the queues behind it go to different places: bridge them, or keep them together?`,
  who: 'architect',
})

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]

const uniqueQuestions = (all: readonly Question[]): Question[] => [
  ...new Map(all.map((each) => [each.question, each])).values(),
]
