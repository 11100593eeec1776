import {monthlyCost} from '../../facts/cost.ts'
import type {Finding, Score} from '../../model/assessment.ts'
import type {Advice, Platform, Preference} from '../../model/platform.ts'
import {byScore, type Judged} from './judge.ts'
import {type Rating, scored} from './score.ts'

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
  /** USD a month at today's load: decides ties. */
  readonly cost: Readonly<Record<Platform, number>>
  /** At least one exchange leads to it. */
  readonly isFed: (id: string) => boolean
}

/** Prices at the load that was read, or at the assumed one. */
export function costs(messagesPerSecond: number | null): Record<Platform, number> {
  const load = messagesPerSecond ?? ASSUMED_LOAD
  const cost = (platform: Platform): number => monthlyCost(platform, load)
  return {
    'amazon-mq-rabbitmq': cost('amazon-mq-rabbitmq'),
    'amazon-mq-activemq': cost('amazon-mq-activemq'),
    'sqs-standard': cost('sqs-standard'),
    'sqs-fifo': cost('sqs-fifo'),
    'sns-sqs': cost('sns-sqs'),
  }
}

/** What there is to choose from for one destination: the same under every preference. */
export interface Considered {
  readonly judged: Judged
  /** Ratings of the platforms that come into question. */
  readonly open: readonly Rating[]
  readonly confidence: number
  readonly losses: readonly Finding[]
  /** A plain queue is what everybody asks about first. */
  readonly notSimplest: Finding | undefined
}

export const consider = (judged: Judged, chooser: Chooser): Considered => ({
  judged,
  open: candidates(judged, chooser),
  confidence: Math.max(...judged.ratings.map(({confidence}) => confidence)),
  losses: judged.findings.filter(({verdict}) => verdict === 'lossy'),
  notSimplest: judged.findings.find(
    ({platform, verdict}) => platform === 'sqs-standard' && verdict === 'blocker',
  ),
})

/** The best place for one destination, looked at alone. */
export function choose(considered: Considered, preference: Preference, {cost}: Chooser): Choice {
  const {judged, confidence} = considered
  if (judged.instead) return {...judged.instead, score: null, confidence, ties: []}
  const open = byScore(considered.open.map((rating) => scored(rating, preference)))
  const [best] = open
  if (best === undefined) {
    const because = `no platform takes it: ${blocked(judged)}`
    return {advice: 'stay', score: null, confidence, because, ties: []}
  }
  const tied = open.filter(({score}) => best.score - score <= TIE)
  const winner = tied.reduce((one, other) => (cost[other.platform] < cost[one.platform] ? other : one))
  return {
    advice: winner.platform,
    score: winner.score,
    confidence: winner.confidence,
    because: reason(considered, winner, open),
    ties: tied.map(({platform}) => platform).filter((platform) => platform !== winner.platform),
  }
}

/**
 * Not blocked, and more than a dearer way to the same: a FIFO queue or a topic where a standard queue does as well,
 * or a topic in front of a queue that no exchange feeds, is no choice.
 */
function candidates({destination, ratings}: Judged, {isFed}: Chooser): Rating[] {
  const fit = (platform: Platform): number => ratings.find((rating) => rating.platform === platform)?.fit ?? 0
  const adds = ({platform}: Rating): boolean => {
    if (platform === 'sqs-fifo') return fit('sqs-fifo') > fit('sqs-standard')
    if (platform !== 'sns-sqs') return true
    if (destination.kind === 'exchange') return fit('sns-sqs') > fit('sqs-standard')
    return isFed(destination.id) && fit('sns-sqs') > Math.max(fit('sqs-standard'), fit('sqs-fifo'))
  }
  return ratings.filter((rating) => rating.blockedBy.length === 0 && adds(rating))
}

/** Why this one, and what stood beside it: one line for a report. */
function reason({losses, notSimplest}: Considered, winner: Score, open: readonly Score[]): string {
  const best = open[0] ?? winner
  const others = open.filter(({platform}) => platform !== winner.platform)
  const isTied = ({score}: Score): boolean => Math.abs(best.score - score) <= TIE
  const tied = others.filter(isTied)
  const next = others.find((other) => !isTied(other))
  const parts = [`fit ${Math.round(winner.fit)}, benefit ${Math.round(winner.benefit)}`, lost(losses, winner)]
  if (tied.length > 0) parts.push(`tie with ${tied.map(named).join(', ')}, decided by cost`)
  if (next !== undefined) parts.push(`next best ${named(next)}${insteadOf(losses, winner, next)}`)
  if (notSimplest !== undefined) parts.push(`not sqs-standard: ${notSimplest.because}`)
  return parts.join('; ')
}

const named = ({platform, score}: Score): string => `${platform} ${Math.round(score)}`

function lost(losses: readonly Finding[], winner: Score): string {
  const here = losses.filter(({platform}) => platform === winner.platform)
  return here.length === 0
    ? 'nothing is lost'
    : `loses: ${[...new Set(here.map(({because}) => because))].join('; ')}`
}

/** Why not the other one, where what it loses is the reason. */
function insteadOf(losses: readonly Finding[], winner: Score, next: Score): string {
  if (losses.some(({platform}) => platform === winner.platform)) return ''
  const there = losses.filter(({platform}) => platform === next.platform)
  return there.length === 0 ? '' : ` (${lost(there, next)})`
}

/** The blockers of a destination, each once, in words. */
export function blocked({findings}: {readonly findings: readonly Finding[]}): string {
  const reasons = findings.filter(({verdict}) => verdict === 'blocker').map(({because}) => because)
  return [...new Set(reasons)].join('; ')
}
