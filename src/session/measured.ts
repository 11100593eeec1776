import type {Body} from '../model/artefact.ts'
import type {Move, Plan} from '../model/plan.ts'
import type {Rehearsal, RehearsedMove} from '../model/rehearsal.ts'

/** What a rehearsal said of queues that are still what they were then. */
export function stillTrue(
  plan: Body<Plan>,
  rehearsal: Body<Rehearsal> | undefined,
): Body<Rehearsal> | undefined {
  if (rehearsal === undefined) return undefined
  const moves = rehearsal.moves.filter((one) => plan.moves.some((move) => isAbout(one, move, plan)))
  return {...rehearsal, moves}
}

/** The plan with durations as a rehearsal measured them, for queues that are still what they were then. */
export function withMeasured<P extends Body<Plan>>(plan: P, rehearsal: Body<Rehearsal> | undefined): P {
  if (rehearsal === undefined) return plan
  return {...plan, moves: plan.moves.map((move) => measuredMove(move, plan, rehearsal))}
}

function measuredMove(move: Move, plan: Body<Plan>, rehearsal: Body<Rehearsal>): Move {
  const perSecond = rehearsal.moves.find((one) => isAbout(one, move, plan))?.perSecond ?? null
  const {messages} = move.expected
  if (perSecond === null || messages === null) return move
  return {...move, estimateSeconds: Math.ceil(messages / perSecond)}
}

const isAbout = (one: RehearsedMove, move: Move, {fingerprint}: Body<Plan>): boolean =>
  one.source === move.source &&
  one.platform === move.platform &&
  one.order === move.order &&
  one.structure === (fingerprint[move.source] ?? null)
