import type {Recommendation} from '../../model/assessment.ts'
import type {Preference} from '../../model/platform.ts'
import type {Choice} from './choose.ts'
import type {Judged} from './judge.ts'
import type {Noticed} from './patterns.ts'

/** One destination and where it goes under each preference; choices change while its neighbours are looked at. */
export interface Place {
  readonly judged: Judged
  readonly noticed: Noticed | undefined
  readonly choices: Record<Preference, Choice>
}

export type Places = ReadonlyMap<string, Place>

/** Something for each preference. */
export const underEach = <T>(make: (preference: Preference) => T): Record<Preference, T> => ({
  'cloud-native': make('cloud-native'),
  balanced: make('balanced'),
  'lift-and-shift': make('lift-and-shift'),
})

export const asRecommendation = ({advice, score, confidence, because}: Choice): Recommendation => ({
  platform: advice,
  score,
  confidence,
  because,
})
