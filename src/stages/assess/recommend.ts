import type {Recommendation, Score} from '../../model/assessment.ts'
import type {Preference} from '../../model/platform.ts'
import type {Graph} from '../../routing/graph.ts'
import {type Choice, choose, type Chooser, consider, type Considered, costs} from './choose.ts'
import {type Choices, couple} from './couple.ts'
import type {Judged} from './judge.ts'
import type {Noticed} from './patterns.ts'
import {scored} from './score.ts'

export interface RecommendInput {
  readonly judged: readonly Judged[]
  readonly graph: Graph
  readonly noticed: ReadonlyMap<string, Noticed>
  readonly messagesPerSecond: number | null
}

export interface Recommended {
  readonly choices: Readonly<Record<Preference, Choices>>
  /** Every platform, under one preference. */
  scores(id: string, preference: Preference): Score[]
}

/** Every destination under every preference: alone first, then with what it is connected to. */
export function recommend(input: RecommendInput): Recommended {
  const {graph, messagesPerSecond} = input
  const chooser: Chooser = {
    cost: costs(messagesPerSecond),
    isFed: (id) => graph.bindingsTo(id).length > 0,
  }
  const considered = new Map(input.judged.map((judged) => [judged.destination.id, consider(judged, chooser)]))
  const choices = (preference: Preference): Choices => under(preference, considered, {...input, chooser})
  return {
    choices: {
      'cloud-native': choices('cloud-native'),
      balanced: choices('balanced'),
      'lift-and-shift': choices('lift-and-shift'),
    },
    scores: (id, preference) =>
      considered.get(id)?.judged.ratings.map((rating) => scored(rating, preference)) ?? [],
  }
}

interface Surroundings extends Pick<RecommendInput, 'graph' | 'noticed'> {
  readonly chooser: Chooser
}

function under(
  preference: Preference,
  considered: ReadonlyMap<string, Considered>,
  {graph, noticed, chooser}: Surroundings,
): Choices {
  const choices: Choices = new Map()
  for (const [id, each] of considered) {
    const unused = noticed.get(id)?.retire
    choices.set(
      id,
      unused === undefined ? choose(each, preference, chooser) : retire(unused, each.confidence),
    )
  }
  couple(choices, {
    graph,
    score(id, advice) {
      const rating = considered.get(id)?.judged.ratings.find(({platform}) => platform === advice)
      return rating && scored(rating, preference)
    },
    serves: (id) => noticed.get(id)?.serves ?? [],
    kind: (id) => (id.startsWith('exchange:') ? 'exchange' : 'queue'),
  })
  return choices
}

const retire = (because: string, confidence: number): Choice => ({
  advice: 'retire',
  score: null,
  confidence,
  because,
  ties: [],
})

const asRecommendation = ({advice, score, confidence, because}: Choice): Recommendation => ({
  platform: advice,
  score,
  confidence,
  because,
})

/** The answer under each preference, for one destination. */
export function underEach(id: string, {choices}: Recommended): Record<Preference, Recommendation> {
  const answer = (preference: Preference): Recommendation => {
    const choice = choices[preference].get(id)
    if (choice === undefined) throw new RangeError(`${id} was not assessed`)
    return asRecommendation(choice)
  }
  return {
    'cloud-native': answer('cloud-native'),
    balanced: answer('balanced'),
    'lift-and-shift': answer('lift-and-shift'),
  }
}
