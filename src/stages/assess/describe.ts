import type {AssessedDestination, Finding} from '../../model/assessment.ts'
import type {Preference} from '../../model/platform.ts'
import type {Graph} from '../../routing/graph.ts'
import {blocked, type Choice} from './choose.ts'
import {parted} from './couple.ts'
import type {Judged} from './judge.ts'
import {asRecommendation, type Place, type Places, underEach} from './place.ts'
import {scored} from './score.ts'

type Question = AssessedDestination['decide'][number]

export interface DescribeInput {
  readonly places: Places
  readonly preference: Preference
  readonly graph: Graph
}

/** One destination as the assessment tells it. */
export function describe(place: Place, input: DescribeInput): AssessedDestination {
  const {judged, noticed, choices} = place
  const {id, kind, vhost, name} = judged.destination
  const {preference} = input
  const choice = choices[preference]
  const under = underEach((each) => asRecommendation(choices[each]))
  return {
    id,
    kind,
    vhost,
    name,
    recommended: under[preference],
    under,
    ties: [...choice.ties],
    scores: judged.ratings.map((rating) => scored(rating, preference)),
    findings: [...judged.findings, ...(noticed?.findings ?? [])],
    counted: {...judged.counted},
    todo: unique([...ofPlatform(judged, choice).flatMap(({todo}) => todo ?? []), ...(noticed?.todo ?? [])]),
    decide: uniqueQuestions([
      ...questions(judged, choice),
      ...(parted(place, input.places, input) ? [apart(kind)] : []),
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
