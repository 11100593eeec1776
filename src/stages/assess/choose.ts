import {monthlyCost} from '../../facts/cost.ts'
import type {Finding, Score} from '../../model/assessment.ts'
import type {DestinationKind} from '../../model/id.ts'
import type {Advice, Platform} from '../../model/platform.ts'
import {byScore, type Judged} from './judge.ts'

/** Within this many points, two platforms are equally good. */
const TIE = 3
/** The load that ties are priced for when no rate was read, messages per second. */
const ASSUMED_LOAD = 100

export interface Choice {
  readonly advice: Advice
  /** Null when the advice is not one of the five platforms. */
  readonly score: number | null
  readonly confidence: number
  readonly because: string
  readonly ties: readonly Platform[]
}

export interface Chooser {
  readonly messagesPerSecond: number | null
  /** At least one exchange leads to it. */
  readonly isFed: (id: string) => boolean
}

/** The best place for one destination, looked at alone. */
export function choose(judged: Judged, scores: readonly Score[], chooser: Chooser): Choice {
  const confidence = Math.max(...scores.map((score) => score.confidence))
  if (judged.instead) {
    return {...judged.instead, score: null, confidence, ties: []}
  }
  const open = byScore(candidates(judged.destination, scores, chooser))
  const [best] = open
  if (best === undefined) {
    return {
      advice: 'stay',
      score: null,
      confidence,
      because: `no platform takes it: ${blocked(judged)}`,
      ties: [],
    }
  }
  const tied = open.filter(({score}) => best.score - score <= TIE)
  const winner = cheapest(tied, chooser.messagesPerSecond)
  return {
    advice: winner.platform,
    score: winner.score,
    confidence: winner.confidence,
    because: reason(judged, winner, open),
    ties: tied.map(({platform}) => platform).filter((platform) => platform !== winner.platform),
  }
}

/**
 * Not blocked, and more than a dearer way to the same: a FIFO queue or a topic where a standard queue does as well,
 * or a topic in front of a queue that no exchange feeds, is no choice.
 */
function candidates(
  {id, kind}: {readonly id: string; readonly kind: DestinationKind},
  scores: readonly Score[],
  {isFed}: Chooser,
): Score[] {
  const fit = (platform: Platform): number => scores.find((score) => score.platform === platform)?.fit ?? 0
  const adds = ({platform}: Score): boolean => {
    if (platform === 'sqs-fifo') return fit('sqs-fifo') > fit('sqs-standard')
    if (platform !== 'sns-sqs') return true
    if (kind === 'exchange') return fit('sns-sqs') > fit('sqs-standard')
    return isFed(id) && fit('sns-sqs') > Math.max(fit('sqs-standard'), fit('sqs-fifo'))
  }
  return scores.filter((score) => score.blockedBy.length === 0 && adds(score))
}

function cheapest(tied: readonly Score[], messagesPerSecond: number | null): Score {
  const load = messagesPerSecond ?? ASSUMED_LOAD
  return tied.reduce((one, other) =>
    monthlyCost(other.platform, load) < monthlyCost(one.platform, load) ? other : one,
  )
}

/** Why this one, and what stood beside it: one line for a report. */
function reason(judged: Judged, winner: Score, open: readonly Score[]): string {
  const lossy = new Set(
    judged.findings
      .filter(({platform, verdict}) => platform === winner.platform && verdict === 'lossy')
      .map(({because}) => because),
  )
  const others = open.filter(({platform}) => platform !== winner.platform)
  const tied = others.filter(({score}) => Math.abs(open[0]!.score - score) <= TIE)
  const next = others.find((other) => !tied.includes(other))
  return [
    `fit ${Math.round(winner.fit)}, benefit ${Math.round(winner.benefit)}`,
    lossy.size === 0 ? 'nothing is lost' : `loses: ${[...lossy].join('; ')}`,
    ...(tied.length > 0
      ? [
          `tie with ${tied.map(({platform, score}) => `${platform} ${Math.round(score)}`).join(', ')}, decided by cost`,
        ]
      : []),
    ...(next === undefined ? [] : [`next best ${next.platform} ${Math.round(next.score)}`]),
    ...blockedSimplest(judged),
  ].join('; ')
}

/** A plain queue is what everybody asks about first. */
function blockedSimplest({findings}: Judged): string[] {
  const found = findings.find(({platform, verdict}) => platform === 'sqs-standard' && verdict === 'blocker')
  return found === undefined ? [] : [`not sqs-standard: ${found.because}`]
}

/** The blockers of a destination, each once, in words. */
export function blocked({findings}: {readonly findings: readonly Finding[]}): string {
  const reasons = findings.filter(({verdict}) => verdict === 'blocker').map(({because}) => because)
  return [...new Set(reasons)].join('; ')
}
