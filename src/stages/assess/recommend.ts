import type {Recommendation, Score} from '../../model/assessment.ts'
import type {Platform, Preference} from '../../model/platform.ts'
import type {Graph} from '../../routing/graph.ts'
import {type Choice, choose} from './choose.ts'
import {type Choices, couple} from './couple.ts'
import type {Judged, Marks} from './judge.ts'
import type {Noticed} from './patterns.ts'
import {rate, type Rating, underPreference} from './score.ts'

export interface RecommendInput {
  readonly judged: readonly Judged[]
  readonly common: Readonly<Record<Platform, Marks>>
  readonly graph: Graph
  readonly noticed: ReadonlyMap<string, Noticed>
  readonly messagesPerSecond: number | null
}

/** What one preference makes of the estate. */
export interface Recommended {
  readonly scores: ReadonlyMap<string, readonly Score[]>
  readonly choices: Choices
}

/** Every destination under every preference: alone first, then with what it is connected to. */
export function recommend(input: RecommendInput): Record<Preference, Recommended> {
  const ratings = input.judged.map((judged) => ({judged, rating: rate(judged, input.common)}))
  return {
    'cloud-native': under('cloud-native', ratings, input),
    balanced: under('balanced', ratings, input),
    'lift-and-shift': under('lift-and-shift', ratings, input),
  }
}

interface Rated {
  readonly judged: Judged
  readonly rating: readonly Rating[]
}

function under(preference: Preference, rated: readonly Rated[], input: RecommendInput): Recommended {
  const {graph, noticed, messagesPerSecond} = input
  const scores = new Map<string, Score[]>()
  const choices: Choices = new Map()
  const chooser = {
    messagesPerSecond,
    isFed: (id: string) => graph.bindingsTo(id).length > 0,
  }
  for (const {judged, rating} of rated) {
    const {id} = judged.destination
    const own = underPreference(rating, preference)
    scores.set(id, own)
    const unused = noticed.get(id)?.retire
    choices.set(id, unused === undefined ? choose(judged, own, chooser) : retire(unused, own))
  }
  couple(choices, {
    graph,
    scores: (id) => scores.get(id) ?? [],
    serves: (id) => noticed.get(id)?.serves ?? [],
    kind: (id) => (id.startsWith('exchange:') ? 'exchange' : 'queue'),
  })
  return {scores, choices}
}

const retire = (because: string, scores: readonly Score[]): Choice => ({
  advice: 'retire',
  score: null,
  confidence: Math.max(...scores.map(({confidence}) => confidence)),
  because,
  ties: [],
})

export const asRecommendation = ({advice, score, confidence, because}: Choice): Recommendation => ({
  platform: advice,
  score,
  confidence,
  because,
})

/** The answer under each preference, for one destination. */
export function underEach(
  id: string,
  recommended: Readonly<Record<Preference, Recommended>>,
): Record<Preference, Recommendation> {
  const answer = (preference: Preference): Recommendation => {
    const choice = recommended[preference].choices.get(id)
    if (choice === undefined) throw new RangeError(`${id} was not assessed`)
    return asRecommendation(choice)
  }
  return {
    'cloud-native': answer('cloud-native'),
    balanced: answer('balanced'),
    'lift-and-shift': answer('lift-and-shift'),
  }
}
