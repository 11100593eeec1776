import {ours} from '../../cli/shell.ts'
import {counted} from '../../cli/table.ts'
import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {NotRehearsed, Rehearsal} from '../../model/rehearsal.ts'
import type {Session} from '../session.ts'
import type {Left} from './scratch.ts'

/** What removes them, each way once. */
export const howToRemove = (left: readonly Left[]): string[] => [...new Set(left.flatMap(({how}) => how))]

/** `folder`: where an earlier rehearsal wrote down what it left. */
export function stillThere(left: readonly Left[], folder?: string): MqliftError {
  const [first] = left
  const names = left.map(({name}) => name).join(', ')
  return new MqliftError(
    'incomplete',
    `${counted(left.length, 'scratch resource')} could not be removed: ${first?.because ?? ''}`,
    {
      reason: 'scratch-left',
      suggestions: [
        ...howToRemove(left),
        `remove by hand: ${names}${folder === undefined ? '' : `, and then ${folder}`}`,
        'or rehearse again: it removes them first',
      ],
    },
  )
}

export function nothingToRehearse(notRehearsed: readonly NotRehearsed[]): MqliftError {
  const reasons = [...Map.groupBy(notRehearsed, ({because}) => because)]
  const [first] = reasons
  return new MqliftError('refused', `nothing can be rehearsed: ${first?.[0] ?? 'the plan moves nothing'}`, {
    reason: 'nothing-to-rehearse',
    suggestions: reasons.slice(0, 5).map(
      ([because, list]) =>
        `${list
          .map(({source}) => source)
          .slice(0, 3)
          .join(', ')}: ${because}`,
    ),
  })
}

/** Why the command must not end with 0. */
export function rehearsalProblem(
  session: Session,
  {moves, leftBehind, removedBy}: Body<Rehearsal>,
): MqliftError | undefined {
  const first = moves.find(({outcome}) => outcome === 'failed')
  if (first) {
    return new MqliftError('incomplete', `V6 failed for ${first.source}: ${first.because}`, {
      reason: 'rehearsal-differs',
      suggestions: ['nothing left the broker', 'report this with rehearsal.json before anything is moved'],
    })
  }
  const unread = moves.find(({outcome}) => outcome === 'not-checked')
  if (unread) {
    return new MqliftError('incomplete', `${unread.source} was not rehearsed to the end: ${unread.because}`, {
      reason: 'not-rehearsed',
      suggestions: [ours(session, 'migrate', '--rehearse', '--execute')],
    })
  }
  return leftBehind.length > 0
    ? stillThere(leftBehind.map((name) => ({name, because: 'see the warnings above', how: removedBy})))
    : undefined
}
