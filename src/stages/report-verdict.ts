import type {Body} from '../model/artefact.ts'
import type {Assessment} from '../model/assessment.ts'
import type {Plan} from '../model/plan.ts'
import {Platform} from '../model/platform.ts'
import type {Report} from '../model/report.ts'
import type {Buckets, Verification, VerifiedDestination} from '../model/verification.ts'

interface Known {
  readonly assessment: Body<Assessment>
  readonly plan?: Body<Plan> | undefined
  readonly verification?: Body<Verification> | undefined
}

/** The first line of the report: what a reader must know if he reads nothing else. */
export function verdict({assessment, plan, verification}: Known): Report['verdict'] {
  if (verification !== undefined && verification.destinations.length > 0) return moved(verification)
  return plan === undefined ? assessed(assessment) : planned(plan)
}

function moved({total, destinations}: Body<Verification>): Report['verdict'] {
  const proved = destinations.filter(({proof}) => proof === 'proved').length
  const left = total.received - total.settled
  const word = wordFor(total, destinations)
  const sentence = [
    `${number(total.settled)} of ${number(total.received)} messages received are settled at the target`,
    ...(left > 0 ? [remainder(total)] : []),
    unexplained(total, word),
    `at most ${number(total.possibleDuplicates)} can have been delivered twice`,
    `proved for ${number(proved)} of ${number(destinations.length)} moves`,
  ].join('; ')
  return {word, sentence: `${sentence}.`}
}

function wordFor(total: Buckets, destinations: readonly VerifiedDestination[]): Report['verdict']['word'] {
  const open = destinations.filter(({buckets}) => buckets.unexplained !== 0)
  if (total.unexplained === null && open.length > 0 && open.every(onlyCountPending)) return 'pending'
  if (total.unexplained !== 0) return 'unexplained'
  return total.failed + total.quarantined + total.open > 0 ? 'accounted' : 'complete'
}

/** Source and digests agree, and the count of the target is not refused but not settled yet. */
function onlyCountPending({buckets, comparisons, levels}: VerifiedDestination): boolean {
  const pending = levels.some(({level, outcome}) => level === 'V4' && outcome === 'pending')
  return pending && buckets.unexplained === null && comparisons.source === 0 && comparisons.digests === 0
}

function unexplained(total: Buckets, word: Report['verdict']['word']): string {
  if (total.unexplained !== null) return `unexplained ${number(total.unexplained)}`
  return word === 'pending'
    ? 'unexplained is known when the counts of the target have settled (mqlift verify --wait)'
    : 'unexplained could not be computed'
}

function remainder(total: Buckets): string {
  const parts = (['failed', 'doubt', 'quarantined', 'open'] as const)
    .filter((bucket) => total[bucket] > 0)
    .map((bucket) => `${number(total[bucket])} ${WORDS[bucket]}`)
  return parts.join(', ')
}

/** docs/report.md defines each of these words once. */
const WORDS = {
  failed: 'failed and still at the source',
  doubt: 'in doubt',
  quarantined: 'quarantined',
  open: 'open',
} as const

function planned({open, losses, moves, steps}: Body<Plan>): Report['verdict'] {
  const unanswered = open.filter(({answer}) => answer === null).length
  const unaccepted = losses.filter(({acceptedBy}) => acceptedBy === null).length
  const what = `${number(moves.length)} moves into ${number(steps.length)} resources`
  if (unanswered + unaccepted === 0) return {word: 'ready', sentence: `Ready: ${what}; nothing is open.`}
  return {
    word: 'blocked',
    sentence: `Not ready: ${what}; ${number(unanswered)} open questions, ${number(unaccepted)} losses not accepted.`,
  }
}

function assessed({destinations}: Body<Assessment>): Report['verdict'] {
  const platforms: readonly string[] = Platform.options
  const movable = destinations.filter(({recommended}) => platforms.includes(recommended.platform)).length
  return {
    word: 'assessed',
    sentence: `${number(movable)} of ${number(destinations.length)} destinations have a platform on AWS; no plan yet.`,
  }
}

const number = (value: number): string => value.toLocaleString('en-US')
