import type {ShovelReading} from '../../model/shovels.ts'
import type {Depth} from '../../sources/source.ts'

export function readingOf({ready, unacked, counters}: Depth, now: number): ShovelReading {
  return {
    at: new Date(now).toISOString(),
    messages: ready + (unacked ?? 0),
    removed: counters === null || unacked === null ? null : counters.acked + counters.deliveredWithoutAck,
  }
}

/** Messages that were taken out of a queue in between; null = not known, or its counters began anew. */
export function takenBetween(before: ShovelReading, after: ShovelReading): number | null {
  if (before.removed === null || after.removed === null || after.removed < before.removed) return null
  return after.removed - before.removed
}

/** Messages that came into a queue in between, whatever became of them since (rabbitmq.md 4.1). */
export function arrivedBetween(before: ShovelReading, after: ShovelReading): number | null {
  const taken = takenBetween(before, after)
  return taken === null ? null : after.messages - before.messages + taken
}
