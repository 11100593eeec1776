import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import type {AssessedDestination, Assessment, Finding} from '../model/assessment.ts'
import {counted} from './table.ts'

interface ThresholdFlags {
  readonly 'fail-on'?: 'blocker' | 'lossy' | undefined
  readonly 'min-score'?: number | undefined
  /** Per cent of a destination's weight that could not be judged. */
  readonly 'max-unknown'?: number | undefined
}

/** The first threshold of a pipeline that the assessment crosses. */
export function crossed(
  {destinations, estate}: Body<Assessment>,
  flags: ThresholdFlags,
): MqliftError | undefined {
  const {'fail-on': failOn, 'min-score': minScore, 'max-unknown': maxUnknown} = flags
  const kept = destinations.filter(({recommended}) => recommended.platform !== 'retire')
  return (
    over(failOn !== undefined, kept.filter(isBlocked), 'blocker', 'has no platform that takes it') ??
    over(
      failOn === 'lossy',
      kept.filter(losesOf(estate.findings)),
      'lossy',
      'would lose something where it is recommended to go',
    ) ??
    over(
      minScore !== undefined,
      kept.filter(scoresBelow(minScore ?? 0)),
      'min-score',
      `scores below ${minScore}`,
    ) ??
    over(
      maxUnknown !== undefined,
      kept.filter(({recommended}) => (1 - recommended.confidence) * 100 > (maxUnknown ?? 100)),
      'max-unknown',
      `has more than ${maxUnknown} % unknown`,
    )
  )
}

function over(
  asked: boolean,
  found: readonly AssessedDestination[],
  reason: string,
  words: string,
): MqliftError | undefined {
  const [first] = found
  if (!asked || !first) return undefined
  const others = found.length > 1 ? ` and ${counted(found.length - 1, 'other')}` : ''
  return new MqliftError('threshold', `${first.vhost} ${first.name}${others}: ${words}`, {
    reason,
    suggestions: ['see findings and todo of each destination in assessment.json'],
  })
}

const isBlocked = ({recommended}: AssessedDestination): boolean => recommended.score === null

/** What most of a large estate shares is said with the estate (stages/assess/say-once.ts). */
function losesOf(shared: readonly Finding[]): (destination: AssessedDestination) => boolean {
  const lossy = new Map<string | undefined, Set<string>>()
  for (const {platform, verdict, subjects} of shared) {
    if (verdict !== 'lossy') continue
    lossy.set(platform, new Set([...(lossy.get(platform) ?? []), ...subjects]))
  }
  return ({id, recommended, findings}) =>
    lossy.get(recommended.platform)?.has(id) === true ||
    findings.some(({platform, verdict}) => verdict === 'lossy' && platform === recommended.platform)
}

const scoresBelow =
  (least: number) =>
  ({recommended}: AssessedDestination): boolean =>
    (recommended.score ?? 0) < least
