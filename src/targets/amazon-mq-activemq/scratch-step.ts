import type {Step} from '../../model/plan.ts'

export const SCRATCH_STEP = 'activemq-scratch'

/** A queue without a policy of its own. The broker is asked what it makes of AMQP, as before a move. */
export function scratchStep(step: Step, prefix: string): Step {
  const name = `${prefix}${step.name}`
  return {...step, id: `${SCRATCH_STEP}:${name}`, do: SCRATCH_STEP, name}
}
