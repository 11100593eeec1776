import type {Score} from '../../model/assessment.ts'
import {PLATFORMS, type Platform, type Preference} from '../../model/platform.ts'
import type {Marks} from './judge.ts'

/** The share of benefit in the score; the rest is fit, which is sameness (style: fit alone would never move anything). */
export const BENEFIT_SHARE: Readonly<Record<Preference, number>> = {
  'cloud-native': 0.6,
  balanced: 0.4,
  'lift-and-shift': 0.1,
}

/** What does not depend on a preference. */
export type Rating = Omit<Score, 'score'>

/** Unknowns do not lower fit or benefit, they lower the confidence. */
export function rate(
  marks: Readonly<Record<Platform, Marks>>,
  estate: Readonly<Record<Platform, Marks>>,
): Rating[] {
  return PLATFORMS.map((platform) => {
    const own = marks[platform]
    const common = estate[platform]
    const benefit = percent(
      own.benefit.points + common.benefit.points,
      own.benefit.judged + common.benefit.judged,
    )
    const judged = own.fit.judged + own.benefit.judged + common.benefit.judged
    const applicable = own.applicable + common.applicable
    return {
      platform,
      fit: own.blockedBy.length > 0 ? 0 : tenths(percent(own.fit.points, own.fit.judged)),
      benefit: tenths(benefit),
      confidence: applicable === 0 ? 0 : Math.round((judged / applicable) * 100) / 100,
      blockedBy: own.blockedBy,
    }
  })
}

/** The one number that a preference decides. */
export function scoreOf({fit, benefit}: Rating, preference: Preference): number {
  const share = BENEFIT_SHARE[preference]
  return tenths(fit * (1 - share) + benefit * share)
}

export const scored = (rating: Rating, preference: Preference): Score => ({
  platform: rating.platform,
  fit: rating.fit,
  benefit: rating.benefit,
  score: scoreOf(rating, preference),
  confidence: rating.confidence,
  blockedBy: rating.blockedBy,
})

/** Nothing judged stands against a platform: the confidence says how little that means. */
const percent = (points: number, judged: number): number => (judged === 0 ? 100 : (100 * points) / judged)

const tenths = (value: number): number => Math.round(value * 10) / 10
