import {type Facts, valueOf} from '../../model/facts.ts'
import type {Move} from '../../model/plan.ts'
import type {NotRehearsed} from '../../model/rehearsal.ts'
import type {Depth} from '../../sources/source.ts'
import type {Sample} from './sample.ts'

/** What is known of a source just before copies of its messages are taken. */
export interface Seen {
  /** Undefined = it is not there any more. */
  readonly facts: Facts | undefined
  readonly depth: Depth | null
}

export interface Chosen {
  readonly move: Move
  readonly copies: number
}

/**
 * Copies are read like messages, held, and given back. That is safe only where giving back changes nothing but the
 * `redelivered` mark (decision 0012): anywhere else the queue is refused, with the reason.
 */
export function choose(
  moves: readonly Move[],
  seen: ReadonlyMap<string, Seen>,
  sample: Sample,
): {readonly chosen: Chosen[]; readonly notRehearsed: NotRehearsed[]} {
  const chosen: Chosen[] = []
  const notRehearsed: NotRehearsed[] = []
  for (const move of moves) {
    const known = seen.get(move.source)
    const because = refusal(known)
    if (because === undefined) chosen.push({move, copies: sample.of(known?.depth?.ready ?? 0)})
    else notRehearsed.push({source: move.source, because})
  }
  return {chosen, notRehearsed}
}

function refusal(seen: Seen | undefined): string | undefined {
  if (seen?.facts === undefined || seen.depth === null) return 'there is no such queue at the broker'
  return (
    FORBIDDEN.map((rule) => rule(seen.facts ?? {})).find((because) => because !== undefined) ??
    now(seen.depth)
  )
}

function now({ready, consumers}: Depth): string | undefined {
  if (consumers > 0)
    return `${consumers} consumers read from it: they would wait for what is held, and see it again as redelivered`
  return ready === 0 ? 'nothing waits in it' : undefined
}

type Rule = (facts: Facts) => string | undefined

/** A fact that nobody could read forbids as much as a wrong one. */
const FORBIDDEN: readonly Rule[] = [
  ({deliveryLimit}) => {
    const limit = valueOf(deliveryLimit)
    if (limit === undefined) return 'whether it has a delivery limit is not known'
    if (limit === null || limit < 0) return undefined
    return `its delivery limit is ${limit}, and every copy counts as a delivery: the broker would give messages up sooner`
  },
  ({maxLength, maxLengthBytes}) => {
    const limits = [valueOf(maxLength), valueOf(maxLengthBytes)]
    if (limits.includes(undefined)) return 'whether its length is bounded is not known'
    if (limits.every((limit) => limit === null)) return undefined
    return 'its length is bounded: what is held does not count, so that giving it back may push messages out'
  },
  ({autoDelete}) => {
    const deleted = valueOf(autoDelete)
    if (deleted === undefined) return 'whether it is deleted with its last consumer is not known'
    return deleted ? 'the broker deletes it with its last consumer, which the rehearsal would be' : undefined
  },
  ({exclusive}) => (valueOf(exclusive) === true ? 'it belongs to one connection' : undefined),
]
