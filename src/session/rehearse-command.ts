import {OVERRIDES} from '../cli/flags.ts'
import {refusals, wouldRefuse} from '../cli/render/plan.ts'
import {renderRehearsal, renderToRehearse} from '../cli/render/rehearsal.ts'
import {ours} from '../cli/shell.ts'
import type {MqliftError} from '../errors.ts'
import type {Prepared} from './prepare.ts'
import {rehearsalProblem} from './rehearsal/problems.ts'
import {describeRehearsal, type RehearseFlags, rehearseMoves} from './rehearse-moves.ts'
import {overrides, type Session} from './session.ts'

export interface Rehearsed {
  readonly result: object
  /** Why the command must not end with 0. */
  readonly problem: MqliftError | undefined
}

/** `migrate --rehearse`: without `--execute` what would be copied, with it rehearsal.json. */
export async function rehearseCommand(
  session: Session,
  prepared: Prepared,
  flags: RehearseFlags,
  given: readonly string[],
): Promise<Rehearsed> {
  const {talk} = session
  const {plan, obstacles, refusal} = prepared
  // Looking alone asks the broker, too.
  await session.audit.start(overrides(flags, OVERRIDES))
  if (!flags.execute) {
    const described = await describeRehearsal(session, prepared, flags, given)
    talk.answer(`${renderToRehearse(described, talk.tint)}\n\n${wouldRefuse(obstacles, talk.tint)}`)
    return {result: {...plan, wouldRefuse: refusals(obstacles)}, problem: undefined}
  }
  if (refusal) return {result: plan, problem: refusal}
  const rehearsal = await rehearseMoves(session, prepared, flags, given)
  talk.answer(renderRehearsal(rehearsal, talk.tint))
  const problem = rehearsalProblem(session, rehearsal)
  if (!problem) talk.say(`next: ${ours(session, 'migrate', '--execute')}; plan.md says what was measured`)
  return {result: rehearsal, problem}
}
